/* The enrichment client: the client's address, of which the event hands on no more than the configuration allows. */
#include "enrich/address_class.h"
#include "enrich/address_mask.h"
#include "enrich/edit.h"
#include "enrich/enrichment.h"
#include "json/scan.h"

#define CARRIER_MOST 256           /* bytes of a carrier's name as written; none is longer */
#define KEY_MOST 64                /* bytes of the name of an API key; the server takes no longer one */

struct client_rules { struct address_mask mask; bool connection_only; };
/* All that the text of an address, its way and its key depends on. Where the address is dropped, that is very little. */
struct trace {
        struct address shown;              /* not known: none is shown */
        int64_t        period;
        uint8_t        hops, claimed, class;
        bool           known, v4;
        char           key[KEY_MOST];      /* zeros behind it */
};
struct client_desk {               /* a worker's */
        const struct client_rules *rules;
        const struct layout       *layout;
        struct address_salt        salt;
        struct address address;            /* the last one */
        /* What was written last, and of what: the events of a request share an address. */
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

static void *client_attach(const void *state, const struct enrich_plan *plan)
{
        struct client_desk *desk = memory_get(sizeof(*desk));
        desk->rules = state;
        desk->layout = enrich_plan_layout(plan);
        return desk;
}

static void client_detach(void *scratch)
{
        struct client_desk *desk = scratch;
        address_salt_done(&desk->salt);
        explicit_bzero(&desk->address, sizeof(desk->address));
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

static void address_write(struct client_desk *desk)
{
        const struct address_mask *mask = &desk->rules->mask;
        struct field_writer *writer = &desk->writer;
        char text[ADDRESS_TEXT], hash[ADDRESS_HASH_TEXT];
        if (mask->show == SHOW_ALL)
                writer_text(writer, FIELD_client_ip, (struct slice){ text, address_format(&desk->address, text) });
        if (mask->show == SHOW_NETWORK)
                writer_text(writer, mask->letters ? FIELD_client_address : FIELD_client_ip,
                            (struct slice){ text, address_mask_network(mask, &desk->address, text) });
        if (mask->show == SHOW_HASH) {
                address_mask_hash(mask, &desk->salt, &desk->address, desk->trace.period, hash);
                writer_text(writer, FIELD_client_ip_hash, (struct slice){ hash, sizeof(hash) });
        }
        writer_text(writer, FIELD_client_ip_class, ADDRESS_CLASS_NAMES[desk->trace.class]);
        writer_text(writer, FIELD_network_type, desk->trace.v4 ? SLICE("ipv4") : SLICE("ipv6"));
}

static struct trace trace_take(const struct client_rules *rules, const struct subject *subject, const struct address *address)
{
        struct trace trace;
        memset(&trace, 0, sizeof(trace));          /* compared as bytes */
        trace.hops = subject->client->hops;
        trace.claimed = subject->client->claimed;
        trace.known = address->known;
        if (subject->client->key.size <= KEY_MOST && subject->client->key.size)
                memcpy(trace.key, subject->client->key.data, subject->client->key.size);
        if (!address->known)
                return trace;
        trace.v4 = address_is_v4(address);
        trace.class = (uint8_t)address_class(address);
        if (rules->mask.show != SHOW_NOTHING)
                memcpy(&trace.shown, address, sizeof(*address));
        trace.period = address_mask_period(&rules->mask, subject->facts->received);
        return trace;
}

/* Writes what depends on the address and the way alone, unless it stands there from the event before. */
static void desk_turn(struct client_desk *desk, const struct subject *subject, const struct address *address)
{
        struct trace trace = trace_take(desk->rules, subject, address);
        desk->address = *address;
        /* A hole in it that differs costs rendering it once more. NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-*) */
        if (desk->out.data && memcmp(&trace, &desk->trace, sizeof(trace)) == 0)
                return;
        memcpy(&desk->trace, &trace, sizeof(trace));
        buffer_wrap(&desk->out, desk->room, sizeof(desk->room) - READABLE_PADDING);
        writer_init(&desk->writer, desk->layout, &desk->out);
        if (trace.known)
                address_write(desk);
        if (*trace.key)
                writer_text(&desk->writer, FIELD_client_key, (struct slice){ trace.key, strnlen(trace.key, KEY_MOST) });
        if (trace.hops)
                writer_integer(&desk->writer, FIELD_network_forwarded_hops, trace.hops);
        if (trace.claimed)
                writer_integer(&desk->writer, FIELD_network_forwarded_claimed, trace.claimed);
        BUG_IF(!writer_end(&desk->writer));
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
        desk_turn(desk, subject, &address);
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
