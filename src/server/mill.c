#include "server/mill.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "enrich/edit.h"
#include "server/cloudevents.h"
#include "server/record.h"

static struct mill *mill_of(const struct reader *reader)
{
        return (struct mill *)(uintptr_t)reader;   /* its first member */
}

/* ---- the host's side of an input ---- */

static struct slice unquoted(struct slice text) { return (struct slice){ text.data + 1, text.size - 2 }; }

static bool is_allowed(const void *key, struct slice schema) { return keys_allow_schema(key, schema); }

/* The newest of an event's `type`; for a key that is for some schemas, of these, so that it learns nothing of others. */
static const struct registry_entry *find_newest(const struct mill *mill, struct slice type)
{
        return LIKELY(!mill->key) ? registry_newest(mill->plan->registry, type)
                                  : registry_newest_of(mill->plan->registry, type, is_allowed, mill->key);
}

/* The schema that an event names: the route's, else its `dataschema`, else the newest of its `type`. */
static const struct registry_entry *find_schema(struct mill *mill, struct event *event)
{
        struct slice name = mill->reader.facts.fact[FACT_dataschema], type = mill->reader.facts.fact[FACT_type];
        if (mill->route_key.data) {
                event->schema = mill->route_key;
                return mill->route;
        }
        const struct registry_entry *entry = NULL;
        if (name.data) {
                entry = registry_find(mill->plan->registry, unquoted(name));
                event->schema = entry ? registry_key(entry) : registry_normal(unquoted(name), mill->reader.batch->arena);
        } else if (type.data) {
                entry = find_newest(mill, unquoted(type));
                if (entry)
                        event->schema = registry_key(entry);
        }
        return entry;
}

static void complain_of_schema(struct mill *mill, struct event *event, const char *where)
{
        struct reader *reader = &mill->reader;
        struct slice name = reader->facts.fact[FACT_dataschema], type = reader->facts.fact[FACT_type];
        if (name.data && !event->schema.data) {
                (void)reader_reject(reader, event, REASON_envelope_invalid, name.data, "/dataschema",
                                    "the event's member \"dataschema\" must look like \"iglu:vendor/name/jsonschema/1-0-0\" "
                                    "or \"vendor/name/1-0-0\"");
        } else if (event->schema.data) {
                (void)reader_reject(reader, event, REASON_schema_unknown, where, "", "the tracking plan has no schema %.*s",
                                    (int)(event->schema.size < 200 ? event->schema.size : 200), event->schema.data);
                plan_want(mill->plan, event->schema);
        } else if (type.data) {
                (void)reader_reject(reader, event, REASON_schema_unknown, where, "/type",
                                    "no schema %s, or more than one vendor's, is named %.*s; say which one in \"dataschema\"",
                                    mill->key ? "of those that the key is for" : "of the tracking plan",
                                    (int)(type.size < 200 ? type.size : 200), type.data);
        } else {
                (void)reader_reject(reader, event, REASON_schema_missing, where, "",
                                    "the event names no schema: set \"dataschema\", or \"type\" to a name of the tracking plan");
        }
}

static void take_verdict(struct mill *mill, struct event *event, const struct verdict *verdict)
{
        struct arena *arena = mill->reader.batch->arena;
        struct complaint *complaint = arena_take(arena, sizeof(*complaint));
        event->verdict = (uint8_t)verdict->reason;
        if (!complaint)
                return;
        *complaint = verdict->complaint;
        complaint->schema = event->schema;
        if (verdict->where && verdict->where >= event->body.data)
                complaint->offset = (size_t)(verdict->where - event->body.data);
        if (verdict->where && REASONS[verdict->reason].status == 400)
                scan_position(mill->reader.body, verdict->where, &complaint->line, &complaint->column);
        event->complaint = complaint;
}

static const char *check(struct mill *mill, struct event *event, const struct schema *schema, const char *at, const char *end)
{
        struct verdict verdict;
        const char *next = schema_check(mill->checker, schema, at, end, mill->reader.batch->arena, &verdict);
        if (UNLIKELY(verdict.reason != REASON_none) && (event->verdict == REASON_none || !next))
                take_verdict(mill, event, &verdict);
        return next;
}

