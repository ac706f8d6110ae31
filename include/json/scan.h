/* The scanner over raw bytes: JSON by RFC 8259, strictly. No allocation, no copy: it finds where values end. SIMD where the
 * machine has it, chosen once; the scalar twin gives the same answers byte for byte.
 *
 * Decided: a byte order mark is malformed; duplicate keys are found only where an object's keys are looked at (schema check,
 * envelope), not by a bare scan; a raw NUL or control character inside a string is malformed, \u0000 is fine; invalid UTF-8
 * and lone surrogate escapes are REASON_json_utf8; a number may be of any length and size and keeps its text. */
#ifndef JSON_SCAN_H
#define JSON_SCAN_H
#include "base/base.h"
#include "event/event.h"

struct scan_limits {
        size_t depth, string;      /* nesting; bytes of one string as written */
};
struct scan_error {
        enum reason reason;        /* json_malformed, json_utf8, json_depth, json_string */
        const char *where;         /* the offending byte; may equal end: the text stops too early */
        const char *message;       /* "a comma or ']' is missing" - constant text */
};
/* The first byte that is not JSON white space, at most end. */
const char *scan_space(const char *at, const char *end);
/* Behind the string whose opening quote is at `at`; NULL and error. *ret_escaped (may be NULL): it holds a backslash. */
const char *scan_string(const char *at, const char *end, const struct scan_limits *limits, bool *ret_escaped, struct scan_error *err);
/* Behind the number at `at`; NULL and error. */
const char *scan_number(const char *at, const char *end, struct scan_error *err);
/* Behind the value (of any kind) at `at`, which is not white space; NULL and error. */
const char *scan_value(const char *at, const char *end, const struct scan_limits *limits, struct scan_error *err);
/* The raw value at a JSON pointer (RFC 6901) inside a text that is known to be JSON; data NULL: there is none. */
struct slice scan_pointer(struct slice json, struct slice pointer);
/* Undoes the escapes of a raw string (with its quotes). Needs raw.size bytes at out; returns the bytes written. */
size_t scan_unescape(struct slice raw, char *out);
/* Line and column, both from 1, of a byte inside a text; columns count characters. */
void scan_position(struct slice text, const char *where, size_t *ret_line, size_t *ret_column);
/* For tests: use the scalar twin from now on (or the best one again). */
void scan_use_scalar(bool scalar);
#endif
