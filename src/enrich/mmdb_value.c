/* The data of a MaxMind DB: a control byte says type and size, then come the bytes. */
#include "enrich/mmdb_file.h"

enum type {
        TYPE_EXTENDED, TYPE_POINTER, TYPE_TEXT, TYPE_DOUBLE, TYPE_BYTES, TYPE_UINT16, TYPE_UINT32, TYPE_MAP, TYPE_INT32,
        TYPE_UINT64, TYPE_UINT128, TYPE_ARRAY, TYPE_CONTAINER, TYPE_END, TYPE_BOOLEAN, TYPE_FLOAT, TYPES,
};
/* Most bytes of each; what is longer is broken. Doubles and floats have exactly as many. */
static const uint32_t LONGEST[TYPES] = {
        [TYPE_TEXT] = UINT32_MAX, [TYPE_DOUBLE] = 8, [TYPE_BYTES] = UINT32_MAX, [TYPE_UINT16] = 2, [TYPE_UINT32] = 4,
        [TYPE_INT32] = 4, [TYPE_UINT64] = 8, [TYPE_UINT128] = 16, [TYPE_FLOAT] = 4,
};

static uint32_t broken(struct mmdb_reader *reader)
{
        reader->broken = true;
        return 0;
}

static inline bool have(const struct mmdb_reader *reader, uint32_t place, uint32_t bytes)
{
        return place <= reader->size && bytes <= reader->size - place;
}

static uint64_t number(const unsigned char *bytes, uint32_t size)
{
        uint64_t value = 0;
        for (uint32_t i = 0; i < size; i++)
                value = value << 8 | bytes[i];
        return value;
}

/* Where the pointer leads; `*place` moves behind it. */
static uint32_t pointer_read(struct mmdb_reader *reader, uint32_t *place)
{
        static const uint32_t BASE[4] = { 0, 2048, 526336, 0 };
        uint32_t control = reader->data[*place], width = (control >> 3 & 3) + 1;
        if (!have(reader, *place, width + 1))
                return broken(reader);
        uint64_t high = width == 4 ? 0 : control & 7;
        uint64_t to = (high << (8 * width)) + number(reader->data + *place + 1, width) + BASE[width - 1];
        *place += width + 1;
        if (to >= reader->size)
                return broken(reader);
        return (uint32_t)to;
}

/* Type and size of what stands at the place, which moves to its first byte. False: broken. */
static bool control_read(struct mmdb_reader *reader, uint32_t *place, enum type *ret_type, uint32_t *ret_size)
{
        uint32_t at = *place, control = reader->data[at++], type = control >> 5, size = control & 31;
        if (type == TYPE_EXTENDED) {
                if (!have(reader, at, 1))
                        return broken(reader);
                type = reader->data[at++] + 7u;
                if (type <= TYPE_MAP)
                        return broken(reader);
        }
        if (type >= TYPES)
                return broken(reader);
        if (size >= 29) {
                static const uint32_t BASE[3] = { 29, 285, 65821 };
                uint32_t width = size - 28;
                if (!have(reader, at, width))
                        return broken(reader);
                size = BASE[width - 1] + (uint32_t)number(reader->data + at, width);
                at += width;
        }
        *place = at;
        *ret_type = (enum type)type;
        *ret_size = size;
        return true;
}

static double real(const unsigned char *bytes, uint32_t size)
{
        uint64_t bits = number(bytes, size);
        double value;
        float  small;
        if (size == 8) {
                memcpy(&value, &bits, sizeof(value));
                return value;
        }
        uint32_t low = (uint32_t)bits;
        memcpy(&small, &low, sizeof(small));
        return (double)small;
}

/* A value that is not inside others. Answers the place behind it. */
static uint32_t scalar_read(struct mmdb_reader *reader, uint32_t place, enum type type, uint32_t size, struct mmdb_value *value)
{
        const unsigned char *bytes = reader->data + place;
        bool fixed = type == TYPE_DOUBLE || type == TYPE_FLOAT;
        if (size > LONGEST[type] || !have(reader, place, size) || (fixed && size < LONGEST[type]))
                return broken(reader);
        switch (type) {
        case TYPE_TEXT:
                value->kind = MMDB_TEXT;
                value->text = (struct slice){ (const char *)bytes, size };
                break;
        case TYPE_DOUBLE:
        case TYPE_FLOAT:
                value->kind = MMDB_FLOAT;
                value->number = real(bytes, size);
                break;
        case TYPE_UINT16:
        case TYPE_UINT32:
        case TYPE_UINT64:
                value->kind = MMDB_INTEGER;
                value->integer = number(bytes, size);
                break;
        default:           /* bytes, negative and very large numbers: no data point has them */
                value->kind = MMDB_OTHER;
        }
        return place + size;
}

uint32_t mmdb_value(struct mmdb_reader *reader, uint32_t place, struct mmdb_value *ret_value)
{
        uint32_t behind = 0, size;
        enum type type;
        *ret_value = (struct mmdb_value){ .kind = MMDB_OTHER };
        if (reader->broken || place >= reader->size || reader->left == 0)
                return broken(reader);
        reader->left--;
        if (reader->data[place] >> 5 == TYPE_POINTER) {
                behind = place;
                place = pointer_read(reader, &behind);
                if (reader->broken || reader->data[place] >> 5 == TYPE_POINTER)
                        return broken(reader);     /* a pointer to a pointer is against the format */
        }
        if (!control_read(reader, &place, &type, &size))
                return 0;
        if (type == TYPE_MAP || type == TYPE_ARRAY) {
                ret_value->kind = type == TYPE_MAP ? MMDB_MAP : MMDB_ARRAY;
                ret_value->count = size;
                ret_value->inside = place;
                return behind;
        }
        if (type == TYPE_BOOLEAN) {
                if (size > 1)
                        return broken(reader);
                ret_value->kind = MMDB_BOOLEAN;
                ret_value->integer = size;
                return behind ? behind : place;
        }
        if (type == TYPE_CONTAINER || type == TYPE_END)
                return broken(reader);
        place = scalar_read(reader, place, type, size, ret_value);
        return behind && place ? behind : place;
}

