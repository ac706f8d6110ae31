/* Writes small databases in the MaxMind DB format, for tests: {"1.2.3.0/24": {"country": {"iso_code": "GB"}}, ...} in JSON.
 * Numbers become uint32 or uint64, those with a point double; a string that stood before becomes a pointer to it. Networks are
 * laid one over the other in their order, so that a later one may be inside an earlier one. */
#ifndef MMDB_WRITER_H
#define MMDB_WRITER_H
#include "base/address.h"
#include "base/buffer.h"
#include <jansson.h>

#define MMDB_WRITER_NODES 4096
struct mmdb_writer {
        struct buffer data, file;
        int64_t  node[MMDB_WRITER_NODES][2];       /* -1: nothing; a number: a node; MMDB_WRITER_DATA + n: a record */
        size_t   nodes;
        unsigned bits, version;
        struct { struct slice text; size_t at; } string[256];
        size_t   strings;
};
#define MMDB_WRITER_DATA ((int64_t)1 << 32)

static inline void mmdb_put_number(struct buffer *out, uint64_t number, unsigned bytes)
{
        while (bytes--)
                buffer_add_char(out, (char)(number >> (8 * bytes)));
}

static inline void mmdb_put_control(struct buffer *out, unsigned type, size_t size)
{
        unsigned small = size < 29 ? (unsigned)size : size < 285 ? 29 : 30;
        buffer_add_char(out, (char)((type < 8 ? type << 5 : 0) | small));
        if (type >= 8)
                buffer_add_char(out, (char)(type - 7));
        if (small == 29)
                mmdb_put_number(out, size - 29, 1);
        else if (small == 30)
                mmdb_put_number(out, size - 285, 2);
}

static inline void mmdb_put_text(struct mmdb_writer *writer, struct buffer *out, const char *text)
{
        struct slice slice = slice_of(text);
        for (size_t i = 0; out == &writer->data && i < writer->strings; i++)
                if (slice_equal(writer->string[i].text, slice)) {
                        size_t to = writer->string[i].at;
                        if (to < 2048) {
                                mmdb_put_number(out, (uint64_t)(1u << 13) | to, 2);
                        } else {
                                mmdb_put_number(out, (uint64_t)0x38, 1);
                                mmdb_put_number(out, to, 4);
                        }
                        return;
                }
        if (out == &writer->data && slice.size > 2 && writer->strings < COUNT_OF(writer->string)) {
                writer->string[writer->strings].text = slice;
                writer->string[writer->strings++].at = out->size;
        }
        mmdb_put_control(out, 2, slice.size);
        buffer_add(out, slice);
}

static inline void mmdb_put_value(struct mmdb_writer *writer, struct buffer *out, const json_t *value)
{
        const char *name;
        json_t *inside;
        size_t  index;
        uint64_t number;
        double   real;
        switch (json_typeof(value)) {
        case JSON_OBJECT:
                mmdb_put_control(out, 7, json_object_size(value));
                json_object_foreach((json_t *)(uintptr_t)value, name, inside) {
                        mmdb_put_text(writer, out, name);
                        mmdb_put_value(writer, out, inside);
                }
                break;
        case JSON_ARRAY:
                mmdb_put_control(out, 11, json_array_size(value));
                json_array_foreach(value, index, inside)
                        mmdb_put_value(writer, out, inside);
                break;
        case JSON_STRING:
                mmdb_put_text(writer, out, json_string_value(value));
                break;
        case JSON_INTEGER:
                number = (uint64_t)json_integer_value(value);
                mmdb_put_control(out, number > UINT32_MAX ? 9 : 6, number > UINT32_MAX ? 8 : 4);
                mmdb_put_number(out, number, number > UINT32_MAX ? 8 : 4);
                break;
        case JSON_REAL:
                real = json_real_value(value);
                memcpy(&number, &real, sizeof(number));
                mmdb_put_control(out, 3, 8);
                mmdb_put_number(out, number, 8);
                break;
        case JSON_TRUE:
        case JSON_FALSE:
                mmdb_put_control(out, 14, json_is_true(value));
                break;
        case JSON_NULL:            /* what no data point has: a 128-bit number */
                mmdb_put_control(out, 10, 1);
                mmdb_put_number(out, 1, 1);
        }
}

