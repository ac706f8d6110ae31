/* Walks over the members of an object or the elements of an array that are known to be JSON, without a tape:
 *
 *     struct members members = members_of(object);
 *     while (member_next(&members, &name, &value))
 *             ...
 *
 * Names and values are raw. Anything else than an object (or array) has none. */
#ifndef JSON_MEMBERS_H
#define JSON_MEMBERS_H
#include "json/scan_inline.h"

struct members {
        const char *at, *end;      /* the next name or element; at NULL: no more; no byte from `end` on is read */
        const char *behind;        /* when there are no more: behind the closing bracket */
};

static inline struct members members_open(struct slice raw, char bracket)
{
        struct members members = { NULL, raw.data + raw.size, NULL };
        if (raw.size >= 2 && *raw.data == bracket)
                members.at = scan_space_inline(raw.data + 1, members.end);
        if (members.at && (*members.at == '}' || *members.at == ']')) {
                members.behind = members.at + 1;
                members.at = NULL;
        }
        return members;
}
static inline struct members members_of(struct slice object) { return members_open(object, '{'); }
static inline struct members elements_of(struct slice array) { return members_open(array, '['); }

/* Goes on behind the element at members->at, whose end the caller knows, as it has walked it. */
static inline void element_pass(struct members *members, const char *stop)
{
        stop = scan_space_inline(stop, members->end);
        members->behind = stop + 1;
        members->at = *stop == ',' ? scan_space_inline(stop + 1, members->end) : NULL;
}

static inline bool element_next(struct members *members, struct slice *ret_value)
{
        const struct scan_limits limits = SCAN_UNLIMITED;
        struct scan_error err;
        const char *start = members->at, *stop;
        bool escaped;
        if (!start)
                return false;
        if (*start == '"')
                stop = scan_string_inline(start, members->end, &limits, &escaped, &err);
        else if (*start == '-' || (*start >= '0' && *start <= '9'))
                stop = scan_number_inline(start, members->end, &err);
        else
                stop = scan_value(start, members->end, &limits, &err);
        BUG_IF(!stop);             /* it was known to be JSON */
        *ret_value = slice_between(start, stop);
        element_pass(members, stop);
        return true;
}

static inline bool member_next(struct members *members, struct slice *ret_name, struct slice *ret_value)
{
        const struct scan_limits limits = SCAN_UNLIMITED;
        struct scan_error err;
        bool escaped;
        if (!members->at)
                return false;
        const char *stop = scan_string_inline(members->at, members->end, &limits, &escaped, &err);
        BUG_IF(!stop);
        *ret_name = slice_between(members->at, stop);
        members->at = scan_space_inline(scan_space_inline(stop, members->end) + 1, members->end);
        return element_next(members, ret_value);
}
#endif
