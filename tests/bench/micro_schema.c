/* What checking costs an event, and compiling a schema:
 *   cmake --build --preset release --target bench_schema && build/release/bench_schema [SCHEMA EVENTS]
 * SCHEMA: a file; EVENTS: a file with one event a line; without them the corpus of corpus.h. */
#include "corpus.h"
#include "json/tape.h"
#include "schema/schema.h"

#define UUID   "{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$\"}"
#define OBJECT "\"type\":\"object\",\"additionalProperties\":false"
static const char SCHEMA[] =
        "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\"," OBJECT ",\"required\":[\"schema\",\"id\",\"ts\","
                                                                                "\"app\",\"user\",\"props\"],"
        "\"properties\":{"
        "\"schema\":{\"enum\":[\"page_view\",\"add_to_cart\",\"transaction\",\"video_play\",\"bet_placed\",\"screen_view\"]},"
        "\"id\":{\"$ref\":\"#/$defs/uuid\"},\"ts\":{\"type\":\"string\",\"format\":\"date-time\"},\"app\":{\"type\":\"string\","
        "\"maxLength\":64},"
        "\"title\":{\"type\":\"string\",\"maxLength\":512},"
        "\"user\":{" OBJECT ",\"required\":[\"anon\"],\"properties\":{\"id\":{\"$ref\":\"#/$defs/uuid\"},"
                            "\"anon\":{\"$ref\":\"#/$defs/uuid\"}}},"
        "\"device\":{" OBJECT ",\"properties\":{\"ua\":{\"type\":\"string\",\"maxLength\":1024},\"width\":{\"type\":\"integer\","
                              "\"minimum\":0},"
        "\"height\":{\"type\":\"integer\",\"minimum\":0},\"locale\":{\"type\":\"string\",\"pattern\":\"^[a-z]{2}(-[A-Z]{2})?$\"}"
        "}},"
        "\"props\":{" OBJECT ",\"required\":[\"url\"],\"properties\":{\"url\":{\"type\":\"string\",\"format\":\"uri\"},"
        "\"referrer\":{\"type\":\"string\",\"format\":\"uri\"},\"position\":{\"type\":\"integer\",\"minimum\":0,"
        "\"maximum\":100000},"
        "\"logged_in\":{\"type\":\"boolean\"},\"coupon\":{\"type\":[\"string\",\"null\"]},"
        "\"items\":{\"type\":\"array\",\"maxItems\":32,\"items\":{" OBJECT ",\"required\":[\"sku\",\"quantity\"],\"properties\":{"
        "\"sku\":{\"type\":\"string\",\"pattern\":\"^SKU-[0-9]{6}$\"},\"price\":{\"type\":\"number\",\"minimum\":0},"
        "\"quantity\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":99}}}}}}},"
        "\"$defs\":{\"uuid\":" UUID "}}";

/* Events, each with padding of its own behind it, one after the other. */
struct events {
        struct slice *items;
        size_t        count, bytes, valid;
        char         *memory;
};
struct bench {
        struct checker   *checker;
        struct schema    *schema;
        struct arena_pool pool;
        struct random     random;
};

static char *value_copy(struct bench *bench, const struct tape *tape, uint32_t entry, char *out)
{
        const struct tape_entry *entries = tape->entries;
        struct slice raw = tape_raw(tape, entry);
        uint32_t keys[256], count = 0;
        if (entries[entry].kind == TAPE_ARRAY) {
                *out++ = '[';
                for (uint32_t i = entry + 1; i < entries[entry].next; i = entries[i].next) {
                        out = value_copy(bench, tape, i, out);
                        *out++ = ',';
                }
                out[-1 + (entries[entry].count == 0)] = ']';
                return out + (entries[entry].count == 0);
        }
        if (entries[entry].kind != TAPE_OBJECT || entries[entry].count == 0 || entries[entry].count > COUNT_OF(keys)) {
                memcpy(out, raw.data, raw.size);
                return out + raw.size;
        }
        for (uint32_t key = entry + 1; key < entries[entry].next; key = entries[key + 1].next) {
                uint32_t place = (uint32_t)(random_next(&bench->random) % ++count);
                keys[count - 1] = keys[place];
                keys[place] = key;
        }
        *out++ = '{';
        for (uint32_t i = 0; i < count; i++) {
                struct slice name = tape_raw(tape, keys[i]);
                memcpy(out, name.data, name.size);
                out[name.size] = ':';
                out = value_copy(bench, tape, keys[i] + 1, out + name.size + 1);
                *out++ = ',';
        }
        out[-1] = '}';
        return out;
}

