#include "server/record.h"
#include "base/clock.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "enrich/edit.h"

/* The members that are handed on as they came, in the order in which they are written. */
static const struct { enum fact fact; struct slice key; } PASSED_ON[] = {
#define PASSED(fact, name, type, always, doc) { FACT_##fact, SLICE_INIT("\"" name "\":") },
#include "event/record.def"
};
/* Names, punctuation, a time and an identifier: what a record holds besides the client's bytes. */
#define FIXED_BYTES 512

#define PUT(at, literal) slice_put(at, SLICE(literal))

static size_t good_bound(const struct reader *reader, const struct event *event, const struct findings *findings)
{
        const struct facts *facts = &reader->facts;
        size_t bound = FIXED_BYTES + event->id.size + 2 * event->schema.size + edit_bound(findings, event->data) +
                       facts->fact[FACT_type].size + facts->fact[FACT_time].size + enrich_render_bound(findings);
        for (size_t i = 0; i < COUNT_OF(PASSED_ON); i++)
                bound += edit_bound(findings, facts->fact[PASSED_ON[i].fact]);
        for (size_t i = 0; i < reader->extension_count; i++)
                bound += reader->extensions[i].name.size + edit_bound(findings, reader->extensions[i].value) + 2;
        return bound;
}

char *record_put_uri(char *at, struct slice key)
{
        const char *end = slice_end(key), *version = (const char *)memrchr(key.data, '/', key.size) + 1;
        at = PUT(at, "iglu:");
        at = slice_put(at, slice_between(key.data, version));
        at = PUT(at, "jsonschema/");
        return slice_put(at, slice_between(version, end));
}

struct slice record_type(struct slice key)
{
        const char *name = (const char *)memchr(key.data, '/', key.size) + 1, *end = slice_end(key);
        return slice_between(name, memchr(name, '/', (size_t)(end - name)));
}

static char *put_type(char *at, struct slice type, struct slice key)
{
        if (type.data)
                return slice_put(PUT(at, ",\"type\":"), type);
        return PUT(slice_put(PUT(at, ",\"type\":\""), record_type(key)), "\"");
}

static char *put_time(char *at, const struct facts *facts)
{
        enum time_text whose = facts_time_text(facts);
        if (whose == TIME_OF_CLIENT)
                return slice_put(PUT(at, ",\"time\":"), facts->fact[FACT_time]);
        at = PUT(at, ",\"time\":\"");
        if (whose == TIME_OF_RECEPTION)
                return PUT(slice_put(at, facts->received_text), "\"");
        clock_format(facts->time, at);
        return PUT(at + CLOCK_TEXT, "\"");
}

struct slice record_good(const struct reader *reader, const struct event *event, const struct findings *findings,
                         struct arena *arena)
{
        const struct facts *facts = &reader->facts;
        char *start = findings->broken ? NULL : arena_take(arena, good_bound(reader, event, findings));
        if (!start)
                return (struct slice){ 0 };
        char *at = PUT(start, "{\"id\":\"");
        at = slice_put(at, event->id);
        at = PUT(at, "\"");
        at = put_type(at, facts->fact[FACT_type], event->schema);
        at = put_time(at, facts);
        at = PUT(record_put_uri(PUT(at, ",\"dataschema\":\""), event->schema), "\"");
        for (size_t i = 0; i < COUNT_OF(PASSED_ON); i++) {
                struct slice value = facts->fact[PASSED_ON[i].fact];
                if (!value.data || edit_removes(findings, value))
                        continue;
                *at++ = ',';
                at = edit_put(findings, value, slice_put(at, PASSED_ON[i].key));
        }
        for (size_t i = 0; i < reader->extension_count; i++) {
                const struct extension *extension = &reader->extensions[i];
                if (enrich_owns(findings->layout, (struct slice){ extension->name.data + 1, extension->name.size - 2 }) ||
                    edit_removes(findings, extension->value))
                        continue;
                *at++ = ',';
                at = slice_put(at, extension->name);
                *at++ = ':';
                at = edit_put(findings, extension->value, at);
        }
        at = edit_put(findings, event->data, PUT(at, ",\"data\":"));
        at = enrich_render(findings, at);
        *at++ = '}';
        arena_trim(arena, start, at);
        return slice_between(start, at);
}

