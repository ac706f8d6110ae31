/* The formats of JSON Schema, drafts 04 to 2020-12: what the keyword `format` can ask of a string. */
#ifndef SCHEMA_FORMAT_H
#define SCHEMA_FORMAT_H
#include "base/base.h"

struct format {
        const char *name;
        unsigned    since, until;                  /* drafts that define it: 3, 4, 6, 7, 2019, 2020; both ends included */
        const char *standard;                      /* the section that rules it */
        bool      (*check)(struct slice text);     /* valid UTF-8, JSON's escapes resolved; never read past its end */
};
/* The format of that name in the draft; NULL: the draft does not know it, and then every string is fine. */
const struct format *format_find(struct slice name, unsigned draft);
/* Every row, in the order of names, for the manual; ends the walk with NULL. */
const struct format *format_at(size_t index);

static inline bool format_check(const struct format *format, struct slice text)
{
        return format->check(text);
}
#endif
