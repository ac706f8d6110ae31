/* Our own envelope: CloudEvents 1.0 attributes, plus a `context` in the shape of Segment's spec. One pass over the members; what
 * facts.def names is picked out, and the payload is judged where it stands when its schema is known by then. */
#include "base/clock.h"
#include "input/input.h"
#include "json/scan_inline.h"
#include <pthread.h>

/* The paths of facts.def as a tree: a node is an object, its slots are the members that we know, by a small hash. */
#define NODE_SLOTS INPUT_SLOTS     /* a power of two, at least twice the members of the fullest node, at most 64: see `seen` */
#define NODES_MAX  INPUT_NODES
#define NAME_HEAD  16
struct slot {
        char         head[NAME_HEAD], mask[NAME_HEAD];     /* the name and a quote; all bits of their bytes, none behind */
        struct slice key;
        int16_t      fact;         /* -1: none */
        int16_t      node;         /* 0: no object that we look into, as 0 is the root */
};
struct node {
        struct slot slot[NODE_SLOTS];
};

/* Built once, before the first event of the process; constant afterwards. */
static struct node    NODES[NODES_MAX];
static pthread_once_t NODES_ONCE = PTHREAD_ONCE_INIT;

/* The slot of a name, or the free one where it would be. */
static struct slot *slot_find(struct node *node, struct slice key)
{
        const unsigned char *s = (const unsigned char *)key.data;
        size_t place = key.size ? key.size * 7 + s[0] * 31u + s[key.size - 1] * 5u + s[key.size / 2] * 17u : 0;
        for (;; place++) {
                struct slot *slot = &node->slot[place % NODE_SLOTS];
                if (!slot->key.data || slice_equal(slot->key, key))
                        return slot;
        }
}

static void slot_take(struct slot *slot, struct slice key)
{
        BUG_IF(key.size >= NAME_HEAD);
        *slot = (struct slot){ .key = key, .fact = -1 };
        memcpy(slot->head, key.data, key.size);
        slot->head[key.size] = '"';
        memset(slot->mask, 0xFF, key.size + 1);
}

static void nodes_build(void)
{
        int16_t count = 1;
        for (size_t fact = 0; fact < FACT_COUNT; fact++) {
                struct node *node = &NODES[0];
                for (const char *at = FACTS[fact].path, *dot;; at = dot + 1) {
                        dot = strchr(at, '.');
                        struct slice key = dot ? slice_between(at, dot) : slice_of(at);
                        struct slot *slot = slot_find(node, key);
                        if (!slot->key.data)
                                slot_take(slot, key);
                        if (!dot) {
                                slot->fact = (int16_t)fact;
                                break;
                        }
                        if (slot->node == 0)
                                slot->node = count++;
                        BUG_IF(count > NODES_MAX);
                        node = &NODES[slot->node];
                }
        }
}

/* A member on its way in. */
struct member {
        struct slice raw;          /* the name with its quotes */
        struct slot *slot;         /* NULL: a name that we do not know */
        bool         escaped;      /* the name is written with escapes */
        const char  *value;        /* where its value begins */
};

/* Whether the raw text behind a name's opening quote is that name and its closing quote; never reads past READABLE_PADDING. */
static inline bool slot_is_next(const struct slot *slot, const char *at)
{
        uint64_t have[2], want[2], mask[2];
        memcpy(have, at, sizeof(have));
        memcpy(want, slot->head, sizeof(want));
        memcpy(mask, slot->mask, sizeof(mask));
        return (((have[0] ^ want[0]) & mask[0]) | ((have[1] ^ want[1]) & mask[1])) == 0;
}

/* Clients send their members in the same order: the one that followed the last time is tried first. Behind it, or NULL. */
static inline const char *guess_name(struct reader *reader, size_t node, unsigned before, const char *at, const char *end,
                                     struct slot **ret_slot)
{
        unsigned number = reader->follows[node][before];
        if (UNLIKELY(number == 0))
                return NULL;
        struct slot *slot = &NODES[node].slot[number - 1];
        size_t size = slot->key.size;
        if ((size_t)(end - at) < size + 2 || size > reader->limits.string || !slot_is_next(slot, at + 1))
                return NULL;
        *ret_slot = slot;
        return at + size + 2;
}

static bool bad_name(struct reader *reader, struct event *event, const char *at, const char *why)
{
        (void)reader_malformed(reader, event, at, why);
        return false;
}

