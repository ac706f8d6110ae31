#include "enrich/pii_path.h"
#include "base/suggest.h"
#include "json/scan_inline.h"

/* ---- parsing ---- */

static const enum fact WHOLE[] = { FACT_user_id, FACT_anonymous_id, FACT_session_id, FACT_subject, FACT_source, FACT_context };

static const struct { struct slice start; enum pii_root root; char mark; } ROOTS[] = {
        { SLICE_INIT("/"), PII_DATA, '/' },
        { SLICE_INIT("context."), PII_CONTEXT, '.' },
        { SLICE_INIT("extension."), PII_EXTENSION, '.' },
};

static bool unknown(const struct layout *layout, const char *text, struct error *err)
{
        struct suggestion near;
        for (size_t i = 0; i < layout->count; i++)
                if (strcmp(layout->field[i].name, text) == 0)
                        return error_set(err,
                                         "'%s' is added here, not the client's: leave it out by output.exclude, or its step by "
                                         "enrich.when",
                                         text);
        suggestion_init(&near, slice_of(text));
        for (size_t i = 0; i < COUNT_OF(WHOLE); i++)
                suggestion_offer(&near, slice_of(FACTS[WHOLE[i]].path));
        if (near.best.data)
                return error_set(err, "there is no value '%s' to change; did you mean %.*s?", text, SLICE_ARGS(near.best));
        return error_set(err, "there is no value '%s' to change; there are JSON pointers into the data such as /items/*/email, "
                              "context.traits.email, extension.NAME, userId, anonymousId, sessionId, subject, source and context",
                         text);
}

/* One part, its escapes undone in place: of a pointer ~1 is '/' and ~0 is '~'. */
static bool part_add(struct pii_path *path, char *start, const char *end, bool pointer, struct error *err)
{
        char *out = start;
        if (path->count == PII_DEPTH)
                return error_set(err, "a path has at most %d parts", PII_DEPTH);
        for (char *at = start; at < end; at++) {
                if (!pointer || *at != '~') {
                        *out++ = *at;
                        continue;
                }
                at++;
                if (at == end || (*at != '0' && *at != '1'))
                        return error_set(err, "this is no JSON pointer (RFC 6901): '~' must be followed by 0 or 1");
                *out++ = *at == '1' ? '/' : '~';
        }
        if ((!pointer && out == start) || out - start > PII_PART_MAX)
                return error_set(err, "a part of a path has 1 to %d bytes", PII_PART_MAX);
        path->part[path->count++] = slice_between(start, out);
        return true;
}

static bool is_star(struct slice part, size_t stars) { return part.size == stars && memcmp(part.data, "**", stars) == 0; }

/* Stars are parts of their own; a double one stands before the last part. */
static bool stars_check(struct pii_path *path, struct error *err)
{
        for (size_t i = 0; i < path->count; i++) {
                if (!is_star(path->part[i], 2))
                        continue;
                if (i + 2 != path->count || is_star(path->part[i + 1], 1) || is_star(path->part[i + 1], 2))
                        return error_set(err, "one name and nothing else stands behind **");
                path->part[i] = path->part[i + 1];
                path->anywhere = true;
                path->count--;
        }
        if (path->root == PII_EXTENSION && (is_star(path->part[0], 1) || (path->anywhere && path->count == 1)))
                return error_set(err, "an extension is called by its name");
        for (size_t i = 0; path->root == PII_EXTENSION && i < FACT_COUNT; i++)
                if (slice_equal(path->part[0], slice_of(FACTS[i].path)))
                        return error_set(err, "'%s' is no extension but a member of the envelope", FACTS[i].path);
        return true;
}

bool pii_path_parse(struct pii_path *path, const struct layout *layout, const char *text, struct error *err)
{
        *path = (struct pii_path){ .root = PII_FACT };
        for (size_t i = 0; i < COUNT_OF(WHOLE); i++)
                if (strcmp(text, FACTS[WHOLE[i]].path) == 0) {
                        path->fact = WHOLE[i];
                        return true;
                }
        size_t root = 0;
        while (root < COUNT_OF(ROOTS) && !slice_starts_with(slice_of(text), ROOTS[root].start))
                root++;
        if (root == COUNT_OF(ROOTS))
                return unknown(layout, text, err);
        path->root = ROOTS[root].root;
        path->memory = slice_copy(slice_of(text + ROOTS[root].start.size));
        for (char *at = path->memory; at;) {
                char *end = strchrnul(at, ROOTS[root].mark), *next = *end ? end + 1 : NULL;
                if (!part_add(path, at, end, path->root == PII_DATA, err))
                        return false;
                at = next;
        }
        return stars_check(path, err);
}

