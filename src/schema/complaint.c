/* What is said about a violation: noted where it is met, written out when the walk has come to its end. The pointer is not
 * kept on the way; the text up to the place is read again. */
#include "base/buffer.h"
#include "base/suggest.h"
#include "check.h"
#include <stdarg.h>

bool complain(struct checker *checker, const char *where, const char *keyword, const char *format, ...)
{
        checker->reason = REASON_schema_invalid;
        checker->where = where;
        if (checker->quiet)
                return false;
        checker->keyword = keyword;
        va_list args;
        va_start(args, format);
        (void)vsnprintf(checker->message, sizeof(checker->message), format, args);
        va_end(args);
        return false;
}

bool stop(struct checker *checker, enum reason reason, const char *where, const char *message)
{
        checker->reason = reason;
        checker->where = where;
        checker->keyword = "";
        (void)snprintf(checker->message, sizeof(checker->message), "%s", message);
        return false;
}

bool stop_pattern(struct checker *checker, const char *where, const char *keyword)
{
        (void)stop(checker, REASON_pattern_limit, where, "takes a pattern of the schema too many steps");
        checker->keyword = keyword;
        return false;
}

const char *stop_syntax(struct checker *checker)
{
        (void)stop(checker, checker->fault.reason, checker->fault.where, checker->fault.message);
        return NULL;
}

bool stop_at(struct checker *checker, const char *where, const char *message)
{
        return stop(checker, REASON_json_malformed, where, where >= checker->end ? "the text stops too early" : message);
}

/* ---- types ---- */
static const struct { unsigned bits; const char *one; } TYPE_NAMES[] = {
        { TYPE_NULL, "null" },           { TYPE_BOOLEAN, "a boolean" },   { TYPE_NUMBER, "a number" },
        { TYPE_INTEGER, "an integer" },  { TYPE_FRACTION, "a number with a fraction" },
        { TYPE_STRING, "a string" },     { TYPE_ARRAY, "an array" },      { TYPE_OBJECT, "an object" },
};

