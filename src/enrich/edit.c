#include "enrich/edit.h"

/* The last edit that ends before the place; NULL: none. Looked for from the newest one on, as edits come mostly in the order of
 * their places, by the thousands where an array has as many elements. */
static struct edit *edit_before(const struct findings *findings, const char *place)
{
        struct edit *at = findings->newest_edit;
        while (at && at->to > place)
                at = at->previous;
        for (struct edit *next = at ? at->next : findings->edits; next && next->to <= place; next = next->next)
                at = next;
        return at;
}

static bool edit_add(struct subject *subject, const struct edit *wanted)
{
        struct findings *findings = subject->findings;
        struct edit *before = edit_before(findings, wanted->from), **link = before ? &before->next : &findings->edits;
        if (*link && (*link)->from <= wanted->from && (*link)->to >= wanted->to && ((*link)->to > wanted->to ||
                                                                                  (*link)->from < wanted->from))
                return true;       /* what is around it goes anyway */
        struct edit *edit = arena_take(subject->arena, sizeof(*edit));
        if (!edit) {
                findings->broken = true;
                return false;
        }
        *edit = *wanted;
        edit->previous = before;
        edit->next = *link;
        while (edit->next && edit->next->from < edit->to)
                edit->next = edit->next->next;     /* what lies inside it */
        if (edit->next)
                edit->next->previous = edit;
        *link = edit;
        findings->newest_edit = edit;
        return true;
}

bool edit_replace(struct subject *subject, struct slice raw, struct slice json)
{
        const struct edit edit = { .from = raw.data, .to = raw.data + raw.size, .text = json };
        return edit_add(subject, &edit);
}

static const char *back_over_space(const char *at, const char *start)
{
        while (at > start && (at[-1] == ' ' || at[-1] == '\t' || at[-1] == '\n' || at[-1] == '\r'))
                at--;
        return at;
}

/* Where the name begins that ends at `at`, behind its closing quote. A quote is the name's own when an odd number of backslashes
 * stands before it. */
static const char *name_start(const char *at, const char *start)
{
        for (at--; at > start; ) {
                const char *quote = at - 1, *slash = quote;
                while (slash > start && slash[-1] == '\\')
                        slash--;
                if (*quote == '"' && (quote - slash) % 2 == 0)
                        return quote;
                at--;
        }
        return NULL;
}

bool edit_remove(struct subject *subject, struct slice raw)
{
        const char *start = subject->event->body.data, *at = back_over_space(raw.data, start), *name = NULL;
        if (at > start && at[-1] == ':') {
                at = back_over_space(at - 1, start);
                name = at > start && at[-1] == '"' ? name_start(at, start) : NULL;
        }
        const struct edit edit = { .from = name ? name : raw.data, .to = raw.data + raw.size,
                                   .text = name ? (struct slice){ 0 } : SLICE("null"), .member = name != NULL };
        return edit_add(subject, &edit);
}

/* The first edit that reaches into the bytes. One that reaches out of them is not theirs: it is made where they lie. */
static const struct edit *edit_first(const struct findings *findings, struct slice raw)
{
        const struct edit *edit = raw.size ? findings->edits : NULL;
        while (edit && edit->to <= raw.data)
                edit = edit->next;
        return edit && edit->from < raw.data + raw.size ? edit : NULL;
}

/* The bytes themselves lie inside what the edit changes: a value whose member is removed, or one that is replaced. */
static inline bool covers(const struct edit *edit, struct slice raw)
{
        return edit->from <= raw.data && edit->to >= raw.data + raw.size;
}

bool edit_removes(const struct findings *findings, struct slice raw)
{
        const struct edit *edit = edit_first(findings, raw);
        return UNLIKELY(edit != NULL) && edit->member && covers(edit, raw);
}

size_t edit_bound(const struct findings *findings, struct slice raw)
{
        size_t bound = raw.size;
        for (const struct edit *edit = edit_first(findings, raw); edit && edit->from < raw.data + raw.size; edit = edit->next)
                bound += edit->text.size;
        return bound;
}

static inline bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static inline char *put_text(char *at, struct slice text)
{
        return text.size ? (char *)memcpy(at, text.data, text.size) + text.size : at;
}

/* After a member was left out: a comma goes with it, the one behind it, else the one before it. Returns where the bytes go on. */
static const char *drop_comma(const char *from, const char *end, const char *start, char **at)
{
        const char *next = from;
        while (next < end && is_space(*next))
                next++;
        if (next < end && *next == ',')
                return next + 1;
        char *back = *at;
        while (back > start && is_space(back[-1]))
                back--;
        if (back > start && back[-1] == ',')
                *at = back - 1;
        return from;
}

char *edit_put(const struct findings *findings, struct slice raw, char *at)
{
        const struct edit *edit = edit_first(findings, raw);
        const char *from = raw.data, *end = slice_end(raw);
        char *start = at;
        if (LIKELY(!edit))
                return slice_put(at, slice_between(from, end));
        if (covers(edit, raw)) {
                return edit->member ? at : put_text(at, edit->text);
        }
        for (; edit && edit->from < end; edit = edit->next) {
                at = slice_put(at, slice_between(from, edit->from));
                at = put_text(at, edit->text);
                from = edit->member ? drop_comma(edit->to, end, start, &at) : edit->to;
        }
        return slice_put(at, slice_between(from, end));
}

bool edit_apply(const struct findings *findings, struct slice raw, struct arena *arena, struct slice *ret_value)
{
        *ret_value = raw;
        if (LIKELY(!raw.data || !edit_first(findings, raw)))
                return true;
        *ret_value = (struct slice){ 0 };
        if (edit_removes(findings, raw))
                return true;
        char *text = arena_take(arena, edit_bound(findings, raw));
        if (!text)
                return false;
        char *end = edit_put(findings, raw, text);
        arena_trim(arena, text, end);
        *ret_value = slice_between(text, end);
        return true;
}
