/* What the records of a plan look like, for those who read them: as JSON Schema, and as the DDL of warehouses. */
#include "enrich/enrichment.h"

static const struct { const char *name, *type, *doc; bool always; } MEMBERS[] = {
#define OWN(fact, name, type, always, doc)    { name, type, doc, always },
#define PASSED(fact, name, type, always, doc) { name, type, doc, always },
#include "event/record.def"
};

enum language { LANGUAGE_JSON_SCHEMA, LANGUAGE_CLICKHOUSE, LANGUAGE_SPARK, LANGUAGES };
static const struct {
        const char *name;
        const char *open, *close;          /* around an object's fields */
        const char *between;               /* a name inside an object and its type */
} DIALECTS[LANGUAGES] = {
        [LANGUAGE_JSON_SCHEMA] = { "json-schema", "{ \"type\": \"object\", \"additionalProperties\": false, \"properties\": {",
                                   "} }", ": " },
        [LANGUAGE_CLICKHOUSE]  = { "clickhouse", "Tuple(", ")", " " },
        [LANGUAGE_SPARK]       = { "spark", "STRUCT<", ">", ": " },
};
#define TIME "\"type\": \"string\", \"format\": \"date-time\""
static const struct { const char *type, *in[LANGUAGES]; } TYPES[] = {
        { "keyword",   { "\"type\": \"string\"",  "Nullable(String)",        "STRING" } },
        { "keyword[]", { "\"type\": \"array\", \"items\": { \"type\": \"string\" }", "Array(String)", "ARRAY<STRING>" } },
        { "long",      { "\"type\": \"integer\"", "Nullable(Int64)",         "BIGINT" } },
        { "long[]",    { "\"type\": \"array\", \"items\": { \"type\": \"integer\" }", "Array(Int64)", "ARRAY<BIGINT>" } },
        { "float",     { "\"type\": \"number\"",  "Nullable(Float64)",       "DOUBLE" } },
        { "boolean",   { "\"type\": \"boolean\"", "Nullable(Bool)",          "BOOLEAN" } },
        { "date",      { TIME,                    "Nullable(DateTime64(3, 'UTC'))", "TIMESTAMP" } },
        { "ip",        { "\"type\": \"string\"",  "Nullable(String)",        "STRING" } },
        { "object",    { "\"type\": \"object\"",  "Nullable(String)",        "STRING" } },   /* its JSON text */
        { "any",       { "",                      "Nullable(String)",        "STRING" } },
};

struct walk {
        const struct enrich_plan *plan;
        const struct layout      *layout;
        enum language             language;
        FILE                     *out;
};

static const char *type_text(const char *type, enum language language)
{
        for (size_t i = 0; i < COUNT_OF(TYPES); i++)
                if (strcmp(TYPES[i].type, type) == 0)
                        return TYPES[i].in[language];
        BUG_IF(true);
        return NULL;
}

static int indent(const struct walk *walk, unsigned depth)
{
        return (int)(4 * depth) + (walk->language == LANGUAGE_JSON_SCHEMA ? 4 : 0);
}

/* A name and what stands before its type; at the top of a table the two are only words apart. */
static void print_name(const struct walk *walk, struct slice name, bool first, unsigned depth)
{
        fprintf(walk->out, "%s\n%*s", first ? "" : ",", indent(walk, depth), "");
        if (walk->language == LANGUAGE_JSON_SCHEMA)
                fprintf(walk->out, "\"%.*s\": ", SLICE_ARGS(name));
        else
                fprintf(walk->out, "`%.*s`%s", SLICE_ARGS(name), depth > 1 ? DIALECTS[walk->language].between : " ");
}

static void print_type(const struct walk *walk, const char *type, const char *doc)
{
        const char *text = type_text(type, walk->language);
        if (walk->language != LANGUAGE_JSON_SCHEMA) {
                fputs(text, walk->out);
                return;
        }
        struct buffer quoted;
        buffer_init(&quoted, 8192);
        buffer_add_json(&quoted, slice_of(doc));
        fprintf(walk->out, "{ %s%s\"description\": %.*s }", text, *text ? ", " : "", SLICE_ARGS(buffer_slice(&quoted)));
        buffer_done(&quoted);
}

