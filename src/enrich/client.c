/* The enrichment client: the client's address, of which the event hands on no more than the configuration allows. */
#include "enrich/address_class.h"
#include "enrich/address_mask.h"
#include "enrich/edit.h"
#include "enrich/enrichment.h"
#include "json/scan.h"

#define CARRIER_MOST 256           /* bytes of a carrier's name as written; none is longer */
#define KEY_MOST 64                /* bytes of the name of an API key; the server takes no longer one */
#define SHOWN_MOST 128             /* bytes of the address's field: its name, an address or a hash */

struct client_rules { struct address_mask mask; bool connection_only; };
/* All that the fields beside the address itself depend on. */
struct trace {
        uint8_t hops, claimed, class, key_size;
        bool    known, v4, written;        /* written: the desk has rendered one */
        char    key[KEY_MOST];
};
struct client_desk {               /* a worker's */
        const struct client_rules *rules;
        const struct layout       *layout;
        struct address_salt        salt;
        /* What was written last, and of what: the events of a request share an address, and most have come the same way. */
        struct address address;
        int64_t        period;             /* of the salt that `shown` was made with */
        struct slice   shown;              /* `"ip":"81.2.69.160"`; empty: no address is shown */
        size_t         prefix;             /* bytes of it before the value; 0: the field is not written */
        char           shown_room[SHOWN_MOST + READABLE_PADDING];
        struct trace   trace;
        struct field_writer writer;
        struct buffer  out;
        char           room[1024 + READABLE_PADDING];
};

static void client_unload(void *state)
{
        struct client_rules *rules = state;
        if (!rules)
                return;
        address_mask_done(&rules->mask);
        free(rules);
}

static void *client_load(const struct enrich_setup *setup, struct errors *errors)
{
        struct client_rules *rules = memory_get(sizeof(*rules));
        rules->connection_only = setup->config->enrich_client_address != 0;
        if (address_mask_init(&rules->mask, setup->config, errors)) {
                if (rules->mask.key)
                        setup_watch(setup, setup->config->enrich_client_key);
                return rules;
        }
        client_unload(rules);
        return NULL;
}

/* Writes what stands before the value, which is the same for all addresses. */
static void shown_prepare(struct client_desk *desk)
{
        const struct address_mask *mask = &desk->rules->mask;
        struct field_writer writer;
        struct buffer       out;
        const enum field field = mask->show == SHOW_HASH ? FIELD_client_ip_hash :
                                 mask->show == SHOW_NETWORK && mask->letters ? FIELD_client_address : FIELD_client_ip;
        buffer_wrap(&out, desk->shown_room, SHOWN_MOST);
        writer_init(&writer, desk->layout, &out);
        if (mask->show != SHOW_NOTHING)
                writer_text(&writer, field, SLICE("x"));
        BUG_IF(!writer_end(&writer));
        BUG_IF(out.size + ADDRESS_TEXT > SHOWN_MOST || ADDRESS_HASH_TEXT > ADDRESS_TEXT);
        desk->prefix = out.size ? out.size - 2 : 0;
}

static void *client_attach(const void *state, const struct enrich_plan *plan)
{
        struct client_desk *desk = memory_get(sizeof(*desk));
        desk->rules = state;
        desk->layout = enrich_plan_layout(plan);
        shown_prepare(desk);
        return desk;
}

static void client_detach(void *scratch)
{
        struct client_desk *desk = scratch;
        address_salt_done(&desk->salt);
        explicit_bzero(&desk->address, sizeof(desk->address));
        explicit_bzero(desk->shown_room, sizeof(desk->shown_room));
        free(desk);
}

/* ---- which address ---- */

/* The event's word; not known when it says none, or nothing that is an address. */
static struct address event_address(struct slice raw)
{
        struct address address = { .known = false };
        char text[ADDRESS_TEXT * 6 + 2];
        if (raw.size <= 2 || raw.size > sizeof(text) || *raw.data != '"')
                return address;
        struct slice inside = { raw.data + 1, raw.size - 2 };
        if (memchr(inside.data, '\\', inside.size))
                inside = (struct slice){ text, scan_unescape(raw, text) };
        if (!address_parse(inside, &address))
                address.known = false;
        return address;
}

static bool is_public(const struct address *address) { return address->known && address_class(address) == ADDRESS_PUBLIC; }

/* 0.0.0.0 in the event is a wish: no address at all. */
static struct address address_choose(const struct client_rules *rules, const struct address *said,
                                     const struct address *connection)
{
        if (rules->connection_only)
                return *connection;
        if (address_unspecified(said))
                return (struct address){ .known = false };
        return said->known && (is_public(said) || !is_public(connection)) ? *said : *connection;
}

/* ---- what is handed on ---- */

/* The context.ip that the event came with. */
static void context_edit(const struct client_rules *rules, struct subject *subject, const struct address *said)
{
        struct slice raw = subject->facts->fact[FACT_ip];
        if (!raw.data || rules->mask.show == SHOW_ALL || slice_equal(raw, SLICE("null")))
                return;
        char *text = rules->mask.show == SHOW_NETWORK && said->known ? arena_take(subject->arena, ADDRESS_TEXT + 2) : NULL;
        if (!text) {
                (void)edit_remove(subject, raw);
                return;
        }
        size_t size = address_mask_network(&rules->mask, said, text + 1);
        text[0] = text[size + 1] = '"';
        (void)edit_replace(subject, raw, (struct slice){ text, size + 2 });
}

