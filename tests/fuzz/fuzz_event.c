/* Whole events through the mill, with every enrichment at work: what headers, facts and payload say is the input's. Each event
 * ends as published or rejected; a record is one JSON object with each member once; what is rejected can be read back from its
 * bad record byte for byte; and the same again, from warm caches, gives the same records.
 *
 * The first byte: 1 flat names, 2 a line an event, 4 a bare payload, 8 the bytes behind the headers are the body as it is. Then
 * headers, until one of no bytes; then what the events say, in steps of a fact, a kind of value and its bytes. */
#include "../unit/schema/folder.h"
#include "base/buffer.h"
#include "config/config.h"
#include "json/scan.h"
#include "script.h"
#include "server/bad_record.h"
#include "server/trial.h"

enum { MEMBERS_MOST = 512, BODY_MOST = 1 << 18, RECEIVED = 1795262400 };
enum value { VALUE_TEXT, VALUE_KNOWN, VALUE_RAW, VALUE_NUMBER, VALUE_TRUE, VALUE_FALSE, VALUE_NULL, VALUE_KNOWN_AND_MORE,
             VALUES };
enum { FLAT = 1, LINES = 2, BARE = 4, RAW = 8 };

/* ---- the plans ---- */

static const char SETTINGS[] =
        "schemas: {path: %1$s/schemas}\n"
        "kafka: {key: userId}\n"
        "http: {trusted_proxies: [127.0.0.1]}\n"
        "events: {string_limit: 2KiB}\n"
        "output: {layout: %2$s}\n"
        "enrich:\n"
        "  order: [reception, consent, client, geo, user_agent, bot, device, page, referrer, campaign, language, time, app,\n"
        "          cart, total, method, product, office, name, person, cohort, age, pseudonyms, shortened, masked,\n"
        "          away, nobody]\n"
        "  geo: {databases: [%1$s/tests/golden/place-of-the-client/places.mmdb,\n"
        "                    %1$s/tests/golden/place-of-the-client/networks.mmdb]}\n"
        "  bot: {networks: %1$s/tests/golden/robots-by-their-network/networks.txt}\n"
        "  client: {ip: truncate}\n"
        "  referrer: {header: true, internal: ['*.shop.example']}\n"
        "  when: {nobody: consent.gpc or consent.dnt, method: not (userId matches \"test-*\")}\n"
        "  instances:\n"
        "    total: {kind: money, amount: [/total, /value], currency: /currency, to: EUR,\n"
        "            rates: %1$s/tests/golden/cart-and-money/rates.json}\n"
        "    method: {kind: lookup, file: %1$s/tests/golden/cart-and-money/methods.json, key: /payment_method,\n"
        "             give: 'value:kind'}\n"
        "    product: {kind: lookup, file: %1$s/tests/golden/cart-and-money/products.csv, match: prefix,\n"
        "              key: /items/0/product_id, give: [brand, 'margin::float', 'stock:in_stock:boolean', 'weight:grams:long']}\n"
        "    office: {kind: lookup, file: %1$s/tests/golden/cart-and-money/networks.tsv, match: cidr, give: site}\n"
        "    name: {kind: text, from: /items/0/name}\n"
        "    person: {kind: compute, value: 'first(userId, anonymousId)'}\n"
        "    cohort: {kind: compute, value: 'map(/plan, \"plus\": \"paying\", \"free\") & \"-\" & lower(/country)'}\n"
        "    age: {kind: compute, value: 'bucket(number(substring(event.ingested, 0, 4)) - /birth_year, 18, 30, 50)',\n"
        "          name: labels.age_group}\n"
        "    pseudonyms: {kind: pii, action: hash, key_file: %3$s/key, normalize: trim_lower, format: base64url, prefix: 'p1:',\n"
        "                 fields: [userId, subject, /referral_code]}\n"
        "    shortened: {kind: pii, action: truncate, keep: 3, fields: [context.traits.zip]}\n"
        "    masked: {kind: pii, action: mask, keep: 2, fields: [context.traits.cards.*.number]}\n"
        "    away: {kind: pii, action: remove, fields: [anonymousId, /birth_year, context.**.email, extension.mail, /country]}\n"
        "    nobody: {kind: pii, action: remove, fields: [userId, context.ip, context.traits]}\n";

