/* HMAC-SHA-256 (RFC 2104 over FIPS 180-4), by nettle: what a keyed pseudonym is made of. */
#ifndef BASE_HMAC_H
#define BASE_HMAC_H
#include "base/base.h"

#define HMAC_SIZE 32               /* bytes of a digest */

/* A key that is ready for use; immutable, for all threads. */
struct hmac_key;
/* From secret bytes of any number. Cold path: aborts when memory is out. */
struct hmac_key *hmac_key_new(struct slice secret);
void             hmac_key_free(struct hmac_key *key);      /* wipes it; NULL is fine */
/* Linear in the text. No allocation, no lock. */
void hmac_sign(const struct hmac_key *key, struct slice text, uint8_t ret_digest[HMAC_SIZE]);

/* The secret that a file holds: its bytes without one line end at the end, so that a key can be written with an editor or
 * `openssl rand -hex 32`. A file that others than its owner and its group may read, one of less than `least` bytes or of more
 * than HMAC_SECRET_MAX, or an unreadable one is a mistake. */
#define HMAC_SECRET_MAX 4096
struct hmac_key *hmac_key_load(const char *path, size_t least, struct error *err);
#endif
