/* Tables from JSON: an array of objects, an object of objects or of plain values, or one object a line. */
#include "enrich/table_inner.h"
#include "json/equal.h"
#include "json/members.h"

#define ROW_DEPTH 16               /* of arrays and objects in a row; those in columns that are not kept are passed over */

struct json_table {
        struct table_builder *builder;
        struct slice text;
        struct buffer plain[TABLE_COLUMNS_MOST + 1];       /* texts with their escapes undone; the last is the key's */
        bool   seen[TABLE_COLUMNS_MOST];   /* the column is in some row */
        bool   rows;
        size_t line;               /* of `counted`, so that lines are counted once */
        const char *counted;
};

static size_t line_of(struct json_table *table, const char *at)
{
        for (const char *feed; table->counted < at && (feed = memchr(table->counted, '\n', (size_t)(at - table->counted)));) {
                table->counted = feed + 1;
                table->line++;
        }
        return table->line;
}

static void scan_mistake(struct json_table *table, const struct scan_error *err)
{
        (void)builder_mistake(table->builder, line_of(table, err->where), "not JSON: %s", err->message);
}

/* The plain text of a string, number or boolean; data NULL: of null. False: it is an array or object. */
static bool plain_of(struct slice raw, struct buffer *memory, struct slice *ret_text)
{
        *ret_text = (struct slice){ NULL, 0 };
        if (*raw.data == 'n')
                return true;
        if (*raw.data == '[' || *raw.data == '{')
                return false;
        *ret_text = raw;
        if (*raw.data != '"')
                return true;
        *ret_text = (struct slice){ raw.data + 1, raw.size - 2 };
        if (!memchr(raw.data, '\\', raw.size))
                return true;
        buffer_clear(memory);
        BUG_IF(!buffer_reserve(memory, raw.size));
        *ret_text = (struct slice){ memory->data, scan_unescape(raw, memory->data) };
        return true;
}

static bool key_mistake(struct json_table *table, const char *at)
{
        return builder_mistake(table->builder, line_of(table, at), "the key is an array or object");
}

/* What is kept of a row. */
struct json_row { struct slice values[TABLE_COLUMNS_MOST], key; };

/* One member of a row: a value that is kept, the key, or neither. */
static void member_take(struct json_table *table, struct slice name, struct slice raw, struct json_row *row)
{
        const struct table_plan *plan = table->builder->plan;
        if (plan->key.size && !row->key.data && string_is(name, plan->key) &&
            !plain_of(raw, &table->plain[TABLE_COLUMNS_MOST], &row->key))
                (void)key_mistake(table, raw.data);
        for (size_t i = 0; i < plan->count; i++) {
                if (row->values[i].data || !string_is(name, plan->columns[i].name))
                        continue;
                table->seen[i] = true;
                if (!plain_of(raw, &table->plain[i], &row->values[i]))
                        (void)builder_mistake(table->builder, line_of(table, raw.data),
                                              "column '%.*s' is an array or object; only texts, numbers and booleans are kept",
                                              SLICE_ARGS(plan->columns[i].name));
        }
}

static void members_take(struct json_table *table, struct slice object, struct json_row *row)
{
        struct slice name, raw;
        for (struct members members = members_of(object); member_next(&members, &name, &raw);)
                member_take(table, name, raw, row);
}

/* One row. `name`: the member's, raw, of an object of rows; else data NULL. */
static void row_take(struct json_table *table, struct slice name, struct slice raw)
{
        struct json_row row = { 0 };
        size_t mistakes = table->builder->mistakes, line = line_of(table, raw.data);
        table->rows = true;
        if (*raw.data == '{')
                members_take(table, raw, &row);
        else if (name.data)                        /* a plain value is its row's only column, "value" */
                member_take(table, SLICE("\"value\""), raw, &row);
        else
                (void)builder_mistake(table->builder, line, "a row must be an object");
        if (name.data && table->builder->plan->key.size == 0)
                (void)plain_of(name, &table->plain[TABLE_COLUMNS_MOST], &row.key);
        if (table->builder->mistakes == mistakes)
                builder_row(table->builder, line, row.key, row.values);
}

