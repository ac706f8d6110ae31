/* SHA-256 (FIPS 180-4), by nettle, and comparing secrets without telling by the time how much of them was right. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H
#include "base/base.h"

#define DIGEST_SIZE 32             /* bytes */
#define DIGEST_HEX  (2 * DIGEST_SIZE)

/* Linear in the text. No allocation, no lock. */
void digest_sha256(struct slice text, uint8_t ret_digest[DIGEST_SIZE]);
/* Takes the same time whatever the bytes are. */
bool digest_equal(const uint8_t one[DIGEST_SIZE], const uint8_t other[DIGEST_SIZE]);
/* 64 digits, small letters or capitals. */
bool digest_parse(struct slice hex, uint8_t ret_digest[DIGEST_SIZE]);
/* Small letters, no terminator. */
void digest_format(const uint8_t digest[DIGEST_SIZE], char text[DIGEST_HEX]);

/* Whether two texts are the same; the time tells the lengths of both, and nothing of their bytes. */
bool secret_equal(struct slice one, struct slice other);
#endif