static const char *skip(struct reader *reader, struct event *event, const char *at, const char *end)
{
        return check(mill_of(reader), event, NULL, at, end);
}

/* Whether the event names what its key is for. By the name alone: whether there is such a schema is neither looked up, nor asked
 * of a remote registry, nor told by the answer. */
static bool is_in_scope(struct mill *mill, struct event *event)
{
        struct slice name = mill->reader.facts.fact[FACT_dataschema], type = mill->reader.facts.fact[FACT_type];
        if (mill->route_key.data)
                event->schema = mill->route_key;
        else if (name.data)
                event->schema = registry_normal(unquoted(name), mill->reader.batch->arena);
        else
                return !type.data || keys_allow_type(mill->key, unquoted(type));
        return !event->schema.data || keys_allow_schema(mill->key, event->schema);
}

/* An event of a schema that its key is not for. It is read all the same, to find its end and its facts. */
static const char *forbid(struct mill *mill, struct event *event, const char *at, const char *end)
{
        const char *next = skip(&mill->reader, event, at, end);
        struct slice name = event->schema.data ? event->schema : unquoted(mill->reader.facts.fact[FACT_type]);
        if (next && event->verdict == REASON_none)
                (void)reader_reject(&mill->reader, event, REASON_schema_not_allowed, at, event->schema.data ? "" : "/type",
                                    "the key \"%.*s\" may not send events of the schema %.*s", SLICE_ARGS(mill->key->name),
                                    (int)(name.size < 200 ? name.size : 200), name.data);
        return next;
}

static const char *judge(struct reader *reader, struct event *event, const char *at, const char *end)
{
        struct mill *mill = mill_of(reader);
        if (UNLIKELY(mill->key != NULL) && !is_in_scope(mill, event))
                return forbid(mill, event, at, end);
        const struct registry_entry *entry = find_schema(mill, event);
        /* Once more where memory was too short to write the name out. */
        if (UNLIKELY(mill->key != NULL) && entry && !keys_allow_schema(mill->key, event->schema))
                return forbid(mill, event, at, end);
        if (LIKELY(entry != NULL)) {
                event->schema_slot = registry_slot(entry);
                return check(mill, event, registry_schema(entry), at, end);
        }
        const char *next = skip(reader, event, at, end);
        if (next && event->verdict == REASON_none)
                complain_of_schema(mill, event, at);
        return next;
}

static bool judgeable(const struct reader *reader)
{
        return mill_of(reader)->route_key.data || reader->facts.fact[FACT_dataschema].data;
}

/* ---- an event that was read to its end ---- */

static bool set_id(struct mill *mill, struct event *event)
{
        struct arena *arena = mill->reader.batch->arena;
        struct slice  raw = mill->reader.facts.fact[FACT_id];
        if (raw.data && *raw.data == '"' && raw.size > 2) {        /* a rejected event's may be anything */
                event->id = (struct slice){ raw.data + 1, raw.size - 2 };
                event->id_text = scan_plain(raw, arena);
                return event->id_text.data != NULL;
        }
        char *text = arena_take(arena, UUID_TEXT);
        if (!text)
                return false;
        if (mill->given_id.size == UUID_TEXT)
                memcpy(text, mill->given_id.data, UUID_TEXT);
        else
                uuid_v7(mill->reader.batch->received, &mill->random, text);
        event->id = event->id_text = (struct slice){ text, UUID_TEXT };
        return true;
}

/* A raw JSON value as the text of a key: strings lose quotes and escapes. Absent stays absent. */
static bool set_key(struct mill *mill, struct event *event)
{
        const struct key_rule *rule = &mill->plan->key;
        struct slice raw = rule->pointer.data ? scan_pointer(event->data, rule->pointer) : mill->reader.facts.fact[rule->fact];
        if (!edit_apply(&mill->findings, raw, mill->reader.batch->arena, &raw))
                return false;
        if (!raw.data || *raw.data == 'n')
                return true;
        event->key = *raw.data == '"' ? scan_plain(raw, mill->reader.batch->arena) : raw;
        return event->key.data != NULL;
}

