/* What the scanner's engines share. An engine is engine_body.h compiled for one instruction set; all of them find the same
 * ends and the same errors, because everything that is rare (escapes, UTF-8, numbers with trimmings, errors) is here once. */
#ifndef JSON_ENGINE_H
#define JSON_ENGINE_H
#include "base/utf8.h"
#include "json/scan.h"

struct engine {
        const char *name;
        const char *(*space)(const char *at, const char *end);
        const char *(*string)(const char *at, const char *end, const struct scan_limits *limits, bool *ret_escaped,
                              struct scan_error *err);
        const char *(*value)(const char *at, const char *end, const struct scan_limits *limits, struct scan_error *err);
};
extern const struct engine ENGINE_SCALAR;
#ifdef __x86_64__
extern const struct engine ENGINE_SSE2;
#endif

/* Bytes that stand for themselves inside a string: ASCII from the space on, but not '"' and '\\'. */
extern const bool ENGINE_PLAIN[256];

/* Sets the error and returns NULL. */
const char *engine_fail(struct scan_error *err, enum reason reason, const char *where, const char *message);
/* Behind the escape whose backslash is at `at` (a surrogate pair is one escape); NULL and error. */
const char *engine_escape(const char *at, const char *end, struct scan_error *err);
/* Behind the last of the non-ASCII characters that start at `at`, at most one character past `stop`; NULL and error. */
const char *engine_foreign(const char *at, const char *stop, const char *end, struct scan_error *err);
/* Why the string ends neither properly nor by a bad character: it reached `end`, or its limit. */
const char *engine_string_cut(const char *open, const char *stop, const char *end, struct scan_error *err);
const char *engine_fail_control(const char *at, struct scan_error *err);
/* What is wrong where a value, a key, or the end of an element was expected. `close`: ']', '}', or 0 outside. */
const char *engine_fail_value(const char *at, const char *end, struct scan_error *err);
const char *engine_fail_key(const char *at, const char *end, struct scan_error *err);
const char *engine_fail_colon(const char *at, const char *end, struct scan_error *err);
const char *engine_fail_after(const char *at, const char *end, char close, struct scan_error *err);
const char *engine_fail_depth(const char *at, struct scan_error *err);
#endif