/* The field of the address, unless it stands there from the event before. Digits, letters and colons: nothing to escape. */
static void shown_turn(struct client_desk *desk, const struct subject *subject, const struct address *address)
{
        const struct address_mask *mask = &desk->rules->mask;
        int64_t period = address_mask_period(mask, subject->facts->received);
        if (desk->shown.size && desk->address.known && period == desk->period &&
            memcmp(desk->address.bytes, address->bytes, sizeof(address->bytes)) == 0)
                return;
        char *at = desk->shown_room + desk->prefix;
        size_t size = ADDRESS_HASH_TEXT;
        if (mask->show == SHOW_ALL)
                size = address_format(address, at);
        else if (mask->show == SHOW_NETWORK)
                size = address_mask_network(mask, address, at);
        else
                address_mask_hash(mask, &desk->salt, address, period, at);
        at[size] = '"';
        desk->period = period;
        desk->shown = (struct slice){ desk->shown_room, desk->prefix + size + 1 };
}

static struct trace trace_take(const struct subject *subject, const struct address *address)
{
        const struct client *client = subject->client;
        return (struct trace){ .hops = client->hops, .claimed = client->claimed, .known = address->known, .written = true,
                               .v4 = address_is_v4(address),
                               .class = address->known ? (uint8_t)address_class(address) : 0,
                               .key_size = client->key.size <= KEY_MOST ? (uint8_t)client->key.size : 0 };
}

static bool trace_is(const struct trace *trace, const struct trace *last, struct slice key)
{
        return last->written && trace->hops == last->hops && trace->claimed == last->claimed && trace->known == last->known &&
               trace->v4 == last->v4 && trace->class == last->class && trace->key_size == last->key_size &&
               (trace->key_size == 0 || memcmp(key.data, last->key, trace->key_size) == 0);
}

/* The fields beside the address, unless they stand there from the event before. */
static void trace_turn(struct client_desk *desk, const struct subject *subject, const struct address *address)
{
        struct trace trace = trace_take(subject, address);
        struct field_writer *writer = &desk->writer;
        if (LIKELY(trace_is(&trace, &desk->trace, subject->client->key)))
                return;
        if (trace.key_size)
                memcpy(trace.key, subject->client->key.data, trace.key_size);
        desk->trace = trace;
        buffer_wrap(&desk->out, desk->room, sizeof(desk->room) - READABLE_PADDING);
        writer_init(writer, desk->layout, &desk->out);
        if (trace.known)
                writer_text(writer, FIELD_client_ip_class, ADDRESS_CLASS_NAMES[trace.class]);
        writer_text(writer, FIELD_client_key, (struct slice){ trace.key, trace.key_size });
        if (trace.known)
                writer_text(writer, FIELD_network_type, trace.v4 ? SLICE("ipv4") : SLICE("ipv6"));
        if (trace.hops)
                writer_integer(writer, FIELD_network_forwarded_hops, trace.hops);
        if (trace.claimed)
                writer_integer(writer, FIELD_network_forwarded_claimed, trace.claimed);
        BUG_IF(!writer_end(writer));
}

static void carrier_write(struct subject *subject)
{
        const struct slice *facts = subject->facts->fact;
        struct slice name = facts[FACT_network_carrier];
        bool wifi = slice_equal(facts[FACT_network_wifi], SLICE("true"));
        bool cell = slice_equal(facts[FACT_network_cellular], SLICE("true"));
        if (name.size <= 2 || name.size > CARRIER_MOST)
                name.data = NULL;
        struct field_desk desk;
        if ((!name.data && !wifi && !cell) || !desk_open(&desk, subject, CARRIER_MOST + 8))
                return;
        writer_json(&desk.writer, FIELD_network_carrier_name, name);
        if (wifi || cell)
                writer_text(&desk.writer, FIELD_network_connection_type, wifi ? SLICE("wifi") : SLICE("cell"));
        desk_close(&desk, subject);
}

static void client_run(void *scratch, struct subject *subject)
{
        struct client_desk *desk = scratch;
        struct slice raw = subject->facts->fact[FACT_ip];
        struct address said = event_address(raw);
        if (raw.size > 2 && !said.known && *raw.data != 'n')
                subject_count(subject, METRIC_address_malformed, 1);
        struct address address = address_choose(desk->rules, &said, &subject->client->address);
        if (address.known && desk->prefix) {
                shown_turn(desk, subject, &address);
                findings_add(subject->findings, GROUP_client, desk->shown);
        }
        desk->address = address;
        trace_turn(desk, subject, &address);
        findings_take(subject->findings, &desk->writer);
        if (address.known)
                subject->findings->address = &desk->address;
        if (raw.data)
                context_edit(desk->rules, subject, &said);
        carrier_write(subject);
}

extern const struct enrichment ENRICHMENT_client;
const struct enrichment ENRICHMENT_client = {
        .name = "client",
        .stage = STAGE_enrich_client,
        .doc = "The client's address: whose it is (`enrich.client.address`), its class, and as much of it as `enrich.client.ip` "
               "lets\n"
               "through; by default nothing, and `context.ip` is taken out of what is passed on. An event whose `context.ip` "
               "says `0.0.0.0`\n"
               "has no address. Also the way through proxies, the name of the API key, and the carrier that an app tells.",
        .gives = (const enum field[]){ FIELD_client_ip, FIELD_client_address, FIELD_client_ip_hash, FIELD_client_ip_class,
                                       FIELD_client_key,
                                       FIELD_network_type, FIELD_network_forwarded_hops, FIELD_network_forwarded_claimed,
                                       FIELD_network_carrier_name, FIELD_network_connection_type, FIELD_COUNT },
        .load = client_load,
        .unload = client_unload,
        .attach = client_attach,
        .detach = client_detach,
        .run = client_run,
};
