#include "base/file.h"
#include "base/hash.h"
#include "enrich/decimal.h"
#include "enrich/table_inner.h"
#include <stdarg.h>

const char *const TABLE_TYPE_NAMES[TABLE_TYPES] = { "keyword", "long", "float", "boolean" };

/* Of the hash index: open addressing, four fifths full. The tag says, nearly always, whether the row is worth reading. */
struct slot { uint32_t tag, offset; };

struct table {
        char          *rows;
        size_t         rows_size;
        struct slot   *slots;
        uint64_t       slot_count, seed;
        struct prefix_index  prefixes;
        struct network_index networks;
        enum table_match match;
        bool           ignore_case;
        size_t         longest;            /* key in bytes */
        struct table_facts facts;
};

bool builder_mistake(struct table_builder *builder, size_t line, const char *format, ...)
{
        struct error err;
        va_list args;
        builder->mistakes++;
        va_start(args, format);
        (void)vsnprintf(err.text, sizeof(err.text), format, args);
        va_end(args);
        if (line == 0)
                return errors_add(builder->errors, "%s: %s", builder->plan->file, err.text);
        return errors_add(builder->errors, "%s: line %zu: %s", builder->plan->file, line, err.text);
}

static void fold(char *text, size_t size)
{
        for (size_t i = 0; i < size; i++)
                if (text[i] >= 'A' && text[i] <= 'Z')
                        text[i] = (char)(text[i] + 32);
}

static void size_add(struct buffer *buffer, size_t size)
{
        for (; size > 0x7F; size >>= 7)
                buffer_add_char(buffer, (char)(0x80 | (size & 0x7F)));
        buffer_add_char(buffer, (char)size);
}

static bool boolean_read(struct slice text, bool *ret_value)
{
        static const struct { struct slice word; bool value; } WORDS[] = {
                { SLICE_INIT("true"), true }, { SLICE_INIT("false"), false },
                { SLICE_INIT("1"), true },    { SLICE_INIT("0"), false },
        };
        for (size_t i = 0; i < COUNT_OF(WORDS); i++)
                if (slice_equal_nocase(text, WORDS[i].word)) {
                        *ret_value = WORDS[i].value;
                        return true;
                }
        return false;
}

/* As JSON; false: it is no value of that type. */
static bool value_render(enum table_type type, struct slice text, struct buffer *out)
{
        char digits[DECIMAL_TEXT];
        struct decimal number;
        bool    boolean;
        int64_t whole;
        switch (type) {
        case TABLE_LONG:
                if (!decimal_parse(text, &number) || number.scale || !decimal_minor(&number, (struct precision){ 0 }, &whole))
                        return false;
                buffer_add_number(out, whole);
                return true;
        case TABLE_FLOAT:
                if (!decimal_parse(text, &number))
                        return false;
                buffer_add(out, (struct slice){ digits, decimal_format(&number, digits) });
                return true;
        case TABLE_BOOLEAN:
                if (!boolean_read(text, &boolean))
                        return false;
                buffer_add(out, boolean ? SLICE("true") : SLICE("false"));
                return true;
        default:
                buffer_add_json(out, text);
                return true;
        }
}

/* Notes where the row begins, and its network. False: it is left out. */
static bool row_begin(struct table_builder *builder, size_t line, struct slice key)
{
        const struct table_plan *plan = builder->plan;
        struct network network = { .bits = 0 };
        if (key.size > TABLE_KEY_MOST)
                return builder_mistake(builder, line, "a key of %zu bytes; at most %d", key.size, TABLE_KEY_MOST);
        if (plan->match == TABLE_CIDR && !network_parse(key, &network))
                return builder_mistake(builder, line, "'%.*s' is no network (192.0.2.0/24, 2001:db8::/32) and no address",
                                       (int)(key.size < 60 ? key.size : 60), key.data);
        if (builder->count == plan->rows_limit) {
                builder->over = true;
                return builder_mistake(builder, line, "more rows than rows_limit, %zu", plan->rows_limit);
        }
        if (builder->count == builder->room) {
                builder->room = builder->room ? 2 * builder->room : 1024;
                builder->offset = memory_grow(builder->offset, builder->room * sizeof(*builder->offset));
                if (plan->match == TABLE_CIDR)
                        builder->network = memory_grow(builder->network, builder->room * sizeof(*builder->network));
        }
        if (plan->match == TABLE_CIDR)
                builder->network[builder->count] = network;
        builder->offset[builder->count++] = (uint32_t)builder->rows.size;
        return true;
}