/* The part of a field's name behind the prefix "client.geo."; data NULL: it lies elsewhere, or is not written. */
static struct slice part_behind(const struct walk *walk, size_t field, struct slice prefix)
{
        const struct layout_field *row = &walk->layout->field[field];
        if (!row->key.data || !enrich_plan_gives(walk->plan, (enum field)field) ||
            !slice_starts_with(slice_of(row->name), prefix))
                return (struct slice){ 0 };
        const char *part = row->name + prefix.size;
        return slice_between(part, strchrnul(part, '.'));
}

static bool seen_before(const struct walk *walk, size_t field, struct slice prefix, struct slice part)
{
        for (size_t i = 0; i < field; i++)
                if (slice_equal(part_behind(walk, i, prefix), part))
                        return true;
        return false;
}

static void print_fields(const struct walk *walk, struct slice prefix, bool first, unsigned depth)
{
        for (size_t i = 0; i < walk->layout->count; i++) {
                const struct layout_field *row = &walk->layout->field[i];
                struct slice part = part_behind(walk, i, prefix);
                if (!part.data || seen_before(walk, i, prefix, part))
                        continue;
                print_name(walk, part, first, depth);
                first = false;
                if (part.data[part.size] == '\0') {
                        print_type(walk, row->type, row->doc);
                        continue;
                }
                fputs(DIALECTS[walk->language].open, walk->out);
                print_fields(walk, slice_between(row->name, part.data + part.size + 1), true, depth + 1);
                fprintf(walk->out, "\n%*s%s", indent(walk, depth), "", DIALECTS[walk->language].close);
        }
}

static void print_flat(const struct walk *walk)
{
        for (size_t i = 0; i < walk->layout->count; i++) {
                const struct layout_field *row = &walk->layout->field[i];
                if (!row->key.data || !enrich_plan_gives(walk->plan, (enum field)i))
                        continue;
                print_name(walk, (struct slice){ row->key.data + 1, row->key.size - 3 }, false, 1);
                print_type(walk, row->type, row->doc);
        }
}

static void print_columns(const struct walk *walk)
{
        for (size_t i = 0; i < COUNT_OF(MEMBERS); i++) {
                const char *type = MEMBERS[i].type;
                print_name(walk, slice_of(MEMBERS[i].name), i == 0, 1);
                if (walk->language == LANGUAGE_CLICKHOUSE && MEMBERS[i].always)
                        fputs(strcmp(type, "date") == 0 ? "DateTime64(3, 'UTC')" : "String", walk->out);
                else
                        print_type(walk, type, MEMBERS[i].doc);
        }
        if (walk->layout->flat)
                print_flat(walk);
        else
                print_fields(walk, SLICE(""), false, 1);
}

static void print_json_schema(const struct walk *walk)
{
        fputs("{\n    \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
              "    \"title\": \"A good event of millrace\",\n    \"type\": \"object\",\n    \"required\": [", walk->out);
        for (size_t i = 0, count = 0; i < COUNT_OF(MEMBERS); i++)
                if (MEMBERS[i].always)
                        fprintf(walk->out, "%s\"%s\"", count++ ? ", " : "", MEMBERS[i].name);
        fputs("],\n    \"properties\": {", walk->out);
        print_columns(walk);
        fputs("\n    }\n}\n", walk->out);
}

static void print_clickhouse(const struct walk *walk)
{
        fputs("-- Read with: INSERT INTO events SETTINGS date_time_input_format = 'best_effort', "
              "input_format_json_read_objects_as_strings = 1 FORMAT JSONEachRow\n"
              "CREATE TABLE events\n(", walk->out);
        print_columns(walk);
        fputs("\n)\nENGINE = MergeTree\nORDER BY (type, time)\n", walk->out);
}

/* Columns only, as spark.read.schema(...) and CREATE TABLE take them. */
static void print_spark(const struct walk *walk)
{
        print_columns(walk);
        fputs("\n", walk->out);
}

const char *enrich_dictionary_language(size_t i) { return i < LANGUAGES ? DIALECTS[i].name : NULL; }

bool enrich_print_dictionary(const struct enrich_plan *plan, const char *language, FILE *out)
{
        static void (*const PRINT[LANGUAGES])(const struct walk *walk) = { print_json_schema, print_clickhouse, print_spark };
        struct walk walk = { .plan = plan, .layout = enrich_plan_layout(plan), .out = out };
        for (unsigned i = 0; i < LANGUAGES; i++)
                if (strcmp(DIALECTS[i].name, language) == 0) {
                        walk.language = (enum language)i;
                        PRINT[i](&walk);
                        return true;
                }
        return false;
}
