/* API keys, from their file (docs/howto/keys.md): who may send, where to, and what. Immutable once loaded. A key is kept as the
 * SHA-256 of its text. That is enough, without salt or stretching, as a key is 256 random bits: nobody can try them all. */
#ifndef SERVER_KEYS_H
#define SERVER_KEYS_H
#include "base/digest.h"
#include "config/config.h"
#include "server/http.h"

#define KEY_NAME_MAX 64            /* bytes: letters, digits, '.', '_' and '-' */

struct meter;
struct key {
        struct slice     name;             /* keys of one name are one sender's: while one is replaced by the other */
        uint8_t          digest[DIGEST_SIZE];
        struct text_list routes, schemas, origins; /* patterns; none: all */
        int64_t          rate, burst;      /* events a second, events; -1: what limits.key_rate and limits.key_burst say */
        int64_t          expires;          /* ms since 1970; INT64_MAX: never */
        bool             enabled;
        size_t           line;             /* of the file, where its row begins */
        struct meter    *meter;            /* the gate's; NULL: nothing is counted */
};
struct keys;
/* NULL: `errors` says everything that is wrong. */
struct keys *keys_load(const char *file, struct errors *errors);
struct keys *keys_read(const char *file, struct slice yaml, struct errors *errors);
void         keys_free(struct keys *keys);         /* NULL is fine */
size_t       keys_count(const struct keys *keys);
struct key  *keys_at(struct keys *keys, size_t i);         /* in the order of the file */

/* The key of that digest, or NULL. Which keys there are cannot be learned from the time that it takes. */
const struct key *keys_find(const struct keys *keys, const uint8_t digest[DIGEST_SIZE]);
/* Whether it opens: HTTP_SOUND, or why not. `now`: ms since 1970. `origin`: of the page; data NULL: none is said, any key will
 * do. */
enum http_fault keys_judge(const struct key *key, struct slice path, struct slice origin, int64_t now);
/* "vendor/name/M-R-A" against the key's `schemas`: a pattern is for all of it, or for all but the version. */
bool            keys_allow_schema(const struct key *key, struct slice schema);
/* Whether there could be any schema of that type that the key may send: "name", "vendor/name" or "vendor.name". */
bool            keys_allow_type(const struct key *key, struct slice type);
#endif