/* The same events with the members of every object in random order (and without white space). */
static struct events events_shuffle(struct bench *bench, const struct events *events)
{
        struct events shuffled = *events;
        struct tape tape;
        struct scan_error err;
        shuffled.items = memory_get(events->count * sizeof(struct slice));
        shuffled.memory = memory_get(events->bytes + events->count + READABLE_PADDING);
        char *at = shuffled.memory;
        tape_init(&tape, TAPE_LIMIT_MAX);
        for (size_t i = 0; i < events->count; i++) {
                BUG_IF(!tape_value(&tape, events->items[i].data, events->items[i].data + events->items[i].size, &SCAN_UNLIMITED,
                                   &err));
                char *end = value_copy(bench, &tape, 0, at);
                shuffled.items[i] = slice_between(at, end);
                *end = '\n';
                at = end + 1;
        }
        tape_done(&tape);
        return shuffled;
}

static size_t events_check(struct bench *bench, const struct events *events, const struct schema *schema)
{
        size_t valid = 0;
        struct arena arena;
        arena_init(&arena, &bench->pool, 1 << 20);
        for (size_t i = 0; i < events->count; i++) {
                struct verdict verdict;
                const char *end = events->items[i].data + events->items[i].size;
                BUG_IF(schema_check(bench->checker, schema, events->items[i].data, end, &arena, &verdict) != end);
                valid += verdict.reason == REASON_none;
        }
        arena_done(&arena);
        return valid;
}

struct check { struct bench *bench; const struct events *events; const struct schema *schema; };

static void check_pass(void *context)
{
        const struct check *check = context;
        (void)events_check(check->bench, check->events, check->schema);
}

static void check_print(const char *name, struct bench *bench, const struct events *events, const struct schema *schema)
{
        struct check check = { bench, events, schema };
        printf("%zu of %zu valid, %.0f bytes an event\n", events_check(bench, events, schema), events->count,
               (double)events->bytes / (double)events->count);
        (void)measure(name, check_pass, &check, events->count);
}

static void compile_print(struct slice text, const struct schema_options *options)
{
        enum { COUNT = 1000 };
        struct schema *schemas[COUNT];
        struct error err;
        double start = cpu_seconds();
        for (size_t i = 0; i < COUNT; i++)
                BUG_IF(!(schemas[i] = schema_compile(text, "", options, &err)));
        printf("a schema of %zu bytes\n", text.size);
        figure("compile a schema", (cpu_seconds() - start) * 1e6 / COUNT, "us");
        figure("a compiled schema, besides patterns", (double)schema_bytes(schemas[0]), "bytes");
        for (size_t i = 0; i < COUNT; i++)
                schema_free(schemas[i]);
}

static struct slice file_read(const char *path)
{
        FILE *file = fopen(path, "re");
        BUG_IF(!file || fseek(file, 0, SEEK_END) != 0);
        size_t size = (size_t)ftell(file);
        rewind(file);
        char *data = memory_get(size + READABLE_PADDING);
        BUG_IF(fread(data, 1, size, file) != size);
        (void)fclose(file);
        return (struct slice){ data, size };
}

static struct events events_split(struct slice text)
{
        struct events events = { .memory = (char *)(uintptr_t)text.data, .items =
                                 memory_get(text.size / 2 * sizeof(struct slice) + 16) };
        for (const char *at = text.data, *end = text.data + text.size; at < end;) {
                const char *stop = memchr(at, '\n', (size_t)(end - at));
                stop = stop ? stop : end;
                if (stop > at)
                        events.items[events.count++] = slice_between(at, stop);
                at = stop + 1;
        }
        events.bytes = text.size;
        return events;
}

int main(int count, char **arguments)
{
        struct corpus *corpus = corpus_new();
        struct slice text = count == 3 ? file_read(arguments[1]) : SLICE(SCHEMA);
        struct events events = { .items = corpus->events, .count = corpus->count };
        for (size_t i = 0; i < events.count; i++)
                events.bytes += events.items[i].size;
        struct schema_options options = { .assert_format = true };
        struct bench bench = { .checker = checker_new(&(struct checker_limits){ .depth = 64, .string = 262144 }) };
        struct error err;
        arena_pool_init(&bench.pool, 1 << 16, 4);
        random_init_fixed(&bench.random, 7);
        if (count == 3)
                events = events_split(file_read(arguments[2]));
        bench.schema = schema_compile(text, "", &options, &err);
        if (!bench.schema) {
                fprintf(stderr, "%s\n", err.text);
                return 1;
        }
        struct events shuffled = events_shuffle(&bench, &events);
        check_print("syntax and duplicate keys", &bench, &events, NULL);
        check_print("check", &bench, &events, bench.schema);
        check_print("check, keys shuffled", &bench, &shuffled, bench.schema);
        checker_use_tape(bench.checker, true);
        check_print("check over the tape", &bench, &events, bench.schema);
        if (!RUNNING_ON_VALGRIND)
                compile_print(text, &options);
        free(shuffled.items);
        free(shuffled.memory);
        if (count == 3) {
                free(events.items);
                free(events.memory);
                free((void *)(uintptr_t)text.data);
        }
        schema_free(bench.schema);
        checker_free(bench.checker);
        arena_pool_done(&bench.pool);
        corpus_free(corpus);
        return 0;
}
