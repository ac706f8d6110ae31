/* The scanner over raw bytes: JSON by RFC 8259, strictly. No allocation, no copy, no recursion: it finds where values end.
 * SIMD where the machine has it, chosen once at start; the scalar twin gives the same answers byte for byte. Nothing is read
 * at or behind `end`, so no padding is needed. Every function is safe in any thread.
 *
 * Decided: a byte order mark is malformed; duplicate keys are found only where an object's keys are looked at (schema check,
 * envelope), not by a bare scan; a raw NUL or control character inside a string is malformed, \u0000 is fine; invalid UTF-8
 * and lone surrogate escapes are REASON_json_utf8; a number may be of any length and size and keeps its text.
 *
 * json/scan_inline.h has the same for code that looks at every value: the common cases inline. */
#ifndef JSON_SCAN_H
#define JSON_SCAN_H
#include "base/arena.h"
#include "base/base.h"
#include "event/event.h"

/* The deepest nesting that is ever taken; a higher limits.depth counts as this. */
#define SCAN_DEPTH_MAX 1024

struct scan_limits {
        size_t depth, string;      /* nesting, the outermost array or object being 1; bytes of one string between its quotes */
};
/* For a text that is known to be JSON, and for tests. */
#define SCAN_UNLIMITED ((struct scan_limits){ SCAN_DEPTH_MAX, SIZE_MAX })

struct scan_error {
        enum reason reason;        /* json_malformed, json_utf8, json_depth, json_string */
        const char *where;         /* the offending byte; equals end when the text stops too early */
        const char *message;       /* "a comma or ']' is missing" - constant text */
};
/* The first byte that is not JSON white space (space, tab, line feed, carriage return), at most end. */
const char *scan_space(const char *at, const char *end);
/* Behind the string whose opening quote is at `at`; NULL and error. *ret_escaped (may be NULL): it holds a backslash.
 * Where of json_string: the opening quote. Of a bad escape: its backslash. Of invalid UTF-8: its first byte. */
const char *scan_string(const char *at, const char *end, const struct scan_limits *limits, bool *ret_escaped,
                        struct scan_error *err);
/* Behind the number at `at`; NULL and error. What follows it is the caller's to judge. */
const char *scan_number(const char *at, const char *end, struct scan_error *err);
/* Behind `true`, `false` or `null` at `at`; NULL and error. What follows it is the caller's to judge. */
const char *scan_literal(const char *at, const char *end, struct scan_error *err);
/* Behind the value (of any kind) at `at`, which is not white space; NULL and error. What follows it is the caller's to judge. */
const char *scan_value(const char *at, const char *end, const struct scan_limits *limits, struct scan_error *err);
/* Whether the text is one JSON value with white space around it and nothing else; false and error. */
bool scan_text(struct slice text, const struct scan_limits *limits, struct scan_error *err);

/* The raw value at a JSON pointer (RFC 6901) inside a text that is known to be JSON; data NULL: there is none. Keys are
 * compared with their escapes undone; of the same key twice the first counts; "-" and indexes with leading zeros name nothing. */
struct slice scan_pointer(struct slice json, struct slice pointer);
/* Where that value begins; NULL: there is none. For whoever walks it anyway and finds its end. */
const char *scan_pointer_start(struct slice json, struct slice pointer);
/* Undoes the escapes of a raw string (with its quotes) that scan_string() passed. Needs raw.size bytes at out, which may not
 * overlap; returns the bytes written. The result is UTF-8 and may hold NUL. */
size_t scan_unescape(struct slice raw, char *out);
/* The text of a raw string: inside it, or in the arena when it has escapes; data NULL: memory is out. */
struct slice scan_plain(struct slice raw, struct arena *arena);
/* Line and column, both from 1, of a byte inside a text; columns count characters (bytes that do not continue one). */
void scan_position(struct slice text, const char *where, size_t *ret_line, size_t *ret_column);

/* For tests: the engines of this machine, the scalar one being 0, the best one (used unless a test says otherwise) the last.
 * scan_use() chooses one for all threads from now on; false: there is none of that number. scan_engine_name() is NULL then. */
bool        scan_use(size_t engine);
const char *scan_engine_name(size_t number);
#endif