static bool enrich(struct mill *mill, struct event *event)
{
        struct reader *reader = &mill->reader;
        struct subject subject = { .facts = &reader->facts, .client = &reader->batch->client, .event = event,
                                   .arena = reader->batch->arena, .findings = &mill->findings, .metrics = mill->metrics,
                                   .timed = mill->timed && mill->metrics };
        int64_t start = mill->timed ? clock_nanoseconds() : 0;
        enrich_run(mill->enrich, &subject);
        event->value = record_good(reader, event, &mill->findings, reader->batch->arena);
        event->bot = enrich_bot(&mill->findings);
        if (mill->timed)
                mill->enrich_time += (uint64_t)(clock_nanoseconds() - start);
        return event->value.data != NULL;
}

static bool set_app(struct mill *mill, struct event *event)
{
        static const enum fact APP[] = { FACT_app_namespace, FACT_app_name };
        for (size_t i = 0; i < COUNT_OF(APP) && !event->app.data; i++) {
                struct slice raw = mill->reader.facts.fact[APP[i]];
                if (!edit_apply(&mill->findings, raw, mill->reader.batch->arena, &raw))
                        return false;
                if (raw.data && raw.size > 2)
                        event->app = (struct slice){ raw.data + 1, raw.size - 2 };
        }
        return true;
}

/* What goes into the headers of a bad record must not make it too large for its topic: nobody could take it then. */
#define BAD_ID_MAX 512

/* As it was when memory is out. */
static bool write_bad(struct mill *mill, struct event *event, size_t largest)
{
        event->id_text = utf8_cut(event->id_text, BAD_ID_MAX);
        struct slice value = record_bad(event, largest, (enum bad_payload)mill->plan->config.kafka_bad_payload, &mill->scratch,
                                        event->batch->arena);
        if (!value.data)
                return false;
        event->value = value;
        event->key = (struct slice){ 0 };
        event->attribute_count = 0;
        return true;
}

static bool finish(struct reader *reader, struct event *event)
{
        struct mill *mill = mill_of(reader);
        if (!set_id(mill, event))
                return false;
        if (event->verdict == REASON_none) {
                event->verdict = REASON_published;
                if (!enrich(mill, event))
                        return false;
                if (!mill->plan->key.none && !set_key(mill, event))
                        return false;
                if (!mill->plan->topic.constant && !set_app(mill, event))
                        return false;
                if (mill->plan->config.kafka_cloudevents &&
                    !cloudevents_set(event, &reader->facts, &mill->findings, reader->batch->arena))
                        return false;
                if (LIKELY(event->value.size + event->key.size <= mill->largest))
                        return true;
                return mill_reject_late(mill, event, REASON_event_too_large, NULL);
        }
        return write_bad(mill, event, mill->largest);
}

bool mill_reject_late(struct mill *mill, struct event *event, enum reason reason, const char *message)
{
        char sentence[160];
        struct complaint *complaint = arena_take(event->batch->arena, sizeof(*complaint));
        if (!complaint)
                return false;
        if (!message && reason != REASON_event_too_large) {
                message = REASONS[reason].doc;
        } else if (!message) {
                (void)snprintf(sentence, sizeof(sentence), "the record would have %zu bytes, the broker takes %zu",
                               event->value.size, mill->largest);
                message = sentence;
        }
        *complaint = (struct complaint){ .schema = event->schema, .message = arena_copy(event->batch->arena, slice_of(message)) };
        const uint8_t verdict = event->verdict;
        event->verdict = (uint8_t)reason;
        event->complaint = complaint;
        if (write_bad(mill, event, mill->largest))
                return true;
        event->verdict = verdict;          /* else a record for one topic would go to another */
        return false;
}

bool mill_shorten_bad(struct mill *mill, struct event *event)
{
        const struct slice before = event->value;
        if (!write_bad(mill, event, before.size / 2))
                return false;
        if (event->value.size < before.size)
                return true;
        event->value = before;             /* the payload is gone already */
        return false;
}

