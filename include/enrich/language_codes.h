/* The codes that a language tag is made of: ISO 639 (languages), 15924 (scripts), 3166-1 and UN M.49 (regions), from the JSON
 * files of Debian's iso-codes, and what the IANA registry says of old ones. Immutable, for all threads. */
#ifndef ENRICH_LANGUAGE_CODES_H
#define ENRICH_LANGUAGE_CODES_H
#include "base/base.h"

struct language {
        char         code[4];      /* "de"; three letters where there are no two */
        struct slice name;         /* "German" */
};
struct language_codes;

/* From iso_639-2.json, iso_639-3.json, iso_639-5.json, iso_3166-1.json and iso_15924.json in the folder. Every mistake is added
 * to `errors`, and NULL. */
struct language_codes *language_codes_load(const char *folder, struct errors *errors);
void   language_codes_free(struct language_codes *codes);
size_t language_codes_count(const struct language_codes *codes);   /* languages */
size_t language_codes_memory(const struct language_codes *codes);  /* bytes */

/* All questions are asked in lower case, as tags are read in. */

/* Of two or three letters; the newer code's where the registry prefers one (iw: he), the shorter of two (deu: de). NULL: unknown,
 * for private use, or `und`. */
const struct language *language_find(const struct language_codes *codes, struct slice code);
/* Of four letters. */
bool         script_known(const struct language_codes *codes, struct slice code);
/* The code in capitals of two letters, three (ISO 3166-1 alpha-3) or three digits (of a country or a larger area), the newer one
 * where the registry prefers it (dd: DE); UK is GB, XK is Kosovo. Data NULL: unknown. */
struct slice region_find(const struct language_codes *codes, struct slice code);

/* ---- of the registry alone ---- */
/* True when `code` may stand behind `language` as its extension and be said alone (zh-yue: yue). */
bool         language_extends(struct slice language, struct slice code);
/* What the whole tag is called now (i-klingon: tlh; no-bok: nb); data NULL: it is a tag like others. */
struct slice language_renamed(struct slice tag);
#endif
