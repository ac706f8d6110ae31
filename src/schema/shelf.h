/* What the schemas of a plan share. */
#ifndef SCHEMA_SHELF_H
#define SCHEMA_SHELF_H
#include "base/arena.h"
#include "schema/pattern.h"
#include "schema/schema.h"

/* The pattern, compiled now or before; lives as long as the shelf. NULL and an error as of pattern_compile();
 * nothing is kept then. */
const struct pattern *shelf_pattern(struct shelf *shelf, struct slice text, uint32_t match_limit, struct error *err);

/* The leaf that was added under the key, and the bytes that it takes; NULL: none yet. It lies in the shelf's arena, settled:
 * nobody writes to it. */
const struct node *shelf_leaf(const struct shelf *shelf, struct slice key, size_t *ret_bytes);
void               shelf_leaf_add(struct shelf *shelf, struct slice key, const struct node *leaf, size_t bytes);
struct arena      *shelf_arena(struct shelf *shelf);
#endif
