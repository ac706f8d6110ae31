#include "enrich/layout.h"

const struct group_row GROUPS[GROUP_COUNT] = {
#define GROUP(id, name, doc) { name, doc },
#define FIELD(id, group, name, type, unit, source, doc)
#include "enrich/fields.def"
#undef GROUP
#undef FIELD
};

const struct field_row FIELDS[FIELD_COUNT] = {
#define GROUP(id, name, doc)
#define FIELD(id, group, name, type, unit, source, doc) { name, type, unit, source, doc, GROUP_##group },
#include "enrich/fields.def"
#undef GROUP
#undef FIELD
};

_Static_assert(GROUP_COUNT <= 64, "findings.groups is a mask of 64 bits");
_Static_assert(PIECES_MAX < 255, "pieces are chained by numbers of one byte");

/* Adds the text to the layout's memory. The memory is taken once, large enough, so that no earlier text moves. */
static struct slice keep(struct buffer *memory, const char *before, struct slice text, const char *behind)
{
        size_t start = memory->size;
        buffer_add(memory, slice_of(before));
        buffer_add(memory, text);
        buffer_add(memory, slice_of(behind));
        BUG_IF(memory->full);
        return (struct slice){ memory->data + start, memory->size - start };
}

/* The number of a field's inner object: one more than the first field that lies in the same. */
static uint16_t inner_number(enum field field, size_t parent_size)
{
        for (unsigned other = 0; other < (unsigned)field; other++)
                if (strncmp(FIELDS[other].name, FIELDS[field].name, parent_size + 1) == 0)
                        return (uint16_t)(other + 1);
        return (uint16_t)(field + 1);
}

static void layout_field_init(struct layout *layout, struct buffer *memory, enum field field)
{
        const char *name = FIELDS[field].name, *leaf = strrchr(name, '.');
        size_t group_size = strlen(GROUPS[FIELDS[field].group].name);
        BUG_IF(strncmp(name, GROUPS[FIELDS[field].group].name, group_size) != 0 || name[group_size] != '.');
        const char *inside = name + group_size + 1;
        struct layout_field *row = &layout->field[field];
        row->key = keep(memory, "\"", slice_of(leaf + 1), "\":");
        if (leaf < inside)
                return;
        row->open = keep(memory, "\"", slice_between(inside, leaf), "\":{");
        BUG_IF(memchr(inside, '.', (size_t)(leaf - inside)));      /* one object inside the group's, not more */
        row->inner = inner_number(field, (size_t)(leaf - name));
}

struct layout *layout_new(void)
{
        struct layout *layout = memory_get(sizeof(*layout));
        size_t size = 0;
        for (unsigned i = 0; i < FIELD_COUNT; i++)
                size += strlen(FIELDS[i].name) + 16;
        for (unsigned i = 0; i < GROUP_COUNT; i++)
                size += strlen(GROUPS[i].name) + 16;
        struct buffer memory;
        layout->memory = memory_get(size);
        buffer_wrap(&memory, layout->memory, size);
        for (unsigned i = 0; i < FIELD_COUNT; i++)
                layout_field_init(layout, &memory, (enum field)i);
        layout->group_close = SLICE("}");
        for (unsigned i = 0; i < GROUP_COUNT; i++) {
                layout->group_open[i] = keep(&memory, ",\"", slice_of(GROUPS[i].name), "\":{");
                layout->frame += layout->group_open[i].size + layout->group_close.size;
        }
        layout->frame += PIECES_MAX;
        return layout;
}

void layout_free(struct layout *layout)
{
        if (!layout)
                return;
        free(layout->memory);
        free(layout);
}

void writer_init(struct field_writer *writer, const struct layout *layout, struct buffer *out)
{
        writer->layout = layout;
        writer->out = out;
        writer->count = 0;
        writer->inner = 0;
        writer->fresh = true;
}

static void inner_close(struct field_writer *writer)
{
        if (writer->inner)
                buffer_add_char(writer->out, '}');
        writer->inner = 0;
}