/* Walks through everything at the place; `follow`: also behind pointers. Answers the place behind. */
static uint32_t pass(struct mmdb_reader *reader, uint32_t place, bool follow, unsigned depth)
{
        struct mmdb_value value;
        if (depth == MMDB_DEPTH)
                return broken(reader);
        uint32_t behind = mmdb_value(reader, place, &value);
        if (reader->broken || (value.kind != MMDB_MAP && value.kind != MMDB_ARRAY) || (behind && !follow))
                return behind;
        uint32_t at = value.inside;
        for (uint32_t i = 0; i < value.count && !reader->broken; i++) {
                if (value.kind == MMDB_MAP) {
                        struct mmdb_value name;
                        at = mmdb_value(reader, at, &name);
                        if (name.kind != MMDB_TEXT)
                                return broken(reader);
                }
                at = pass(reader, at, follow, depth + 1);
        }
        return behind ? behind : at;
}

uint32_t mmdb_skip(struct mmdb_reader *reader, uint32_t place) { return pass(reader, place, false, 0); }

bool mmdb_sound(struct mmdb_reader *reader, uint32_t place)
{
        (void)pass(reader, place, true, 0);
        return !reader->broken;
}

/* ---- what the file says of itself ---- */

#define METADATA_MAX ((size_t)128 * 1024)          /* from the end of the file, as the format says */

static struct slice metadata_find(struct slice bytes)
{
        static const struct slice MARK = SLICE_INIT("\xab\xcd\xef" "MaxMind.com");
        size_t least = bytes.size > METADATA_MAX ? bytes.size - METADATA_MAX : 0;
        for (size_t at = bytes.size >= MARK.size ? bytes.size - MARK.size + 1 : 0; at-- > least;)
                if (memcmp(bytes.data + at, MARK.data, MARK.size) == 0)
                        return slice_between(bytes.data + at + MARK.size, bytes.data + bytes.size);
        return (struct slice){ 0 };
}

static bool outline_read(struct slice metadata, struct mmdb_outline *outline, uint64_t *version)
{
        struct mmdb_reader reader = { .data = (const unsigned char *)metadata.data, .size = (uint32_t)metadata.size,
                                      .left = MMDB_STEPS };
        struct mmdb_value map, name, value;
        (void)mmdb_value(&reader, 0, &map);
        uint32_t at = map.inside;
        for (uint32_t i = 0; map.kind == MMDB_MAP && i < map.count && !reader.broken; i++) {
                at = mmdb_value(&reader, at, &name);
                uint32_t behind = mmdb_value(&reader, at, &value);
                uint32_t small = value.kind == MMDB_INTEGER && value.integer <= UINT32_MAX ? (uint32_t)value.integer : 0;
                if (slice_equal(name.text, SLICE("node_count")))
                        outline->nodes = small;
                else if (slice_equal(name.text, SLICE("record_size")))
                        outline->record_bits = small;
                else if (slice_equal(name.text, SLICE("ip_version")))
                        outline->ip_version = small;
                else if (slice_equal(name.text, SLICE("binary_format_major_version")))
                        *version = small;
                else if (slice_equal(name.text, SLICE("build_epoch")))
                        outline->built = value.integer;
                else if (slice_equal(name.text, SLICE("database_type")))
                        outline->type = value.text;
                at = behind ? behind : mmdb_skip(&reader, at);
        }
        return map.kind == MMDB_MAP && !reader.broken;
}

bool mmdb_outline(struct slice bytes, struct mmdb_outline *ret_outline, struct error *err)
{
        struct mmdb_outline outline = { 0 };
        uint64_t version = 0;
        struct slice metadata = metadata_find(bytes);
        if (!metadata.data)
                return error_set(err, "it is no MaxMind DB file, or it is cut off: its last part is missing");
        if (!outline_read(metadata, &outline, &version))
                return error_set(err, "its description of itself is broken");
        if (version != 2)
                return error_set(err, "it has version %llu of the format; 2 is known", (unsigned long long)version);
        if ((outline.record_bits != 24 && outline.record_bits != 28 && outline.record_bits != 32) ||
            (outline.ip_version != 4 && outline.ip_version != 6))
                return error_set(err, "it has records of %u bits for IP version %u; 24, 28 and 32 bits, and 4 and 6, are known",
                                 outline.record_bits, outline.ip_version);
        size_t room = (size_t)(metadata.data - bytes.data) - 14;
        outline.tree_size = (size_t)outline.nodes * outline.record_bits / 4;
        if (outline.nodes == 0 || outline.tree_size + 16 > room)
                return error_set(err, "a search tree of %u nodes does not fit into it", outline.nodes);
        if (room - outline.tree_size - 16 > UINT32_MAX - 64 - (uint64_t)outline.nodes)
                return error_set(err, "it holds more data than its records can point to");
        outline.data_size = (uint32_t)(room - outline.tree_size - 16);
        *ret_outline = outline;
        return true;
}