static struct trial *trial_make(bool flat)
{
        char yaml[sizeof(SETTINGS) + 16 * 256];
        struct folder folder;
        struct config config;
        struct errors errors = { 0 };
        folder_init(&folder);
        folder_write(&folder, "key", "0123456789abcdef0123456789abcdef");
        (void)snprintf(yaml, sizeof(yaml), "%s/key", folder.path);
        BUG_IF(chmod(yaml, 0600) != 0);
        (void)snprintf(yaml, sizeof(yaml), SETTINGS, SOURCE_DIR, flat ? "flat" : "nested", folder.path);
        config_init(&config);
        (void)config_read(&config, "fuzz", slice_of(yaml), &errors);
        struct plan *plan = plan_new(&config, NULL, NULL, &errors);
        errors_print(&errors, stderr);
        BUG_IF(!plan);
        folder_done(&folder);
        struct trial *trial = trial_new_for(plan, 100000);
        plan_unref(plan);
        return trial;
}

/* ---- an event ---- */

/* Texts that get past the first look of an enrichment. */
static const char *const KNOWN[] = {
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "https://www.shop.example/a/b?utm_source=x&utm_medium=cpc&gclid=1&mail=jane@example.com#c",
        "https://www.google.com/search?q=red+shoes", "CPwmvIAPwmvIABcAJAENABCAAAAAAAAAAAAAAAAAAAAA", "G111", "Europe/Berlin",
        "America/Sao_Paulo", "de-CH-1996", "en-GB;q=0.8, fr;q=0.5", "2026-11-21T11:59:58.25+01:00", "81.2.69.142", "2001:218::1",
        "EUR", "com.acme/sign_up/1-0-0", "sign_up", "order_completed", "iglu:com.acme/order_completed/jsonschema/1-0-0",
        "landscape-primary", "io.shop.app", "\"Chromium\";v=\"131\", \"Not_A Brand\";v=\"24\"", "?1", "iOS", "17.4.1",
};
static const char *const PAYLOADS[] = {
        "{\"method\":\"email\",\"country\":\"DE\",\"plan\":\"plus\",\"birth_year\":1990,\"referral_code\":%s}",
        ("{\"order_id\":\"O-1\",\"currency\":\"JPY\",\"total\":%s,\"payment_method\":\"card\",\"items\":["
         "{\"product_id\":\"P-1042\",\"quantity\":2,\"price\":8995,\"name\":\"Schuhe\"},{\"product_id\":\"P-7\"}]}"),
        ("{\"order_id\":\"O-1\",\"currency\":%s,\"total\":0.30,"
         "\"items\":[{\"product_id\":\"P-15\",\"quantity\":1,\"price\":0.1}]}"),
        ("{\"order_id\":\"O-1\",\"currency\":\"TND\",\"total\":1,"
         "\"items\":[{\"product_id\":\"X\",\"quantity\":1000,\"price\":%s}]}"),
        ("{\"order_id\":\"O-1\",\"currency\":\"EUR\",\"total\":1,"
         "\"items\":[{\"product_id\":%s,\"quantity\":1,\"price\":1,\"name\":\"x\"}]}"),
        "%s",
};

