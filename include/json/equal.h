/* Equality of raw JSON values as JSON Schema means it (enum, const, uniqueItems): numbers by value, strings with their escapes
 * undone, arrays in order, objects in any order. Raw values are slices of a text that is known to be JSON, without white space
 * around them, nested at most SCAN_DEPTH_MAX deep. */
#ifndef JSON_EQUAL_H
#define JSON_EQUAL_H
#include "base/base.h"

/* Exact. O(n log n); only objects of more than 16 members, in another order, take memory for a moment. */
bool     value_equal(struct slice a, struct slice b);
/* Equal values have equal hashes; keyed by the seed (hash_process_seed()), so that a stranger cannot choose collisions. */
uint64_t value_hash(struct slice raw, uint64_t seed);

/* Raw strings and keys, with their quotes. */
bool     string_equal(struct slice a, struct slice b);
/* Whether the raw string, escapes undone, is `text`. */
bool     string_is(struct slice raw, struct slice text);
uint64_t string_hash(struct slice raw, uint64_t seed);
/* Characters (code points) of the raw string, escapes undone: minLength and maxLength count these. */
size_t   string_length(struct slice raw);
#endif
