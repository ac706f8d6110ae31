/* The registry of a tracking plan: a folder in Iglu's static layout, `VENDOR/NAME/jsonschema/M-R-A` with or without `.json`, and what
 * the remote registries gave. Everything is compiled when a plan is loaded; afterwards the registry is immutable and shared. */
#ifndef SCHEMA_REGISTRY_H
#define SCHEMA_REGISTRY_H
#include "config/config.h"
#include "schema/schema.h"

struct remote;             /* schema/remote.h */
struct registry;
struct registry_entry;

/* Every mistake (a broken schema with file:line:column and pointer, a `self` that says something else than the path, ...) is added to
 * `errors`; NULL then. `remote` may be NULL. */
struct registry *registry_load(const struct config *config, struct remote *remote, struct errors *errors);
void             registry_free(struct registry *registry);

/* By name, for every event: "vendor/name/M-R-A", "iglu:vendor/name/jsonschema/M-R-A". NULL: not there. No allocation. */
const struct registry_entry *registry_find(const struct registry *registry, struct slice name);
/* The newest version by an event's `type`: "name" (when one vendor only has it), "vendor/name" or "vendor.name". NULL: none, or several. */
const struct registry_entry *registry_newest(const struct registry *registry, struct slice type);
/* A well-formed name of either form as "vendor/name/M-R-A" (in the arena, or inside `name`); data NULL: malformed, or memory is out. */
struct slice registry_normal(struct slice name, struct arena *arena);

struct slice         registry_key(const struct registry_entry *entry);         /* "vendor/name/M-R-A"; lives as long as the registry */
const struct schema *registry_schema(const struct registry_entry *entry);
uint32_t             registry_slot(const struct registry_entry *entry);        /* its place in the metrics; 0 until set */
/* All of them, sorted by vendor, name, version. */
size_t                       registry_count(const struct registry *registry);
const struct registry_entry *registry_at(const struct registry *registry, size_t index);
/* While the plan is made, before others see it. */
void                         registry_set_slot(struct registry *registry, size_t index, uint32_t slot);
#endif