static inline size_t mmdb_node_new(struct mmdb_writer *writer, int64_t both)
{
        BUG_IF(writer->nodes == MMDB_WRITER_NODES);
        writer->node[writer->nodes][0] = writer->node[writer->nodes][1] = both;
        return writer->nodes++;
}

static inline void mmdb_put_network(struct mmdb_writer *writer, const char *text, int64_t to)
{
        struct network network;
        BUG_IF(!network_parse(slice_of(text), &network));
        bool v4 = !strchr(text, ':');
        if (v4)
                memset(network.bytes, 0, 12);
        size_t at = 0;
        for (unsigned bit = v4 && writer->version == 4 ? 96 : 0; bit < network.bits; bit++) {
                unsigned side = network.bytes[bit / 8] >> (7 - bit % 8) & 1;
                if (bit + 1 == network.bits)
                        writer->node[at][side] = to;
                else if (writer->node[at][side] < 0 || writer->node[at][side] >= MMDB_WRITER_DATA)
                        writer->node[at][side] = (int64_t)mmdb_node_new(writer, writer->node[at][side]);
                at = (size_t)writer->node[at][side];
        }
}

static inline void mmdb_put_node(struct mmdb_writer *writer, struct buffer *out, const int64_t node[2])
{
        uint64_t to[2];
        for (unsigned side = 0; side < 2; side++)
                to[side] = node[side] < 0 ? writer->nodes
                                          : (uint64_t)(node[side] < MMDB_WRITER_DATA
                                                               ? node[side]
                                                               : node[side] - MMDB_WRITER_DATA + (int64_t)writer->nodes + 16);
        if (writer->bits == 28) {
                mmdb_put_number(out, to[0] & 0xFFFFFF, 3);
                mmdb_put_number(out, (to[0] >> 24) << 4 | to[1] >> 24, 1);
                mmdb_put_number(out, to[1] & 0xFFFFFF, 3);
                return;
        }
        mmdb_put_number(out, to[0], writer->bits / 8);
        mmdb_put_number(out, to[1], writer->bits / 8);
}

/* The file's bytes; they live as long as the writer. `bits`: 24, 28 or 32. `version`: 4 or 6. */
static inline struct slice mmdb_write(struct mmdb_writer *writer, unsigned bits, unsigned version, const char *networks)
{
        json_error_t why;
        json_t *root = json_loads(networks, 0, &why), *record;
        const char *name;
        BUG_IF(!root);
        memset(writer, 0, sizeof(*writer));
        buffer_init(&writer->data, 1 << 24);
        buffer_init(&writer->file, 1 << 24);
        writer->bits = bits;
        writer->version = version;
        (void)mmdb_node_new(writer, -1);
        json_object_foreach(root, name, record) {
                mmdb_put_network(writer, name, MMDB_WRITER_DATA + (int64_t)writer->data.size);
                mmdb_put_value(writer, &writer->data, record);
        }
        for (size_t i = 0; i < writer->nodes; i++)
                mmdb_put_node(writer, &writer->file, writer->node[i]);
        mmdb_put_number(&writer->file, 0, 8);
        mmdb_put_number(&writer->file, 0, 8);
        buffer_add(&writer->file, buffer_slice(&writer->data));
        buffer_add(&writer->file, SLICE("\xab\xcd\xef" "MaxMind.com"));
        json_t *about = json_pack("{s:i, s:i, s:i, s:i, s:s, s:I, s:i, s:[s], s:{s:s}}", "node_count", (int)writer->nodes,
                                  "record_size", (int)bits, "ip_version", (int)version, "binary_format_major_version", 2,
                                  "database_type", "Test", "build_epoch", (json_int_t)1700000000,
                                  "binary_format_minor_version", 0, "languages", "en", "description", "en", "Test");
        mmdb_put_value(writer, &writer->file, about);
        json_decref(about);
        json_decref(root);
        BUG_IF(writer->file.full || writer->data.full);
        return buffer_slice(&writer->file);
}

static inline void mmdb_writer_done(struct mmdb_writer *writer)
{
        buffer_done(&writer->data);
        buffer_done(&writer->file);
}
#endif
