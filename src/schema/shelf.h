/* What the schemas of a plan share. */
#ifndef SCHEMA_SHELF_H
#define SCHEMA_SHELF_H
#include "schema/pattern.h"
#include "schema/schema.h"

/* The pattern, compiled now or before; lives as long as the shelf. NULL and an error as of pattern_compile();
 * nothing is kept then. */
const struct pattern *shelf_pattern(struct shelf *shelf, struct slice text, uint32_t match_limit, struct error *err);
#endif