/* ---- bad records ---- */

static void add_member(struct buffer *out, const char *name, struct slice text)
{
        if (!text.data || text.size == 0)
                return;
        buffer_add(out, SLICE(",\""));
        buffer_add(out, slice_of(name));
        buffer_add(out, SLICE("\":"));
        buffer_add_json(out, text);
}

/* The network, not the host: enough to find the sender's side, not enough to find the person. */
static void add_address(struct buffer *out, const struct address *full)
{
        struct address network = *full;
        char text[ADDRESS_TEXT];
        memset(network.bytes + (address_is_v4(full) ? 15 : 6), 0, address_is_v4(full) ? 1 : 10);
        add_member(out, "address", (struct slice){ text, address_format(&network, text) });
}

/* The page's address without its parameters, which may be about a person. */
static struct slice page_of(struct slice referrer)
{
        size_t size = 0;
        while (size < referrer.size && referrer.data[size] != '?' && referrer.data[size] != '#')
                size++;
        return (struct slice){ referrer.data, size };
}

static void add_client(struct buffer *out, const struct client *client, enum bad_payload payload)
{
        static const struct { enum header header; const char *name; } SHOWN[] = {
                { HEADER_user_agent, "user_agent" }, { HEADER_origin, "origin" }, { HEADER_referer, "referrer" },
        };
        struct buffer inside;
        char room[8192];
        buffer_wrap(&inside, room, sizeof(room));
        add_member(&inside, "key", client->key);
        add_address(&inside, &client->address);
        for (size_t i = 0; i < COUNT_OF(SHOWN); i++) {
                struct slice value = client->header[SHOWN[i].header];
                if (payload == BAD_PAYLOAD_NONE && SHOWN[i].header == HEADER_referer)
                        value = page_of(value);
                value.size = value.size < 1024 ? value.size : 1024;
                add_member(&inside, SHOWN[i].name, value);
        }
        if (inside.size && !inside.full) {
                buffer_add(out, SLICE(",\"client\":{"));
                buffer_add(out, (struct slice){ room + 1, inside.size - 1 });
                buffer_add_char(out, '}');
        }
}

/* As much of the text as fits into `room` bytes once it is escaped. */
static struct slice fitting_text(struct slice text, size_t room)
{
        size_t at = 0;
        if (text.size <= room / 6)                 /* whatever is in it */
                return text;
        for (size_t cost; at < text.size; at++, room -= cost) {
                unsigned char c = (unsigned char)text.data[at];
                bool brief = c == '"' || c == '\\' || (c >= '\b' && c <= '\r' && c != '\v');
                cost = brief ? 2 : c < 0x20 ? 6 : 1;
                if (cost > room)
                        break;
        }
        return utf8_cut(text, at);
}

static void add_payload(struct buffer *out, struct slice body, size_t room)
{
        bool text = utf8_valid(body);
        struct slice shown = text ? fitting_text(body, room) : body;
        if (!text && (body.size + 2) / 3 > room / 4)
                shown.size = room / 4 * 3;
        if (shown.size < body.size)
                buffer_add(out, SLICE(",\"truncated\":true"));
        if (text) {
                buffer_add(out, SLICE(",\"payload\":"));
                buffer_add_json(out, shown);
        } else {
                buffer_add(out, SLICE(",\"payload_base64\":\""));
                buffer_add_base64(out, shown);
                buffer_add_char(out, '"');
        }
}

/* A pointer through names without end is left out: the record must stay small enough for its topic. */
#define POINTER_MAX 4096

static void add_pointer(struct buffer *out, const struct event *event, struct slice pointer)
{
        if ((event->verdict != REASON_schema_invalid && pointer.size == 0) || pointer.size > POINTER_MAX)
                return;
        buffer_add(out, SLICE(",\"pointer\":"));
        buffer_add_json(out, pointer);
}

/* A sentence about the value may quote it. */
static struct slice message_of(const struct event *event, const struct complaint *complaint, enum bad_payload payload)
{
        bool theirs = payload == BAD_PAYLOAD_FULL && complaint->message.size;
        return theirs ? complaint->message : slice_of(REASONS[event->verdict].doc);
}