/* Reads a name and its colon; `before`: the number of the slot before it. False: rejected. */
static bool read_name(struct reader *reader, struct event *event, size_t node, unsigned before, const char *at, const char *end,
                      struct member *ret_member)
{
        struct scan_error err;
        bool escaped = false;
        char room[64];
        struct slot *slot;
        if (at == end || *at != '"')
                return bad_name(reader, event, at, at == end ? "the object is not closed by '}'"
                                                             : "a member's name in double quotes is expected");
        const char *next = guess_name(reader, node, before, at, end, &slot);
        if (UNLIKELY(!next)) {
                next = scan_string_inline(at, end, &reader->limits, &escaped, &err);
                if (!next) {
                        (void)reader_reject_scan(reader, event, &err);
                        return false;
                }
                struct slice key = slice_between(at + 1, next - 1);
                if (escaped && key.size + 2 <= sizeof(room))   /* a longer one cannot be a name that we know */
                        key = (struct slice){ room, scan_unescape(slice_between(at, next), room) };
                slot = slot_find(&NODES[node], key);
                if (slot->key.data)
                        reader->follows[node][before] = (uint8_t)(slot - NODES[node].slot + 1);
        }
        struct slice raw = slice_between(at, next);
        at = scan_space_inline(next, end);
        if (at == end || *at != ':')
                return bad_name(reader, event, at, "':' is missing behind a member's name");
        at = scan_space_inline(at + 1, end);
        if (at == end)
                return bad_name(reader, event, at, "a member's value is missing");
        *ret_member = (struct member){ raw, slot->key.data ? slot : NULL, escaped, at };
        return true;
}

static const char *duplicate(struct reader *reader, struct event *event, struct slice raw)
{
        return reader_reject(reader, event, REASON_json_duplicate_key, raw.data, "", "the member %.*s stands twice in one object",
                             (int)(raw.size < 80 ? raw.size : 80), raw.data);
}

static bool kind_fits(enum fact_kind kind, char first)
{
        switch (kind) {
        case FACT_KIND_STRING:  return first == '"';
        case FACT_KIND_NUMBER:  return first == '-' || (first >= '0' && first <= '9');
        case FACT_KIND_BOOLEAN: return first == 't' || first == 'f';
        case FACT_KIND_ANY:     return true;
        }
        return false;
}

static const char *read_object(struct reader *reader, struct event *event, size_t node, const char *at, const char *end);

/* A value that nothing is asked of: most are short texts and numbers. What is wrong with one is said by who has the words. */
static const char *skip_value(struct reader *reader, struct event *event, const char *at, const char *end)
{
        struct scan_error err;
        bool escaped;
        const char *next = NULL;
        if (*at == '"')
                next = scan_string_inline(at, end, &reader->limits, &escaped, &err);
        else if (*at == '-' || (*at >= '0' && *at <= '9'))
                next = scan_number_inline(at, end, &err);
        return LIKELY(next != NULL) ? next : reader->skip(reader, event, at, end);
}

/* A member of the context. A value of another kind than ours is left alone: the context is what SDKs make of it, and a stray
 * value in it is no reason to lose an event. */
static const char *read_context_member(struct reader *reader, struct event *event, const struct member *member, const char *end)
{
        const struct slot *slot = member->slot;
        const char *next;
        if (slot && slot->node > 0 && *member->value == '{')
                next = read_object(reader, event, (size_t)slot->node, member->value, end);
        else
                next = skip_value(reader, event, member->value, end);
        if (next && slot && slot->fact >= 0 && kind_fits(FACTS[slot->fact].kind, *member->value))
                reader->facts.fact[slot->fact] = slice_between(member->value, next);
        return next;
}

static void wrong_type(struct reader *reader, struct event *event, enum fact fact, const char *where, const char *wanted)
{
        char pointer[64];
        (void)snprintf(pointer, sizeof(pointer), "/%s", FACTS[fact].path);
        (void)reader_reject(reader, event, REASON_envelope_invalid, where, pointer, "the event's member \"%s\" must be %s",
                            FACTS[fact].path, wanted);
}

static const char *read_data(struct reader *reader, struct event *event, const char *at, const char *end)
{
        bool judge = event->verdict == REASON_none && reader->judgeable(reader);
        reader->judged = judge;
        const char *next = judge ? reader->judge(reader, event, at, end) : reader->skip(reader, event, at, end);
        if (next)
                event->data = slice_between(at, next);
        return next;
}

/* One attribute of ours at the top. A wrong type rejects the event, but its end is still looked for. */
static const char *read_attribute(struct reader *reader, struct event *event, const struct member *member, const char *end)
{
        static const char *const WANTED[] = { "a string", "a number", "true or false", "a value" };
        enum fact fact = (enum fact)member->slot->fact;
        const char *at = member->value, *next;
        if (fact == FACT_data)
                next = read_data(reader, event, at, end);
        else if (fact == FACT_context && *at == '{')
                next = read_object(reader, event, (size_t)member->slot->node, at, end);
        else
                next = skip_value(reader, event, at, end);
        if (!next || (*at == 'n' && fact != FACT_data))
                return next;               /* null is how the JSON format of CloudEvents says "absent" */
        reader->facts.fact[fact] = slice_between(at, next);
        if (event->verdict != REASON_none)
                return next;
        if (!kind_fits(FACTS[fact].kind, *at))
                wrong_type(reader, event, fact, at, WANTED[FACTS[fact].kind]);
        else if (fact == FACT_context && *at != '{')
                wrong_type(reader, event, fact, at, "an object");
        return next;
}