static void value_write(struct buffer *out, struct script *script)
{
        unsigned kind = take(script) % VALUES;
        bool known = kind == VALUE_KNOWN || kind == VALUE_KNOWN_AND_MORE, alone = kind >= VALUE_TRUE && kind <= VALUE_NULL;
        const char *text = KNOWN[known ? take(script) % COUNT_OF(KNOWN) : 0];
        struct slice bytes = kind == VALUE_KNOWN || alone ? SLICE("") : take_bytes(script);
        char whole[512];
        switch (kind) {
        case VALUE_TEXT:   buffer_add_json(out, bytes); break;
        case VALUE_RAW:    buffer_add(out, bytes.size ? bytes : SLICE("{}")); break;
        case VALUE_NUMBER: buffer_format(out, "%d", bytes.size ? bytes.data[0] * bytes.data[bytes.size - 1] : 0); break;
        case VALUE_TRUE:   buffer_add(out, SLICE("true")); break;
        case VALUE_FALSE:  buffer_add(out, SLICE("false")); break;
        case VALUE_NULL:   buffer_add(out, SLICE("null")); break;
        default:
                (void)snprintf(whole, sizeof(whole), "%s%.*s", text, SLICE_ARGS(bytes));
                buffer_add_json(out, slice_of(whole));
        }
}

/* The members below a path, those of one object together. */
static void members_write(struct buffer *out, const struct slice values[FACT_COUNT], const char *below)
{
        size_t size = strlen(below);
        const char *before = "";
        buffer_add_char(out, '{');
        for (size_t fact = 0; fact < FACT_COUNT; fact++) {
                const char *path = FACTS[fact].path;
                char inner[64];
                if (!values[fact].data || strncmp(path, below, size) != 0)
                        continue;
                const char *name = path + size, *dot = strchr(name, '.');
                struct slice key = dot ? slice_between(name, dot + 1) : slice_of(name);
                if (dot && strncmp(before, name, key.size) == 0)
                        continue;          /* the facts of an object stand together, mostly; twice is refused */
                before = dot ? name : before;
                buffer_add(out, out->data[out->size - 1] == '{' ? SLICE("\"") : SLICE(",\""));
                buffer_add(out, (struct slice){ key.data, key.size - (dot != NULL) });
                buffer_add(out, SLICE("\":"));
                if (!dot) {
                        buffer_add(out, values[fact]);
                        continue;
                }
                (void)snprintf(inner, sizeof(inner), "%.*s", (int)(name + key.size - path), path);
                members_write(out, values, inner);
        }
        buffer_add_char(out, '}');
}

static void payload_write(struct buffer *out, struct script *script)
{
        const char *form = PAYLOADS[take(script) % COUNT_OF(PAYLOADS)], *hole = strstr(form, "%s");
        buffer_add(out, slice_between(form, hole));
        value_write(out, script);
        buffer_add(out, slice_of(hole + 2));
}

static void event_write(struct buffer *out, struct script *script)
{
        struct slice values[FACT_COUNT] = { { 0 } };
        size_t from[FACT_COUNT] = { 0 }, to[FACT_COUNT] = { 0 };
        struct buffer texts;
        buffer_init(&texts, SIZE_MAX);
        for (unsigned fact; script->at < script->end && (fact = take(script)) < FACT_COUNT;) {
                from[fact] = texts.size;
                if (fact == FACT_data)
                        payload_write(&texts, script);
                else
                        value_write(&texts, script);
                to[fact] = texts.size;
        }
        for (size_t fact = 0; fact < FACT_COUNT; fact++)
                if (to[fact])
                        values[fact] = (struct slice){ texts.data + from[fact], to[fact] - from[fact] };
        if (!values[FACT_type].data && !values[FACT_dataschema].data)
                values[FACT_type] = SLICE("\"sign_up\"");
        members_write(out, values, "");
        buffer_add(out, SLICE("\n"));
        buffer_done(&texts);
}

/* ---- the laws ---- */

struct member { struct slice name; };