struct slice record_bad(const struct event *event, size_t largest, enum bad_payload payload, struct buffer *scratch,
                        struct arena *arena)
{
        const struct complaint none = { .schema = event->schema }, *complaint = event->complaint ? event->complaint : &none;
        char received[CLOCK_TEXT];
        buffer_clear(scratch);
        clock_format(event->batch->received, received);
        buffer_add(scratch, SLICE("{\"reason\":\""));
        buffer_add(scratch, slice_of(REASONS[event->verdict].name));
        buffer_add_char(scratch, '"');
        add_member(scratch, "message", message_of(event, complaint, payload));
        add_member(scratch, "schema", complaint->schema.data ? complaint->schema : event->schema);
        add_pointer(scratch, event, complaint->pointer);
        add_member(scratch, "keyword", complaint->keyword);
        if (complaint->line)
                buffer_format(scratch, ",\"line\":%zu,\"column\":%zu", complaint->line, complaint->column);
        add_member(scratch, "id", event->id_text);
        add_member(scratch, "received", (struct slice){ received, sizeof(received) });
        add_client(scratch, &event->batch->client, payload);
        add_member(scratch, "route", event->batch->route);
        buffer_add(scratch, SLICE(",\"size\":"));
        buffer_add_number(scratch, (int64_t)event->body.size);
        /* The record's headers repeat the identifier and the schema; 64: what stands around the payload. */
        size_t taken = scratch->size + event->id_text.size + event->schema.size + 64;
        if (payload == BAD_PAYLOAD_NONE)
                buffer_add(scratch, SLICE(",\"omitted\":true"));
        else
                add_payload(scratch, event->body, largest > taken ? largest - taken : 0);
        buffer_add_char(scratch, '}');
        return scratch->full ? (struct slice){ 0 } : arena_copy(arena, buffer_slice(scratch));
}

/* ---- headers ---- */

enum { HEADER_CONTENT_TYPE, HEADER_EVENT_ID, HEADER_RECEIVED_AT, HEADER_SCHEMA };
static const struct slice HEADER_NAMES[] = {
        [HEADER_CONTENT_TYPE] = SLICE_INIT("content-type"),
        [HEADER_EVENT_ID]     = SLICE_INIT("event_id"),
        [HEADER_RECEIVED_AT]  = SLICE_INIT("received_at"),
        [HEADER_SCHEMA]       = SLICE_INIT("schema"),
};

unsigned record_headers_wanted(const struct config *config, struct errors *errors)
{
        unsigned wanted = 0;
        for (size_t i = 0; i < config->kafka_headers.count; i++) {
                struct slice name = slice_of(config->kafka_headers.items[i]);
                struct suggestion near;
                size_t at = 0;
                suggestion_init(&near, name);
                for (; at < COUNT_OF(HEADER_NAMES) && !slice_equal(HEADER_NAMES[at], name); at++)
                        suggestion_offer(&near, HEADER_NAMES[at]);
                if (at < COUNT_OF(HEADER_NAMES))
                        wanted |= 1U << at;
                else
                        (void)config_error(config, errors, "kafka.headers", "'%.*s' is no header of a record: content-type, "
                                           "event_id, received_at, schema%s%.*s%s", SLICE_ARGS(name),
                                           near.best.data ? "; did you mean " : "", SLICE_ARGS(near.best),
                                           near.best.data ? "?" : "");
        }
        return wanted;
}

size_t record_headers(const struct event *event, unsigned wanted, struct record_header ret_headers[static RECORD_HEADERS_MAX])
{
        const struct slice values[] = {
                [HEADER_CONTENT_TYPE] = SLICE_INIT("application/json"),
                [HEADER_EVENT_ID]     = event->id_text,
                [HEADER_RECEIVED_AT]  = event->batch->received_text,
                [HEADER_SCHEMA]       = event->schema,
        };
        size_t count = 0;
        for (size_t i = 0; i < COUNT_OF(values); i++)
                if (wanted & 1U << i && values[i].data)
                        ret_headers[count++] = (struct record_header){ HEADER_NAMES[i], values[i] };
        for (size_t i = 0; i < event->attribute_count; i++)
                ret_headers[count++] = event->attributes[i];
        return count;
}
