/* Numbers in files and frames: little-endian, at any address. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H
#include <endian.h>
#include <stdint.h>
#include <string.h>

#define BYTES_ACCESS(bits)                                                                                             \
        static inline uint##bits##_t bytes_get_##bits(const void *at)                                                  \
        {                                                                                                              \
                uint##bits##_t number;                                                                                 \
                memcpy(&number, at, sizeof(number));                                                                   \
                return le##bits##toh(number);                                                                          \
        }                                                                                                              \
        static inline void bytes_put_##bits(void *at, uint##bits##_t number)                                           \
        {                                                                                                              \
                number = htole##bits(number);                                                                          \
                memcpy(at, &number, sizeof(number));                                                                   \
        }
BYTES_ACCESS(16)
BYTES_ACCESS(32)
BYTES_ACCESS(64)
#undef BYTES_ACCESS
#endif
