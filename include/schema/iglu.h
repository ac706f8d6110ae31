/* Names of schemas as Iglu writes them: vendor, name, and a version by SchemaVer (MODEL-REVISION-ADDITION, numbers, MODEL from
 * 1). Two forms: the key "vendor/name/M-R-A" and the URI "iglu:vendor/name/jsonschema/M-R-A". */
#ifndef SCHEMA_IGLU_H
#define SCHEMA_IGLU_H
#include "base/base.h"

struct iglu {
        struct slice vendor, name;         /* views into the parsed text */
        uint32_t     version[3];           /* model, revision, addition: at most 999,999,999 each */
};
#define IGLU_PART_MAX 128                  /* characters of a vendor or name */
#define IGLU_KEY_MAX 320                   /* bytes of a key or URI, terminator included */

/* Letters, digits, '_', '-' and, in a vendor, '.', but not as its first character: a part is always safe in a path. */
bool iglu_is_vendor(struct slice text);
bool iglu_is_name(struct slice text);
bool iglu_parse_version(struct slice text, uint32_t ret_version[3]);
/* Either form, exactly. */
bool iglu_parse(struct slice text, struct iglu *ret_iglu);
/* < 0, 0, > 0: by vendor, name, and the numbers of the version. */
int  iglu_compare(const struct iglu *a, const struct iglu *b);
/* Writes the key, or the URI, NUL-terminated; the bytes written without it. */
size_t iglu_format_key(const struct iglu *iglu, char text[IGLU_KEY_MAX]);
size_t iglu_format_uri(const struct iglu *iglu, char text[IGLU_KEY_MAX]);
#endif