/* ---- the mill ---- */

struct mill *mill_new(struct plan *plan, struct metrics_worker *metrics, size_t largest, uint64_t seed)
{
        struct mill *mill = memory_get(sizeof(*mill));
        struct checker_limits limits = { .depth = (size_t)plan->config.events_depth_limit,
                                         .string = (size_t)plan->config.events_string_limit };
        mill->plan = plan_ref(plan);
        mill->metrics = metrics;
        mill->largest = largest;
        mill->checker = checker_new(&limits);
        mill->enrich = enrich_worker_new(plan->enrich);
        buffer_init(&mill->scratch, largest > 65536 ? largest : 65536);
        mill->reader = (struct reader){ .limits = { .depth = limits.depth, .string = limits.string },
                                        .count_limit = (size_t)plan->config.events_count_limit,
                                        .judge = judge, .skip = skip, .judgeable = judgeable, .finish = finish };
        if (seed)
                random_init_fixed(&mill->random, seed);
        else
                random_init(&mill->random);
        return mill;
}

void mill_free(struct mill *mill)
{
        if (!mill)
                return;
        BUG_IF(mill->users > 0);
        checker_free(mill->checker);
        enrich_worker_free(mill->enrich);
        buffer_done(&mill->scratch);
        plan_unref(mill->plan);
        free(mill);
}

enum reader_end mill_run(struct mill *mill, struct batch *batch, const struct mill_request *request)
{
        int64_t start = request->timed ? clock_nanoseconds() : 0;
        mill->reader.batch = batch;
        mill->reader.lines = request->lines;
        mill->route_key = request->route_key;
        mill->key = request->key && request->key->schemas.count ? request->key : NULL;
        mill->route = request->route_key.data ? registry_find(mill->plan->registry, request->route_key) : NULL;
        if (mill->route)
                mill->route_key = registry_key(mill->route);       /* however the request spelt it */
        batch->route = mill->route_key;
        mill->given_id = request->id;
        mill->timed = request->timed;
        mill->enrich_time = 0;
        enum reader_end end = request->input->decode(&mill->reader, request->body);
        if (request->timed && mill->metrics) {
                int64_t took = clock_nanoseconds() - start;
                metrics_time(mill->metrics, STAGE_enrich, (int64_t)mill->enrich_time);
                metrics_time(mill->metrics, STAGE_decode, took - (int64_t)mill->enrich_time);
        }
        return end;
}

/* ---- topics ---- */

static struct slice part_of(const struct event *event, enum topic_part kind)
{
        const char *end = slice_end(event->schema);
        const char *vendor_end = memchr(event->schema.data, '/', event->schema.size);
        const char *name_end = memchr(vendor_end + 1, '/', (size_t)(end - vendor_end - 1));
        switch (kind) {
        case PART_VENDOR: return slice_between(event->schema.data, vendor_end);
        case PART_NAME:   return slice_between(vendor_end + 1, name_end);
        case PART_MODEL:  return slice_between(name_end + 1, memchr(name_end, '-', (size_t)(end - name_end)));
        case PART_APP:    return event->app.data ? event->app : SLICE("unknown");
        case PART_BOT:    return event->bot ? SLICE("bot") : SLICE("human");
        case PART_TEXT:   break;
        }
        return (struct slice){ 0 };
}

size_t mill_topic(struct mill *mill, const struct event *event, char room[static TOPIC_NAME_MAX + 1])
{
        const struct topic_rule *rule = &mill->plan->topic;
        size_t size = 0;
        for (size_t i = 0; i < rule->count; i++) {
                struct slice text = rule->part[i].kind == PART_TEXT ? rule->part[i].text : part_of(event, rule->part[i].kind);
                for (size_t k = 0; k < text.size && size < TOPIC_NAME_MAX; k++) {
                        char c = text.data[k];
                        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
                        bool legal = letter || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
                        room[size++] = legal ? c : '_';
                }
        }
        if (size <= 2 && memcmp("..", room, size) == 0)
                memset(room, '_', size);   /* "." and "..", which Kafka does not take */
        room[size] = '\0';
        return size;
}