void builder_row(struct table_builder *builder, size_t line, struct slice key, const struct slice *values)
{
        const struct table_plan *plan = builder->plan;
        if (key.size == 0) {
                builder->keyless++;
                return;
        }
        if (!row_begin(builder, line, key))
                return;
        if (plan->match == TABLE_CIDR)
                key.size = 0;
        size_add(&builder->rows, key.size);
        buffer_add(&builder->rows, key);
        if (plan->ignore_case && !builder->rows.full)
                fold(builder->rows.data + builder->rows.size - key.size, key.size);
        for (size_t i = 0; i < plan->count; i++) {
                buffer_clear(&builder->scratch);
                if (values[i].size && !value_render(plan->columns[i].type, values[i], &builder->scratch))
                        (void)builder_mistake(builder, line, "'%.*s' in column '%.*s' is no %s",
                                              (int)(values[i].size < 60 ? values[i].size : 60), values[i].data,
                                              SLICE_ARGS(plan->columns[i].name), TABLE_TYPE_NAMES[plan->columns[i].type]);
                size_add(&builder->rows, builder->scratch.size);
                buffer_add(&builder->rows, buffer_slice(&builder->scratch));
        }
        if (builder->rows.full) {
                builder->over = true;
                (void)builder_mistake(builder, line, "the table needs more than bytes_limit, %zu bytes", plan->bytes_limit);
        }
}

static inline uint64_t slot_of(const struct table *table, uint64_t hash) { return (hash >> 32) * table->slot_count >> 32; }

/* Of the row with this key; an empty one: there is no such row. */
static inline struct slot *slot_find(const struct table *table, struct slice key, uint32_t *ret_tag)
{
        uint64_t hash = hash_bytes(key.data, key.size, table->seed), at = slot_of(table, hash);
        for (;; at = at + 1 == table->slot_count ? 0 : at + 1) {
                struct slot *slot = &table->slots[at];
                if (slot->offset == 0 ||
                    (slot->tag == (uint32_t)hash && slice_equal(row_key(table->rows, slot->offset), key))) {
                        *ret_tag = (uint32_t)hash;
                        return slot;
                }
        }
}

static size_t hash_make(struct table *table, const struct table_builder *builder)
{
        size_t duplicates = 0;
        table->slot_count = builder->count + builder->count / 4 + 4;
        table->slots = memory_get(table->slot_count * sizeof(*table->slots));
        table->seed = hash_process_seed();
        for (size_t i = 0; i < builder->count; i++) {
                uint32_t tag;
                struct slot *slot = slot_find(table, row_key(table->rows, builder->offset[i]), &tag);
                duplicates += slot->offset != 0;
                if (slot->offset == 0)
                        *slot = (struct slot){ tag, builder->offset[i] };
        }
        return duplicates;
}

/* The table takes the builder's rows. */
static struct table *table_make(struct table_builder *builder)
{
        struct table *table = memory_get(sizeof(*table));
        size_t duplicates = 0;
        table->match = builder->plan->match;
        table->ignore_case = builder->plan->ignore_case;
        table->rows_size = builder->rows.size;
        table->rows = memory_grow(builder->rows.data, table->rows_size);
        builder->rows = (struct buffer){ 0 };
        for (size_t i = 0; i < builder->count; i++) {
                size_t size = row_key(table->rows, builder->offset[i]).size;
                table->longest = size > table->longest ? size : table->longest;
        }
        if (table->match == TABLE_EXACT)
                duplicates = hash_make(table, builder);
        else if (table->match == TABLE_PREFIX)
                prefix_index_make(&table->prefixes, table->rows, builder->offset, builder->count, &duplicates);
        else
                network_index_make(&table->networks, builder->network, builder->offset, builder->count, &duplicates);
        table->facts = (struct table_facts){
                .rows = builder->count - duplicates,
                .duplicates = duplicates,
                .keyless = builder->keyless,
                .bytes = table->rows_size + table->slot_count * sizeof(*table->slots) + prefix_index_bytes(&table->prefixes) +
                         network_index_bytes(&table->networks),
        };
        return table;
}

