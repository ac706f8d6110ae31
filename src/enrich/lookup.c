/* The enrichment lookup: joins a value of the event with a row of a table. */
#include "enrich/enrichment.h"
#include "enrich/setting.h"
#include "enrich/table.h"

struct lookup {
        struct table      *table;
        struct source_list key;            /* empty: the client's address */
        bool               chosen;         /* by the enrichment client, which may find that there is none */
        size_t             count;
        enum field         field[TABLE_COLUMNS_MOST];
};
/* What the settings say of the table; the texts are the configuration's. */
struct lookup_setup {
        const struct enrich_setup *setup;
        struct errors      *errors;
        struct table_plan   plan;
        struct table_column columns[TABLE_COLUMNS_MOST];
};

static const struct enrich_setting SETTINGS[] = {
        { "file", NULL,
          "The table: CSV with a header, JSON (an array of objects, or an object of objects or plain values), or JSON "
          "objects line by line. It is read again when it changes." },
        { "key", "",
          "The value that is looked for: a JSON pointer into the data, a member of the envelope, a data point; of a list "
          "the first that the event has. May be left out where `match` is `cidr`: the client's address." },
        { "give", NULL,
          "The columns to take, each `column`, `column:name` or `column:name:type`. They become "
          "`labels.INSTANCE.NAME`; type is `keyword` (also for numbers in the file), `long`, `float` or `boolean`." },
        { "column", "", "The column that holds the key; else the first one of a CSV file, the members' names of a JSON object." },
        { "match", "exact",
          "`exact`; `prefix`: the longest key that the value begins with; `cidr`: keys are networks, the value is "
          "an address, the narrowest network counts. IPv4 addresses mapped into IPv6 are IPv4." },
        { "ignore_case", "false", "Whether ASCII letters are the same in either case." },
        { "format", "", "`csv`, `json` or `ndjson`; else what the file's name ends in: .csv, .tsv, .json, .ndjson, .jsonl." },
        { "separator", "", "Between the fields of a CSV file: one character, or `tab`; else a comma, of .tsv files a tab." },
        { "header", "true", "Whether the first line of a CSV file names the columns; else they are called 1, 2, 3 ..." },
        { "rows_limit", "1000000", "Most rows; a larger table is a mistake." },
        { "bytes_limit", "256MiB", "Most bytes of the file, and of the table in memory." },
        { NULL, NULL, NULL },
};

#define WRONG(lookup, name, ...) ((void)setup_error((lookup)->setup, (lookup)->errors, name, __VA_ARGS__))

/* ---- the settings ---- */

static const struct { const char *end; enum table_format format; char separator; } FORMATS[] = {
        { ".csv", TABLE_CSV, ',' },     { ".tsv", TABLE_CSV, '\t' },      { ".json", TABLE_JSON, ',' },
        { ".ndjson", TABLE_NDJSON, ',' }, { ".jsonl", TABLE_NDJSON, ',' },
};

static void format_read(struct lookup_setup *lookup)
{
        struct table_plan *plan = &lookup->plan;
        const char *file = plan->file, *separator = setting_text(lookup->setup, "separator");
        int  format;
        bool known = false;
        plan->separator = ',';
        for (size_t i = 0; i < COUNT_OF(FORMATS); i++) {
                size_t size = strlen(FORMATS[i].end);
                if (strlen(file) < size || strcasecmp(file + strlen(file) - size, FORMATS[i].end) != 0)
                        continue;
                plan->format = FORMATS[i].format;
                plan->separator = FORMATS[i].separator;
                known = true;
        }
        if (setting_text(lookup->setup, "format")) {
                if (setting_choice(lookup->setup, lookup->errors, "format", "csv|json|ndjson", &format))
                        plan->format = (enum table_format)format;
        } else if (!known) {
                WRONG(lookup, "format", "the name of the file does not tell its format; say csv, json or ndjson");
        }
        if (!separator)
                return;
        if (strcmp(separator, "tab") == 0)
                plan->separator = '\t';
        else if (separator[1] == '\0' && !strchr("\"\r\n", *separator) && (unsigned char)*separator < 0x80)
                plan->separator = *separator;
        else
                WRONG(lookup, "separator", "'%s' is not one ASCII character, and not tab", separator);
}

static bool type_read(struct slice text, enum table_type *ret_type)
{
        for (unsigned type = 0; type < TABLE_TYPES; type++)
                if (slice_equal(text, slice_of(TABLE_TYPE_NAMES[type]))) {
                        *ret_type = (enum table_type)type;
                        return true;
                }
        return false;
}

/* "column:name:type" */
static void column_read(struct lookup_setup *lookup, const char *text, struct table_column *column, enum field *ret_field)
{
        const char *colon = strchrnul(text, ':'), *second = *colon ? strchrnul(colon + 1, ':') : colon;
        struct slice name = *colon ? slice_between(colon + 1, second) : slice_between(text, colon);
        char path[200], doc[300];
        *column = (struct table_column){ .name = slice_between(text, colon), .type = TABLE_KEYWORD };
        if (name.size == 0)                        /* "column::long" */
                name = column->name;
        if (*second && !type_read(slice_of(second + 1), &column->type))
                WRONG(lookup, "give", "'%s' does not end in keyword, long, float or boolean", text);
        (void)snprintf(path, sizeof(path), "labels.%s.%.*s", lookup->setup->instance, SLICE_ARGS(name));
        (void)snprintf(doc, sizeof(doc), "Column `%.*s` of the table of `%s`.", SLICE_ARGS(column->name),
                       lookup->setup->instance);
        *ret_field = layout_own(lookup->setup->layout, path, TABLE_TYPE_NAMES[column->type], doc);
        if (*ret_field == FIELD_NONE)
                WRONG(lookup, "give",
                      "%s cannot be a field: a name is made of small letters, digits and _, and stands once; write "
                      "column:name to give another one",
                      path);
}

