/* llhttp's reading of one message, for fuzz_http. In a file of its own, as its names are like ours. */
#ifndef TESTS_ORACLE_LLHTTP_H
#define TESTS_ORACLE_LLHTTP_H
#include <stdbool.h>
#include <stddef.h>

/* True when the bytes are exactly one message; *size is the room for its body, then the body's size. */
bool oracle_llhttp(const char *message, size_t message_size, char *body, size_t *size);
#endif