/* Most bytes of an index over so many rows. */
static size_t index_bound(enum table_match match, size_t count)
{
        switch (match) {
        case TABLE_EXACT:  return (count + count / 4 + 4) * sizeof(struct slot);
        case TABLE_PREFIX: return count * 16;
        default:           return count * 48 + 65537 * 4;
        }
}

struct table *table_read(const struct table_plan *plan, char *text, size_t size, struct errors *errors)
{
        struct table_builder builder = { .plan = plan, .errors = errors };
        struct table *table = NULL;
        size_t limit = plan->bytes_limit < TABLE_BYTES_MOST ? plan->bytes_limit : TABLE_BYTES_MOST;
        buffer_init(&builder.rows, limit);
        buffer_init(&builder.scratch, SIZE_MAX);
        buffer_add_char(&builder.rows, '\0');
        if (plan->format == TABLE_CSV)
                table_csv_read(&builder, text, size);
        else
                table_json_read(&builder, (struct slice){ text, size });
        size_t bytes = builder.rows.size + index_bound(plan->match, builder.count);
        if (builder.mistakes == 0 && bytes > plan->bytes_limit && plan->bytes_limit > index_bound(plan->match, 0))
                (void)builder_mistake(&builder, 0, "the table needs %zu bytes; bytes_limit is %zu", bytes, plan->bytes_limit);
        if (builder.mistakes == 0)
                table = table_make(&builder);
        buffer_done(&builder.rows);
        buffer_done(&builder.scratch);
        free(builder.offset);
        free(builder.network);
        return table;
}

struct table *table_load(const struct table_plan *plan, struct errors *errors)
{
        struct error err;
        size_t size;
        char  *text = file_read(plan->file, plan->bytes_limit, &size, &err);
        if (!text) {
                (void)errors_add(errors, "%s", err.text);
                return NULL;
        }
        struct table *table = table_read(plan, text, size, errors);
        free(text);
        return table;
}

void table_free(struct table *table)
{
        if (!table)
                return;
        free(table->rows);
        free(table->slots);
        prefix_index_done(&table->prefixes);
        network_index_done(&table->networks);
        free(table);
}

void table_describe(const struct table *table, struct table_facts *ret_facts) { *ret_facts = table->facts; }

/* Behind the key. */
static const char *row_values(const struct table *table, uint32_t offset)
{
        if (offset == 0)
                return NULL;
        const char *at = table->rows + offset;
        (void)table_value_next(&at);
        return at;
}

const char *table_find_address(const struct table *table, const struct address *address)
{
        return row_values(table, network_index_find(&table->networks, address));
}

const char *table_find(const struct table *table, struct slice key)
{
        struct address address;
        char folded[TABLE_KEY_MOST];
        uint32_t tag;
        if (table->match == TABLE_CIDR)
                return address_parse(key, &address) ? table_find_address(table, &address) : NULL;
        if (key.size > table->longest) {
                if (table->match == TABLE_EXACT)
                        return NULL;
                key.size = table->longest;         /* no prefix is longer */
        }
        if (key.size == 0)
                return NULL;
        if (table->ignore_case) {
                memcpy(folded, key.data, key.size);
                fold(folded, key.size);
                key.data = folded;
        }
        if (table->match == TABLE_PREFIX)
                return row_values(table, prefix_index_find(&table->prefixes, table->rows, key));
        return row_values(table, slot_find(table, key, &tag)->offset);
}
