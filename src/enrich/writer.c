#include "enrich/layout.h"

void writer_init(struct field_writer *writer, const struct layout *layout, struct buffer *out)
{
        writer->layout = layout;
        writer->out = out;
        writer->count = 0;
        writer->depth = 0;
        writer->object = 0;
        writer->fresh = true;
}

/* Closes the inner objects deeper than `depth`. */
static inline void inner_close(struct field_writer *writer, unsigned depth)
{
        for (; writer->depth > depth; writer->depth--)
                buffer_add_char(writer->out, '}');
}

static void piece_close(struct field_writer *writer)
{
        inner_close(writer, 0);
        if (writer->count)
                writer->piece[writer->count - 1].size = writer->out->size - writer->piece[writer->count - 1].start;
}

/* Keys and numbers are a few bytes. */
static inline void add_short(struct buffer *buffer, struct slice text)
{
        if (text.size && buffer_reserve(buffer, text.size))
                buffer->size = (size_t)(slice_put_short(buffer->data + buffer->size, text) - buffer->data);
}

/* Before the first field of an object: what is open and does not hold it is closed, and what holds it is opened. */
static void object_open(struct field_writer *writer, const struct layout_field *row)
{
        unsigned same = 0;
        if (writer->count == 0 || writer->piece[writer->count - 1].group != row->group) {
                piece_close(writer);
                BUG_IF(writer->count == WRITER_PIECES);
                writer->piece[writer->count].start = writer->out->size;
                writer->piece[writer->count++].group = row->group;
                writer->fresh = true;
        }
        while (same < row->depth && same < writer->depth && row->inner[same] == writer->inner[same])
                same++;
        inner_close(writer, same);
        if (!writer->fresh)
                buffer_add_char(writer->out, ',');
        for (; same < row->depth; same++) {
                add_short(writer->out, row->open[same]);
                writer->inner[writer->depth++] = row->inner[same];
        }
        writer->fresh = false;
        writer->object = row->object;
}

/* Everything before the value; false when the field is not written. */
static inline bool field_open(struct field_writer *writer, enum field field)
{
        const struct layout_field *row = &writer->layout->field[field];
        struct buffer *out = writer->out;
        if (!row->key.data)
                return false;
        if (UNLIKELY(writer->object != row->object)) {
                object_open(writer, row);
                add_short(out, row->key);
        } else if (LIKELY(row->next.size <= LAYOUT_COPIED && out->capacity - out->size >= LAYOUT_COPIED)) {
                memcpy(out->data + out->size, row->next.data, LAYOUT_COPIED);
                out->size += row->next.size;
        } else {
                buffer_add(out, row->next);
        }
        return true;
}

void writer_text(struct field_writer *writer, enum field field, struct slice text)
{
        if (text.size && field_open(writer, field))
                buffer_add_json(writer->out, text);
}

void writer_json(struct field_writer *writer, enum field field, struct slice json)
{
        if (json.data && field_open(writer, field))
                add_short(writer->out, json);
}

void writer_integer(struct field_writer *writer, enum field field, int64_t number)
{
        if (field_open(writer, field))
                buffer_add_number(writer->out, number);
}

void writer_boolean(struct field_writer *writer, enum field field, bool value)
{
        writer_json(writer, field, value ? SLICE("true") : SLICE("false"));
}

bool writer_end(struct field_writer *writer)
{
        piece_close(writer);
        return !writer->out->full;
}