static void columns_read(struct lookup_setup *lookup, struct lookup *state)
{
        const char *text;
        for (size_t i = 0; (text = setting_list(lookup->setup, "give", i)); i++) {
                if (i == TABLE_COLUMNS_MOST) {
                        WRONG(lookup, "give", "more than %d columns", TABLE_COLUMNS_MOST);
                        return;
                }
                column_read(lookup, text, &lookup->columns[i], &state->field[i]);
                state->count = i + 1;
        }
        lookup->plan.columns = lookup->columns;
        lookup->plan.count = state->count;
}

static void settings_read(struct lookup_setup *lookup, struct lookup *state)
{
        static const int64_t BYTES[] = { 1, TABLE_BYTES_MOST }, ROWS[] = { 1, 100000000 };
        const struct enrich_setup *setup = lookup->setup;
        struct table_plan *plan = &lookup->plan;
        int64_t bytes = 0, rows = 0;
        int     match = 0;
        plan->file = setting_path(setup, "file");
        plan->key = slice_of(setting_text(setup, "column"));
        format_read(lookup);
        columns_read(lookup, state);
        if (setting_choice(setup, lookup->errors, "match", "exact|prefix|cidr", &match))
                plan->match = (enum table_match)match;
        (void)setting_boolean(setup, lookup->errors, "ignore_case", &plan->ignore_case);
        (void)setting_boolean(setup, lookup->errors, "header", &plan->header);
        (void)setting_number(setup, lookup->errors, "rows_limit", (int64_t[]){ ROWS[0], ROWS[1] }, &rows);
        (void)setting_bytes(setup, lookup->errors, "bytes_limit", BYTES, &bytes);
        plan->rows_limit = (size_t)rows;
        plan->bytes_limit = (size_t)bytes;
        (void)source_list_load(&state->key, setup, lookup->errors, "key");
        if (!setting_text(setup, "key") && plan->match != TABLE_CIDR)
                WRONG(lookup, "key", "it must be given where match is not cidr");
}

/* ---- the plan ---- */

static void lookup_unload(void *state)
{
        struct lookup *lookup = state;
        if (!lookup)
                return;
        table_free(lookup->table);
        source_list_done(&lookup->key);
        free(lookup);
}

/* Whether the enrichment client runs earlier. */
static bool client_before(const struct enrich_setup *setup)
{
        const struct text_list *order = &setup->config->enrich_order;
        for (size_t i = 0; i < order->count && strcmp(order->items[i], setup->instance) != 0; i++)
                if (strcmp(order->items[i], "client") == 0)
                        return true;
        return false;
}

static void *lookup_load(const struct enrich_setup *setup, struct errors *errors)
{
        struct lookup_setup *lookup = memory_get(sizeof(*lookup));
        struct lookup *state = memory_get(sizeof(*state));
        struct table_facts facts;
        size_t mistakes = errors_total(errors);
        lookup->setup = setup;
        lookup->errors = errors;
        state->chosen = client_before(setup);
        settings_read(lookup, state);
        setup_watch(setup, lookup->plan.file);
        if (errors_total(errors) == mistakes)
                state->table = table_load(&lookup->plan, errors);
        if (state->table) {
                table_describe(state->table, &facts);
                if (facts.duplicates)
                        setup_note(setup, "%s: %zu of %zu rows repeat the key of an earlier one and are left out",
                                   lookup->plan.file, facts.duplicates, facts.rows + facts.duplicates);
                if (facts.keyless)
                        setup_note(setup, "%s: %zu rows without a key are left out", lookup->plan.file, facts.keyless);
        } else {
                lookup_unload(state);
                state = NULL;
        }
        free(lookup);
        return state;
}

/* ---- the run ---- */

static const char *row_find(const struct lookup *lookup, struct subject *subject)
{
        if (lookup->key.count == 0) {
                const struct address *address = lookup->chosen ? subject->findings->address : &subject->client->address;
                return address ? table_find_address(lookup->table, address) : NULL;
        }
        struct slice key = source_list_text(&lookup->key, subject);
        return key.data ? table_find(lookup->table, key) : NULL;
}

static void lookup_run(void *scratch, struct subject *subject)
{
        const struct lookup *lookup = scratch;
        struct field_desk desk;
        size_t bytes = 0;
        const char *row = row_find(lookup, subject);
        subject_count(subject, row ? METRIC_lookup_hits : METRIC_lookup_misses, 1);
        if (!row)
                return;
        const char *at = row;
        for (size_t i = 0; i < lookup->count; i++)
                bytes += table_value_next(&at).size;
        if (!desk_open(&desk, subject, bytes))
                return;
        for (size_t i = 0; i < lookup->count; i++)
                writer_json(&desk.writer, lookup->field[i], table_value_next(&row));
        desk_close(&desk, subject);
}

extern const struct enrichment ENRICHMENT_lookup;
const struct enrichment ENRICHMENT_lookup = {
        .name = "lookup",
        .stage = STAGE_enrich_lookup,
        .doc = "Joins a value of the event with a row of a table: `labels.INSTANCE.NAME` are that row's values. A value that "
               "the\n"
               "table does not have gives nothing. Of rows with the same key the first counts.",
        .many = true,
        .settings = SETTINGS,
        .gives = (const enum field[]){ FIELD_COUNT },
        .load = lookup_load,
        .unload = lookup_unload,
        .run = lookup_run,
};