static void types_write(unsigned types, struct buffer *out)
{
        const char *names[COUNT_OF(TYPE_NAMES)];
        size_t count = 0;
        for (size_t i = 0; i < COUNT_OF(TYPE_NAMES); i++) {
                if ((types & TYPE_NAMES[i].bits) != TYPE_NAMES[i].bits)
                        continue;
                names[count++] = TYPE_NAMES[i].one;
                types &= ~TYPE_NAMES[i].bits;
        }
        for (size_t i = 0; i < count; i++)
                buffer_format(out, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", names[i]);
}

bool complain_type(struct checker *checker, const char *where, unsigned wanted)
{
        char text[200];
        struct buffer list;
        unsigned have = TYPE_STRING;
        switch (*where) {
        case 'n': have = TYPE_NULL; break;
        case 't':
        case 'f': have = TYPE_BOOLEAN; break;
        case '[': have = TYPE_ARRAY; break;
        case '{': have = TYPE_OBJECT; break;
        case '"': break;
        default:  have = wanted & TYPE_INTEGER ? TYPE_FRACTION : TYPE_NUMBER; break;
        }
        if (!wanted)
                return complain(checker, where, "false", "is not allowed here");
        buffer_wrap(&list, text, sizeof(text));
        types_write(wanted, &list);
        buffer_format(&list, ", not ");
        types_write(have, &list);
        return complain(checker, where, "type", "must be %.*s", SLICE_ARGS(buffer_slice(&list)));
}

/* ---- members that nobody knows ---- */
/* The declared name that may have been meant; data NULL: none. */
static struct slice typo_find(const struct object_rules *rules, struct slice key)
{
        struct suggestion near;
        suggestion_init_within(&near, key, key.size >= 5 ? 2 : key.size >= 3 ? 1 : 0);
        for (uint32_t i = 0; i < rules->member_count && i < 300; i++)
                if (rules->members[i].declared)
                        suggestion_offer(&near, rules->names->texts[i]);
        return near.best;
}

bool complain_additional(struct checker *checker, const struct object_rules *rules, struct slice raw_key)
{
        if (checker->quiet)
                return complain(checker, raw_key.data, rules->additional_keyword, " ");
        struct slice typo = typo_find(rules, (struct slice){ raw_key.data + 1, raw_key.size - 2 });
        if (!typo.data)
                return complain(checker, raw_key.data, rules->additional_keyword, "is not a member that the schema allows here");
        return complain(checker, raw_key.data, rules->additional_keyword,
                        "is not a member that the schema allows here; did you mean \"%.*s\"?", SLICE_ARGS(typo));
}

bool complain_refused(struct checker *checker, const struct member *member, const char *key)
{
        return complain(checker, key, member->refused_by, "is not a member that the schema allows here");
}

bool complain_name(struct checker *checker, const char *where)
{
        char why[MESSAGE_MAX];
        if (checker->quiet)
                return complain(checker, where, "propertyNames", " ");
        memcpy(why, checker->message, sizeof(why));
        return complain(checker, where, "propertyNames", "is not a name that the schema allows: it %.240s", why);
}

/* ---- the pointer ---- */
struct step {
        struct slice key;          /* raw, with quotes; data NULL: an array's element, or none yet */
        size_t       index;
        bool         object;
};
struct path {
        struct step steps[SCAN_DEPTH_MAX + 1];
        size_t      depth;
};

/* Behind the next quote that is not escaped. */
static const char *string_end(const char *at, const char *end)
{
        const char *start = ++at, *quote;
        while (at < end && (quote = memchr(at, '"', (size_t)(end - at)))) {
                const char *run = quote;
                while (run > start && run[-1] == '\\')
                        run--;
                at = quote + 1;
                if ((quote - run) % 2 == 0)
                        return at;
        }
        return end + 1;
}

/* The steps from the value at `start` to the value or key at `where`; what lies between is known to be JSON. */
static void path_find(struct path *path, const char *start, const char *where, const char *end)
{
        bool key_next = false;
        path->depth = 0;
        for (const char *at = start; at <= where && at < end;) {
                struct step *step = path->depth ? &path->steps[path->depth - 1] : NULL;
                if (*at == '"') {
                        const char *after = at == where && !key_next ? at + 1 : string_end(at, end);
                        if (key_next)
                                step->key = slice_between(at, after);
                        key_next = false;
                        if (at == where)
                                return;
                        at = after;
                        continue;
                }
                if (at == where)
                        return;
                if ((*at == '{' || *at == '[') && path->depth <= SCAN_DEPTH_MAX) {
                        key_next = *at == '{';
                        path->steps[path->depth++] = (struct step){ .object = key_next };
                } else if ((*at == '}' || *at == ']') && step) {
                        path->depth--;
                        key_next = false;
                } else if (*at == ',' && step) {
                        step->index++;
                        step->key.data = NULL;
                        key_next = step->object;
                }
                at++;
        }
}

static struct slice key_text(struct slice raw, struct arena *arena)
{
        char *text = arena_take(arena, raw.size);
        return text ? (struct slice){ text, scan_unescape(raw, text) } : (struct slice){ 0 };
}

static struct slice pointer_write(const struct path *path, struct arena *arena)
{
        size_t most = 1;
        for (size_t i = 0; i < path->depth; i++)
                most += 24 + path->steps[i].key.size * 2;
        char *pointer = arena_take(arena, most), *at = pointer;
        if (!pointer)
                return (struct slice){ 0 };
        for (size_t i = 0; i < path->depth; i++) {
                const struct step *step = &path->steps[i];
                if (!step->object) {
                        at += snprintf(at, 24, "/%zu", step->index);
                        continue;
                }
                if (!step->key.data)
                        continue;
                struct slice key = key_text(step->key, arena);
                *at++ = '/';
                for (size_t k = 0; k < key.size; k++) {
                        if (key.data[k] == '~' || key.data[k] == '/')
                                *at++ = '~';
                        *at++ = key.data[k] == '~' ? '0' : key.data[k] == '/' ? '1' : key.data[k];
                }
        }
        return slice_between(pointer, at);
}

/* ---- the sentence ---- */
static void key_write(struct buffer *out, struct slice raw)
{
        size_t size = raw.size - 2;
        if (size > 60)
                for (size = 60; size && ((unsigned char)raw.data[1 + size] & 0xC0) == 0x80; size--)
                        ;
        buffer_format(out, "\"%.*s%s\"", (int)size, raw.data + 1, size < raw.size - 2 ? "..." : "");
}

static void subject_write(struct buffer *out, const struct path *path)
{
        const struct step *last = path->depth ? &path->steps[path->depth - 1] : NULL;
        if (!last || (last->object && !last->key.data)) {
                buffer_format(out, "the data");
        } else if (last->object) {
                key_write(out, last->key);
        } else {
                buffer_format(out, "item %zu", last->index);
                if (path->depth > 1 && last[-1].key.data) {
                        buffer_format(out, " of ");
                        key_write(out, last[-1].key);
                }
        }
}

void complaint_write(const struct checker *checker, const char *start, struct arena *arena, struct complaint *ret_complaint)
{
        char text[MESSAGE_MAX + 200];
        struct buffer sentence;
        struct path path;                          /* 32 KiB, which nobody clears: what is in use is set */
        bool about_value = checker->reason == REASON_schema_invalid || checker->reason == REASON_json_duplicate_key ||
                           checker->reason == REASON_pattern_limit;
        path.depth = 0;
        buffer_wrap(&sentence, text, sizeof(text));
        if (about_value) {
                path_find(&path, start, checker->where, checker->end);
                subject_write(&sentence, &path);
                buffer_add_char(&sentence, ' ');
        }
        buffer_add(&sentence, slice_of(checker->message));
        struct slice message = buffer_slice(&sentence);
        if (message.size > MESSAGE_MAX)
                for (message.size = MESSAGE_MAX; message.size && ((unsigned char)message.data[message.size] & 0xC0) == 0x80;)
                        message.size--;
        *ret_complaint = (struct complaint){ .pointer = pointer_write(&path, arena), .keyword = slice_of(checker->keyword),
                                             .message = arena_copy(arena, message), .offset = (size_t)(checker->where - start) };
}