/* One object, each of its members once. */
static void check_record(struct slice json)
{
        struct scan_error err;
        struct scan_limits limits = SCAN_UNLIMITED;
        struct member seen[MEMBERS_MOST];
        size_t count = 0;
        BUG_IF(!scan_text(json, &limits, &err) || *json.data != '{');
        const char *end = json.data + json.size, *at = scan_space(json.data + 1, end);
        while (*at == '"') {
                const char *stop = scan_string(at, end, &limits, NULL, &err), *value = scan_space(scan_space(stop, end) + 1, end);
                struct slice name = slice_between(at, stop);
                for (size_t i = 0; i < count; i++)
                        BUG_IF(slice_equal(seen[i].name, name));
                if (count < MEMBERS_MOST)
                        seen[count++].name = name;
                at = scan_space(scan_value(value, end, &limits, &err), end);
                at = *at == ',' ? scan_space(at + 1, end) : at;
        }
}

static void check_bad(const struct event *event, bool bare)
{
        struct arena_pool pool;
        struct arena arena;
        struct bad_record record;
        arena_pool_init(&pool, 65536, 1);
        arena_init(&arena, &pool, SIZE_MAX);
        enum bad_state state = bad_record_read(event->value, &arena, &record);
        BUG_IF(state == BAD_FOREIGN || state == BAD_OMITTED);
        BUG_IF(state == BAD_WHOLE && !slice_equal(record.body, event->body));
        BUG_IF(state == BAD_TRUNCATED && event->body.size < 50000);
        BUG_IF(!slice_equal(record.reason, slice_of(REASONS[event->verdict].name)));
        BUG_IF(state == BAD_WHOLE && (record.route.data != NULL) != bare);
        arena_done(&arena);
        arena_pool_done(&pool);
}

/* What came of it, in memory that outlives the next run. */
static void run(struct trial *trial, const struct trial_request *request, struct buffer *out)
{
        const struct batch *batch;
        enum reader_end end = trial_run(trial, request, &batch);
        BUG_IF(end == READER_NO_MEMORY);
        for (size_t i = 0; end == READER_DONE && i < batch->count; i++) {
                const struct event *event = &batch->events[i];
                BUG_IF(event->verdict >= REASON_COUNT || REASONS[event->verdict].end == END_REFUSED);
                check_record(event->value);
                if (event->verdict != REASON_published)
                        check_bad(event, request->route_key.data);
                buffer_add(out, event->value);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct trial *trials[2];
        struct script script = { (const char *)data, (const char *)data + size };
        struct client client = { 0 };
        struct buffer body, first, second;
        unsigned flags = take(&script);
        struct trial **trial = &trials[flags & FLAT];
        if (!*trial)
                *trial = trial_make(flags & FLAT);
        for (struct slice value; script.at < script.end;) {
                unsigned header = take(&script);
                value = take_bytes(&script);
                if (value.size == 0)
                        break;
                client.header[header % HEADER_COUNT] = value;
        }
        (void)address_parse(flags & 16 ? SLICE("81.2.69.142") : SLICE("2001:218::1"), &client.address);
        buffer_init(&body, BODY_MOST);
        buffer_init(&first, SIZE_MAX);
        buffer_init(&second, SIZE_MAX);
        while (script.at < script.end && !(flags & RAW))
                if (flags & BARE)
                        payload_write(&body, &script);
                else
                        event_write(&body, &script);
        const struct trial_request request = {
                .input = flags & BARE ? &input_payload : &input_json,
                .body = flags & RAW ? slice_between(script.at, script.end) : buffer_slice(&body),
                .route_key = flags & BARE ? SLICE("com.acme/order_completed/1-0-0") : (struct slice){ 0 },
                .client = &client, .id = SLICE("01234567-89ab-7def-8123-456789abcdef"),
                .received = (int64_t)RECEIVED * 1000, .lines = flags & LINES,
        };
        run(*trial, &request, &first);
        run(*trial, &request, &second);
        BUG_IF(!slice_equal(buffer_slice(&first), buffer_slice(&second)));
        buffer_done(&body);
        buffer_done(&first);
        buffer_done(&second);
        return 0;
}