static const char *read_extension(struct reader *reader, struct event *event, const struct member *member, const char *end)
{
        for (size_t i = 0; i < reader->extension_count; i++)
                if (slice_equal(reader->extensions[i].name, member->raw))
                        return duplicate(reader, event, member->raw);
        const char *next = skip_value(reader, event, member->value, end);
        if (!next)
                return NULL;
        /* An escaped name could be one that is there already, or one that is ours to write, in disguise. */
        if (member->escaped && event->verdict == REASON_none)
                (void)reader_reject(reader, event, REASON_envelope_invalid, member->raw.data, "",
                                    "the event's member %.*s must be named without escapes",
                                    (int)(member->raw.size < 80 ? member->raw.size : 80), member->raw.data);
        if (reader->extension_count < EXTENSIONS_MAX)
                reader->extensions[reader->extension_count++] =
                        (struct extension){ member->raw, slice_between(member->value, next) };
        else if (event->verdict == REASON_none)
                (void)reader_reject(reader, event, REASON_envelope_invalid, member->raw.data, "",
                                    "the event has more than %d members besides the known ones; put them into \"data\"",
                                    EXTENSIONS_MAX);
        return next;
}

/* The members of an object that we look into: the event itself (node 0) or a part of its context. Not deeper than the tree. */
static const char *read_object(struct reader *reader, struct event *event, size_t node, const char *at, const char *end)
{
        uint64_t seen = 0;         /* one bit a slot */
        unsigned before = 0;       /* the number of the last slot, from 1 */
        at = scan_space_inline(at + 1, end);
        if (at < end && *at == '}')
                return at + 1;
        for (;;) {
                struct member member = { 0 };
                if (!read_name(reader, event, node, before, at, end, &member))
                        return NULL;
                uint64_t bit = 0;
                if (member.slot) {
                        before = (unsigned)(member.slot - NODES[node].slot) + 1;
                        bit = (uint64_t)1 << (before - 1);
                }
                if (seen & bit)
                        return duplicate(reader, event, member.raw);
                seen |= bit;
                if (node > 0)
                        at = read_context_member(reader, event, &member, end);
                else
                        at = member.slot ? read_attribute(reader, event, &member, end)
                                         : read_extension(reader, event, &member, end);
                if (!at)
                        return NULL;
                at = scan_space_inline(at, end);
                if (at < end && *at == '}')
                        return at + 1;
                if (at == end || *at != ',')
                        return reader_malformed(reader, event, at,
                                                at == end ? "the object is not closed by '}'" : "a comma or '}' is missing");
                at = scan_space_inline(at + 1, end);
        }
}

static bool read_time(struct reader *reader, struct event *event, enum fact fact, int64_t *ret_ms)
{
        struct slice raw = reader->facts.fact[fact];
        if (!raw.data || event->verdict != REASON_none)
                return false;
        if (clock_parse((struct slice){ raw.data + 1, raw.size - 2 }, ret_ms))
                return true;
        wrong_type(reader, event, fact, raw.data, "a time such as \"2026-11-21T08:13:00.123Z\" (RFC 3339)");
        return false;
}

/* What can be said when every member is known: the rules of CloudEvents, and the clock's skew. */
static void check_envelope(struct reader *reader, struct event *event)
{
        struct facts *facts = &reader->facts;
        struct slice version = facts->fact[FACT_specversion], id = facts->fact[FACT_id];
        int64_t time, sent;
        if (event->verdict == REASON_none && version.data && !slice_equal(version, SLICE("\"1.0\"")))
                wrong_type(reader, event, FACT_specversion, version.data, "\"1.0\"");
        if (event->verdict == REASON_none && id.data && id.size <= 2)
                wrong_type(reader, event, FACT_id, id.data, "a text that is not empty; leave it out to be given one");
        bool time_known = read_time(reader, event, FACT_time, &time), sent_known = read_time(reader, event, FACT_sent_at, &sent);
        facts_set_time(facts, time_known ? &time : NULL, sent_known ? &sent : NULL);
}

static const char *read_envelope(struct reader *reader, struct event *event, const char *at, const char *end)
{
        reader_clear(reader);
        if (*at != '{') {
                const char *behind = reader->skip(reader, event, at, end);
                if (behind && event->verdict == REASON_none)
                        (void)reader_reject(reader, event, REASON_envelope_invalid, at, "", "an event must be a JSON object");
                return behind;
        }
        const char *next = read_object(reader, event, 0, at, end);
        if (!next)
                return NULL;
        check_envelope(reader, event);
        if (event->verdict == REASON_none && !event->data.data)
                (void)reader_reject(reader, event, REASON_envelope_invalid, at, "/data",
                                    "the event's member \"data\" is missing");
        if (event->verdict == REASON_none && !reader->judged)
                (void)reader->judge(reader, event, event->data.data, event->data.data + event->data.size);
        return next;
}

static enum reader_end decode(struct reader *reader, struct slice body)
{
        (void)pthread_once(&NODES_ONCE, nodes_build);
        return reader_split(reader, body, read_envelope);
}

const struct input input_json = {
        .name = "json",
        .doc = "`POST /v1/events`: events in an envelope of CloudEvents 1.0 attributes (`id`, `type`, `source`, `time`, "
               "`subject`, "
               "`dataschema`, `data`) and Segment's `context`: one, an array of them, or one a line (NDJSON; told by the content "
               "type, else by the bytes).",
        .decode = decode,
};
