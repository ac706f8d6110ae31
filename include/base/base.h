/* Words that every room may use: a slice of bytes, an error with a text, a list of errors, and the bug trap. */
#ifndef BASE_BASE_H
#define BASE_BASE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A view of bytes that somebody else owns. All-zero is the valid empty slice; `data` NULL means "absent". */
struct slice {
        const char *data;
        size_t      size;
};
#define SLICE(literal) ((struct slice){ (literal), sizeof(literal) - 1 })
#define SLICE_INIT(literal) { (literal), sizeof(literal) - 1 }
#define SLICE_ARGS(slice) (int)(slice).size, (slice).data      /* for "%.*s" */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* Bytes that must be readable behind every body and event: SIMD code reads past the end (and ignores what it finds). */
#define READABLE_PADDING 64

static inline struct slice slice_of(const char *text)
{
        return (struct slice){ text, text ? strlen(text) : 0 };
}
/* Behind its last byte. NULL for what is absent, to which nothing may be added, not even zero. */
static inline const char *slice_end(struct slice slice)
{
        return slice.size ? slice.data + slice.size : slice.data;
}
static inline struct slice slice_between(const char *start, const char *end)
{
        return (struct slice){ start, (size_t)(end - start) };
}
static inline bool slice_equal(struct slice a, struct slice b)
{
        return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}
/* ASCII, whatever the locale is. */
static inline char char_lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c; }
/* The value of a base64 digit (RFC 4648), whose alphabet ends with `plus` and `slash` ('+', '/', or '-', '_'); -1: it is none. */
static inline int char_base64(char c, char plus, char slash)
{
        if (c >= 'A' && c <= 'Z')
                return c - 'A';
        if (c >= 'a' && c <= 'z')
                return c - 'a' + 26;
        if (c >= '0' && c <= '9')
                return c - '0' + 52;
        return c == plus ? 62 : c == slash ? 63 : -1;
}
/* The value of a hexadecimal digit of either case; -1: it is none. */
static inline int char_hex(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        c |= 0x20;
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
/* Copies the bytes to where there is room for them; behind them. */
static inline char *slice_put(char *at, struct slice text)
{
        if (text.size)
                memcpy(at, text.data, text.size);
        return at + text.size;
}
/* The same for texts of which most have a few bytes: two overlapping moves, where a call of memcpy would cost more. */
static inline char *slice_put_short(char *at, struct slice text)
{
        const char *from = text.data, *stop = slice_end(text);
        char *end = at + text.size;
        if (text.size > 32)
                return slice_put(at, text);
        if (text.size >= 16) {
                memcpy(at, from, 16);
                memcpy(end - 16, stop - 16, 16);
        } else if (text.size >= 8) {
                memcpy(at, from, 8);
                memcpy(end - 8, stop - 8, 8);
        } else if (text.size >= 4) {
                memcpy(at, from, 4);
                memcpy(end - 4, stop - 4, 4);
        } else {
                for (size_t i = 0; i < text.size; i++)
                        at[i] = from[i];
        }
        return end;
}
/* The same where READABLE_PADDING bytes behind the text can be read, and as many be written behind the copy (by what comes next):
 * a few moves of a fixed size, where a call of memcpy would cost more than the copying. For texts of which most are short. */
static inline char *slice_put_padded(char *at, struct slice text)
{
        if (UNLIKELY(text.size > 128))
                return slice_put(at, text);
        for (size_t i = 0; i < text.size; i += 32)
                memcpy(at + i, text.data + i, 32);
        return at + text.size;
}
/* ASCII letters only, as HTTP and DNS compare names. */
bool slice_equal_nocase(struct slice a, struct slice b);
bool slice_starts_with(struct slice text, struct slice start);
bool slice_ends_with(struct slice text, struct slice end);
/* A NUL-terminated copy from malloc; aborts on exhaustion, so for start-up and other cold paths only. */
char *slice_copy(struct slice slice);

/* Why something failed, in a sentence that a person can act on. The caller owns it; no allocation on the error path. */
struct error {
        char text[512];
};
/* Writes the text (cut when too long) and returns false, so a failing function ends in one line. */
bool error_set(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Every mistake found in one go, in the order in which they were found. All-zero is the valid empty list. Bounded: past
 * ERRORS_MAX the mistakes are only counted. */
#define ERRORS_MAX 200
struct errors {
        struct error *items;     /* count of them, at most ERRORS_MAX */
        size_t        count;
        size_t        more;      /* found, but no longer kept */
};
/* Adds a sentence; returns false like error_set(). */
bool errors_add(struct errors *errors, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline size_t errors_total(const struct errors *errors) { return errors->count + errors->more; }
void errors_print(const struct errors *errors, FILE *out);      /* one line each */
void errors_done(struct errors *errors);

/* Start-up and other cold paths only, where there is nothing sensible to do without memory: zeroed memory, or the end of the
 * process with the status MEMORY_STATUS, as after a kill. What a request needs is refused instead when it cannot be had. */
#define MEMORY_STATUS 71                   /* EX_OSERR of sysexits.h */
void *memory_get(size_t size);
void *memory_grow(void *old, size_t size);
void *memory_had(void *memory);            /* its argument; NULL: the end */
void  memory_end(void) __attribute__((noreturn, cold));

/* A broken promise between our own functions. Never compiled out: the supervisor restarts us and clients retry. */
#define BUG_IF(condition)                                                                             \
        do {                                                                                          \
                if (UNLIKELY(condition)) {                                                            \
                        fprintf(stderr, "<2>bug: %s (%s:%d)\n", #condition, __FILE__, __LINE__);      \
                        abort();                                                                      \
                }                                                                                     \
        } while (0)
#endif
