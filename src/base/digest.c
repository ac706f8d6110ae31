#include "base/digest.h"
#include <nettle/memops.h>
#include <nettle/sha2.h>

void digest_sha256(struct slice text, uint8_t ret_digest[DIGEST_SIZE])
{
        struct sha256_ctx context;
        sha256_init(&context);
        sha256_update(&context, text.size, (const uint8_t *)text.data);
        sha256_digest(&context, DIGEST_SIZE, ret_digest);
        explicit_bzero(&context, sizeof(context));         /* it holds the text's last block */
}

bool digest_equal(const uint8_t one[DIGEST_SIZE], const uint8_t other[DIGEST_SIZE])
{
        return memeql_sec(one, other, DIGEST_SIZE);
}

bool digest_parse(struct slice hex, uint8_t ret_digest[DIGEST_SIZE])
{
        uint8_t digest[DIGEST_SIZE];
        if (hex.size != DIGEST_HEX)
                return false;
        for (size_t i = 0; i < DIGEST_SIZE; i++) {
                int high = char_hex(hex.data[2 * i]), low = char_hex(hex.data[2 * i + 1]);
                if (high < 0 || low < 0)
                        return false;
                digest[i] = (uint8_t)(high << 4 | low);
        }
        memcpy(ret_digest, digest, sizeof(digest));
        return true;
}

void digest_format(const uint8_t digest[DIGEST_SIZE], char text[DIGEST_HEX])
{
        static const char DIGITS[] = "0123456789abcdef";
        for (size_t i = 0; i < DIGEST_SIZE; i++) {
                text[2 * i] = DIGITS[digest[i] >> 4];
                text[2 * i + 1] = DIGITS[digest[i] & 15];
        }
}

/* Of digests: then a comparison of the same length serves all. */
bool secret_equal(struct slice one, struct slice other)
{
        uint8_t first[DIGEST_SIZE], second[DIGEST_SIZE];
        digest_sha256(one, first);
        digest_sha256(other, second);
        return digest_equal(first, second);
}
