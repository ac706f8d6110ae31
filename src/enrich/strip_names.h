/* The names of a strip, compiled. */
#ifndef STRIP_NAMES_H
#define STRIP_NAMES_H
#include "enrich/strip.h"

#define STRIP_NAME_MOST 64         /* bytes of a name in the list; of a longer one in a URL only its two ends are compared */

enum strip_end { STRIP_WHOLE, STRIP_PREFIX, STRIP_SUFFIX, STRIP_ENDS };
#define STRIP_TELLS 1024           /* bits; a power of two */
struct strip_list {
        struct slice *items;       /* sorted, lower case; without the star; views of `texts` */
        size_t        count;
        uint64_t      tells[STRIP_TELLS / 64];     /* which names are worth a look: by two of their bytes (strip_names.c) */
};
struct strip {
        struct strip_list taken[STRIP_ENDS], kept[STRIP_ENDS];
        char *texts;               /* owns the names */
        bool  mail;
};
/* True when parameters of this name, raw, must go. */
bool strip_name(const struct strip *strip, struct slice name);
#endif
