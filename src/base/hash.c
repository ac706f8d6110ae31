#include "base/hash.h"
#include <endian.h>
#include <sys/random.h>

/* Multiply to 128 bits and fold: the mixing step of the wyhash family. */
static inline uint64_t mix(uint64_t a, uint64_t b)
{
        unsigned __int128 product = (unsigned __int128)a * b;
        return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t read64(const unsigned char *at) { uint64_t v; memcpy(&v, at, 8); return v; }
static inline uint64_t read32(const unsigned char *at) { uint32_t v; memcpy(&v, at, 4); return v; }

#define K0 0xa0761d6478bd642fu
#define K1 0xe7037ed1a0b428dbu
#define K2 0x8ebc6af09c88c6e3u

uint64_t hash_bytes(const void *data, size_t size, uint64_t seed)
{
        const unsigned char *at = data;
        size_t   left = size;
        uint64_t a, b;
        seed ^= mix(seed ^ K0, K1);
        /* A factor of nothing would forget the rest, so no factor may be known to whoever chooses the bytes. */
        const uint64_t secret = (seed << 32 | seed >> 32) ^ K1;
        while (left > 16) {
                seed = mix(read64(at) ^ secret, read64(at + 8) ^ seed);
                at += 16;
                left -= 16;
        }
        if (left >= 8) {
                a = read64(at);
                b = read64(at + left - 8);
        } else if (left >= 4) {
                a = read32(at);
                b = read32(at + left - 4);
        } else if (left > 0) {
                a = (uint64_t)at[0] << 16 | (uint64_t)at[left / 2] << 8 | at[left - 1];
                b = 0;
        } else {
                a = b = 0;
        }
        return mix(K2 ^ size, mix(a ^ secret, b ^ seed));
}

uint64_t hash_process_seed(void)
{
        static uint64_t seed;      /* atomic: drawn once, every thread sees the first draw */
        uint64_t drawn = __atomic_load_n(&seed, __ATOMIC_RELAXED);
        if (drawn)
                return drawn;
        uint64_t fresh = 0, none = 0;
        if (getrandom(&fresh, sizeof(fresh), 0) != (ssize_t)sizeof(fresh) || fresh == 0)
                fresh = K0 ^ (uintptr_t)&seed;
        return __atomic_compare_exchange_n(&seed, &none, fresh, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) ? fresh : none;
}

static uint64_t splitmix(uint64_t *state)
{
        uint64_t z = *state += 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        return z ^ z >> 31;
}

void random_init_fixed(struct random *random, uint64_t seed)
{
        for (size_t i = 0; i < COUNT_OF(random->state); i++)
                random->state[i] = splitmix(&seed);
}

void random_init(struct random *random)
{
        if (getrandom(random->state, sizeof(random->state), 0) != (ssize_t)sizeof(random->state))
                random_init_fixed(random, hash_process_seed() ^ (uintptr_t)random);
}

static inline uint64_t rotate(uint64_t x, int by) { return x << by | x >> (64 - by); }

uint64_t random_next(struct random *random)
{
        uint64_t *s = random->state, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = rotate(s[3], 45);
        return result;
}

/* Eight digits of a number, the highest first: all of them at once, in the bytes of a word. */
static void put_hex(char text[static 8], uint32_t number)
{
        uint64_t x = __builtin_bswap32(number), above_9;
        x = (x | x << 16) & 0x0000FFFF0000FFFF;
        x = (x | x << 8) & 0x00FF00FF00FF00FF;
        x = (x >> 4 | x << 8) & 0x0F0F0F0F0F0F0F0F;
        above_9 = (x + 0x0606060606060606) >> 4 & 0x0101010101010101;
        x = htole64(x + 0x3030303030303030 + above_9 * ('a' - '0' - 10));
        memcpy(text, &x, 8);
}

void uuid_v7(int64_t ms, struct random *random, char text[UUID_TEXT])
{
        uint64_t high = (uint64_t)ms << 16 | 0x7000 | (random_next(random) & 0x0FFF);
        uint64_t low = (random_next(random) & 0x3FFFFFFFFFFFFFFF) | 0x8000000000000000;
        char digits[32];
        put_hex(digits, (uint32_t)(high >> 32));
        put_hex(digits + 8, (uint32_t)high);
        put_hex(digits + 16, (uint32_t)(low >> 32));
        put_hex(digits + 24, (uint32_t)low);
        memcpy(text, digits, 8);
        memcpy(text + 9, digits + 8, 4);
        memcpy(text + 14, digits + 12, 4);
        memcpy(text + 19, digits + 16, 4);
        memcpy(text + 24, digits + 20, 12);
        text[8] = text[13] = text[18] = text[23] = '-';
}