static void piece_close(struct field_writer *writer)
{
        inner_close(writer);
        if (writer->count)
                writer->piece[writer->count - 1].size = writer->out->size - writer->piece[writer->count - 1].start;
}

/* Keys and numbers are a few bytes, for which a call of memcpy costs more than the copying: two overlapping moves. */
static inline void add_short(struct buffer *buffer, struct slice text)
{
        if (text.size > 32) {
                buffer_add(buffer, text);
                return;
        }
        if (!buffer_reserve(buffer, text.size))
                return;
        char *at = buffer->data + buffer->size, *end = at + text.size;
        const char *stop = text.data + text.size;
        buffer->size += text.size;
        if (text.size >= 16) {
                memcpy(at, text.data, 16);
                memcpy(end - 16, stop - 16, 16);
        } else if (text.size >= 8) {
                memcpy(at, text.data, 8);
                memcpy(end - 8, stop - 8, 8);
        } else if (text.size >= 4) {
                memcpy(at, text.data, 4);
                memcpy(end - 4, stop - 4, 4);
        } else {
                for (size_t i = 0; i < text.size; i++)
                        at[i] = text.data[i];
        }
}

/* Everything before the value; false when the field is not written. */
static bool field_open(struct field_writer *writer, enum field field)
{
        const struct layout_field *row = &writer->layout->field[field];
        enum group group = FIELDS[field].group;
        if (!row->key.data)
                return false;
        if (writer->count == 0 || writer->piece[writer->count - 1].group != group) {
                piece_close(writer);
                BUG_IF(writer->count == WRITER_PIECES);
                writer->piece[writer->count].start = writer->out->size;
                writer->piece[writer->count++].group = group;
                writer->fresh = true;
        }
        if (row->inner != writer->inner)
                inner_close(writer);
        if (!writer->fresh)
                buffer_add_char(writer->out, ',');
        if (row->inner != writer->inner) {
                add_short(writer->out, row->open);
                writer->inner = row->inner;
        }
        writer->fresh = false;
        add_short(writer->out, row->key);
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

bool writer_end(struct field_writer *writer)
{
        piece_close(writer);
        return !writer->out->full;
}

void findings_add(struct findings *findings, enum group group, struct slice text)
{
        uint64_t bit = (uint64_t)1 << group;
        uint8_t  at = findings->count;
        if (text.size == 0 || at == PIECES_MAX)
                return;
        findings->piece[at].text = text;
        if (findings->groups & bit)
                findings->piece[findings->last[group]].next = at;
        else
                findings->first[group] = at;
        findings->last[group] = at;
        findings->groups |= bit;
        findings->bytes += text.size;
        findings->count++;
}

void findings_take(struct findings *findings, const struct field_writer *writer)
{
        for (size_t i = 0; i < writer->count; i++)
                findings_add(findings, writer->piece[i].group,
                             (struct slice){ writer->out->data + writer->piece[i].start, writer->piece[i].size });
}

size_t enrich_render_bound(const struct findings *findings)
{
        return findings->count ? findings->layout->frame + findings->bytes : 0;
}

static inline char *put(char *at, struct slice text)
{
        memcpy(at, text.data, text.size);
        return at + text.size;
}

char *enrich_render(const struct findings *findings, char *at)
{
        for (uint64_t left = findings->groups; left; left &= left - 1) {
                unsigned group = (unsigned)__builtin_ctzll(left);
                uint8_t  piece = findings->first[group];
                at = put(at, findings->layout->group_open[group]);
                at = put(at, findings->piece[piece].text);
                while (piece != findings->last[group]) {
                        piece = findings->piece[piece].next;
                        *at++ = ',';
                        at = put(at, findings->piece[piece].text);
                }
                at = put(at, findings->layout->group_close);
        }
        return at;
}

bool enrich_owns(struct slice name)
{
        for (unsigned i = 0; i < GROUP_COUNT; i++)
                if (slice_equal(name, slice_of(GROUPS[i].name)))
                        return true;
        return false;
}