void pii_path_done(struct pii_path *path)
{
        free(path->memory);
        path->memory = NULL;
}

/* ---- walking: the text is known to be JSON ---- */

struct walk {
        const struct pii_path    *path;
        const struct pii_visitor *visitor;
};

static bool name_is(struct slice raw, struct slice part)
{
        char plain[6 * PII_PART_MAX + 2];
        if (!memchr(raw.data, '\\', raw.size))
                return slice_equal((struct slice){ raw.data + 1, raw.size - 2 }, part);
        if (raw.size > sizeof(plain))
                return false;      /* more than the part would need if every byte of it were escaped */
        return slice_equal((struct slice){ plain, scan_unescape(raw, plain) }, part);
}

static const char *value_end(const char *at, const char *end)
{
        struct scan_error err;
        bool escaped;
        const char *behind = *at == '"' ? scan_string_inline(at, end, &SCAN_UNLIMITED, &escaped, &err) :
                                          scan_value(at, end, &SCAN_UNLIMITED, &err);
        return behind ? behind : end;
}

/* A member or an element: its name (data NULL in an array), where its value begins. */
struct item {
        struct slice name;
        const char  *value;
        size_t       index;
};

/* Moves on to the next item, `at` being behind the bracket or behind the value before; NULL: there is none. */
static const char *item_next(struct item *item, const char *at, const char *end, bool object)
{
        struct scan_error err;
        bool escaped;
        at = scan_space_inline(at, end);
        if (at < end && *at == ',')
                at = scan_space_inline(at + 1, end);
        if (at >= end || *at == '}' || *at == ']')
                return NULL;
        item->name = (struct slice){ 0 };
        if (object) {
                const char *behind = scan_string_inline(at, end, &SCAN_UNLIMITED, &escaped, &err);
                if (!behind)
                        return NULL;
                item->name = slice_between(at, behind);
                at = scan_space_inline(scan_space_inline(behind, end) + 1, end);
        }
        item->value = at;
        return at;
}

static bool index_is(size_t index, struct slice part)
{
        char text[24];
        return slice_equal((struct slice){ text, (size_t)snprintf(text, sizeof(text), "%zu", index) }, part);
}

static bool item_is(const struct item *item, struct slice part)
{
        return is_star(part, 1) || (item->name.data ? name_is(item->name, part) : index_is(item->index, part));
}

/* Every value below this one whose name is the last part. One pass: a value's end is found by walking it. As deep as the event.
 */
static const char *walk_anywhere(const struct walk *walk, const char *at, const char *end)
{
        bool object = *at == '{';
        struct item item = { 0 };
        struct slice name = walk->path->part[walk->path->count - 1];
        if (!object && *at != '[')
                return value_end(at, end);
        for (at++; item_next(&item, at, end, object); item.index++) {
                at = walk_anywhere(walk, item.value, end);
                if (item_is(&item, name))
                        walk->visitor->visit(walk->visitor->context, slice_between(item.value, at));
        }
        at = scan_space(at, end);
        return at < end ? at + 1 : end;
}

static void walk_value(const struct walk *walk, struct slice raw, size_t part)
{
        const struct pii_path *path = walk->path;
        const char *end = slice_end(raw), *at = raw.data + 1;
        struct item item = { 0 };
        if (path->anywhere && part + 1 == path->count) {
                (void)walk_anywhere(walk, raw.data, end);
                return;
        }
        if (part == path->count) {
                walk->visitor->visit(walk->visitor->context, raw);
                return;
        }
        if (*raw.data != '{' && *raw.data != '[')
                return;
        for (; item_next(&item, at, end, *raw.data == '{'); item.index++) {
                at = value_end(item.value, end);
                if (item_is(&item, path->part[part]))
                        walk_value(walk, slice_between(item.value, at), part + 1);
        }
}

void pii_path_walk(const struct pii_path *path, const struct subject *subject, const struct pii_visitor *visitor)
{
        const struct walk walk = { path, visitor };
        struct slice raw = path->root == PII_FACT      ? subject->facts->fact[path->fact]
                           : path->root == PII_DATA    ? subject->event->data
                           : path->root == PII_CONTEXT ? subject->facts->fact[FACT_context] : subject->event->body;
        /* A bare payload is its own body and has no extensions. */
        if (raw.size && (path->root != PII_EXTENSION || raw.data != subject->event->data.data))
                walk_value(&walk, raw, 0);
}
