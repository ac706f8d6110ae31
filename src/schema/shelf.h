/* What the schemas of a plan share. */
#ifndef SCHEMA_SHELF_H
#define SCHEMA_SHELF_H
#include "base/arena.h"
#include "schema/pattern.h"
#include "schema/schema.h"

/* The pattern, compiled now or before; lives as long as the shelf. NULL and an error as of pattern_compile();
 * nothing is kept then. */
const struct pattern *shelf_pattern(struct shelf *shelf, struct slice text, uint32_t match_limit, struct error *err);

/* The leaf that was added under the key; NULL: none yet. It lies in the shelf's arena, settled: nobody writes to it. */
const struct node *shelf_leaf(const struct shelf *shelf, struct slice key);
void               shelf_leaf_add(struct shelf *shelf, struct slice key, const struct node *leaf);
struct arena      *shelf_arena(struct shelf *shelf);
#endif