/* Reads the value at `at`; its end, or NULL and a mistake. */
static const char *value_read(struct json_table *table, const char *at, const char *end)
{
        const struct scan_limits limits = { ROW_DEPTH, SIZE_MAX };
        struct scan_error err;
        const char *stop = scan_value(at, end, &limits, &err);
        if (!stop)
                scan_mistake(table, &err);
        return stop;
}

/* An array or object of rows, whose bracket is at `at`; behind it, or NULL and a mistake. */
static const char *rows_read(struct json_table *table, const char *at)
{
        const char *end = slice_end(table->text), close = *at == '[' ? ']' : '}';
        struct scan_error err = { .message = close == ']' ? "a comma or ']' is missing" : "a comma or '}' is missing" };
        at = scan_space(at + 1, end);
        if (at < end && *at == close)
                return at + 1;
        for (;;) {
                struct slice name = { NULL, 0 };
                if (close == '}') {
                        const char *stop = at < end && *at == '"' ? scan_string(at, end, &SCAN_UNLIMITED, NULL, &err) : NULL;
                        const char *colon = stop ? scan_space(stop, end) : NULL;
                        if (!colon || colon == end || *colon != ':') {
                                err = (struct scan_error){ .where = at, .message = "a name and a colon are missing" };
                                scan_mistake(table, &err);
                                return NULL;
                        }
                        name = slice_between(at, stop);
                        at = scan_space(colon + 1, end);
                }
                const char *stop = value_read(table, at, end);
                if (!stop)
                        return NULL;
                row_take(table, name, slice_between(at, stop));
                at = scan_space(stop, end);
                if (builder_stopped(table->builder))
                        return NULL;
                if (at < end && *at == close)
                        return at + 1;
                if (at == end || *at != ',') {
                        err.where = at;
                        scan_mistake(table, &err);
                        return NULL;
                }
                at = scan_space(at + 1, end);
        }
}

static void document_read(struct json_table *table, const char *at)
{
        const char *end = slice_end(table->text);
        if (at == end || (*at != '[' && *at != '{')) {
                (void)builder_mistake(table->builder, line_of(table, at), "an array or an object of rows is expected");
                return;
        }
        if (*at == '[' && table->builder->plan->key.size == 0) {
                (void)builder_mistake(table->builder, 0, "the rows of an array need a column for the key");
                return;
        }
        at = rows_read(table, at);
        at = at ? scan_space(at, end) : end;
        if (at != end)
                (void)builder_mistake(table->builder, line_of(table, at), "not JSON: something follows the value");
}

static void lines_read(struct json_table *table, const char *at)
{
        const char *end = slice_end(table->text);
        if (table->builder->plan->key.size == 0)
                (void)builder_mistake(table->builder, 0, "the rows of a file of lines need a column for the key");
        for (const char *behind; at < end && !builder_stopped(table->builder); at = scan_space(behind, end)) {
                const char *feed = memchr(at, '\n', (size_t)(end - at)), *stop;
                behind = feed ? feed : end;
                if (!(stop = value_read(table, at, behind)))
                        continue;          /* on with the next line */
                if (scan_space(stop, behind) == behind)
                        row_take(table, (struct slice){ NULL, 0 }, slice_between(at, stop));
                else
                        (void)builder_mistake(table->builder, line_of(table, stop), "not JSON: something follows the value");
        }
}

void table_json_read(struct table_builder *builder, struct slice text)
{
        struct json_table *table = memory_get(sizeof(*table));
        *table = (struct json_table){ .builder = builder, .text = text, .line = 1, .counted = text.data };
        const char *at = text.data;
        for (size_t i = 0; i <= TABLE_COLUMNS_MOST; i++)
                buffer_init(&table->plain[i], SIZE_MAX);
        if (text.size >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
                at += 3;
        at = scan_space(at, text.data + text.size);
        if (builder->plan->format == TABLE_NDJSON)
                lines_read(table, at);
        else
                document_read(table, at);
        for (size_t i = 0; i < builder->plan->count && builder->mistakes == 0 && table->rows; i++)
                if (!table->seen[i])
                        (void)builder_mistake(builder, 0, "no row has a column '%.*s'",
                                              SLICE_ARGS(builder->plan->columns[i].name));
        if (!table->rows && builder->mistakes == 0)
                (void)builder_mistake(builder, 0, "there are no rows");
        for (size_t i = 0; i <= TABLE_COLUMNS_MOST; i++)
                buffer_done(&table->plain[i]);
        free(table);
}
