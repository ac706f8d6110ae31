#include "server/key_text.h"
#include "base/digest.h"
#include <errno.h>
#include <sys/random.h>

enum { PREFIX = sizeof(KEY_TEXT_PREFIX) - 1, BODY = 43, CHECK = 6, BASE = 62, WORDS = 8 };
static const char DIGITS[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* The number's digits, the last one last. It is divided in place. */
static void put_digits(uint32_t *words, size_t word_count, char *text, size_t size)
{
        while (size--) {
                uint64_t rest = 0;
                for (size_t i = 0; i < word_count; i++) {
                        uint64_t part = rest << 32 | words[i];
                        words[i] = (uint32_t)(part / BASE);
                        rest = part % BASE;
                }
                text[size] = DIGITS[rest];
        }
}

/* Of what stands before it: the first four bytes of its SHA-256. */
static void put_check(const char *text, char check[CHECK])
{
        uint8_t digest[DIGEST_SIZE];
        digest_sha256((struct slice){ text, PREFIX + BODY }, digest);
        uint32_t sum = (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 | digest[3];
        put_digits(&sum, 1, check, CHECK);
}

void key_text_make(const uint8_t bits[32], char text[KEY_TEXT_SIZE])
{
        uint32_t words[WORDS];
        for (size_t i = 0; i < WORDS; i++)
                words[i] = (uint32_t)bits[4 * i] << 24 | (uint32_t)bits[4 * i + 1] << 16 | (uint32_t)bits[4 * i + 2] << 8 |
                           bits[4 * i + 3];
        memcpy(text, KEY_TEXT_PREFIX, PREFIX);
        put_digits(words, WORDS, text + PREFIX, BODY);
        put_check(text, text + PREFIX + BODY);
}

bool key_text_new(char text[KEY_TEXT_SIZE], struct error *err)
{
        uint8_t bits[32];
        ssize_t got;
        do
                got = getrandom(bits, sizeof(bits), 0);
        while (got < 0 && errno == EINTR);
        if (got != (ssize_t)sizeof(bits))
                return error_set(err, "the kernel gives no random bits: %m");
        key_text_make(bits, text);
        explicit_bzero(bits, sizeof(bits));
        return true;
}

enum key_form key_text_form(struct slice text)
{
        char check[CHECK];
        if (!slice_starts_with(text, SLICE(KEY_TEXT_PREFIX)))
                return KEY_FORM_FOREIGN;
        if (text.size != KEY_TEXT_SIZE)
                return KEY_FORM_MISTYPED;
        put_check(text.data, check);
        return memcmp(check, text.data + PREFIX + BODY, CHECK) == 0 ? KEY_FORM_OURS : KEY_FORM_MISTYPED;
}
