/* A fast 64-bit hash for tables that live in memory, keyed so that a stranger cannot choose collisions; and random bits. */
#ifndef BASE_HASH_H
#define BASE_HASH_H
#include "base/base.h"

/* Hash of the bytes under a seed. Not for signatures or anything that is stored. Never reads past the end. */
uint64_t hash_bytes(const void *data, size_t size, uint64_t seed);
/* A seed drawn once a process from the kernel's random source. */
uint64_t hash_process_seed(void);

/* Random bits for identifiers (xoshiro256**), one state a thread. Not for keys. */
struct random {
        uint64_t state[4];
};
void     random_init(struct random *random);                   /* from the kernel */
void     random_init_fixed(struct random *random, uint64_t seed);   /* the same row every time: tests */
uint64_t random_next(struct random *random);

/* UUIDv7 (RFC 9562, section 5.7) of a time in ms: 36 characters, lower case, no terminator. */
#define UUID_TEXT 36
void uuid_v7(int64_t ms, struct random *random, char text[UUID_TEXT]);
#endif
