/* The registry of a tracking plan: a folder in Iglu's static layout, `VENDOR/NAME/jsonschema/M-R-A` with or without `.json`, and
 * what the remote registries gave. Everything is compiled when a plan is loaded; afterwards the registry is shared, and what
 * it says does not change. */
#ifndef SCHEMA_REGISTRY_H
#define SCHEMA_REGISTRY_H
#include "config/config.h"
#include "schema/schema.h"

struct remote;             /* schema/remote.h */
struct registry;
struct registry_entry;

/* Every mistake (a broken schema as "FILE:LINE:COLUMN: POINTER: SENTENCE", a `self` that says something else than the path, ...)
 * is added to `errors`; NULL then. `remote` may be NULL; what it gave comes behind the folder's, and never fails a plan. A $ref
 * reaches every other schema, by a relative path or as "iglu:vendor/name/jsonschema/M-R-A"; when the folder's schemas refer to
 * one that nobody has yet, the remote registries are asked, which takes as long as they may (schemas.remote_time each).
 * Bounds: schemas.count_limit, schemas.size_limit. */
struct registry *registry_load(const struct config *config, struct remote *remote, struct errors *errors);
void             registry_free(struct registry *registry);

/* By name, for every event: "vendor/name/M-R-A", "iglu:vendor/name/jsonschema/M-R-A", where a '/' may be written "\\/" as some
 * encoders do. NULL: not there. No allocation. */
const struct registry_entry *registry_find(const struct registry *registry, struct slice name);
/* The newest version by an event's `type`: "name" (when one vendor only has it), "vendor/name" or "vendor.name". NULL: none, or
 * several. */
const struct registry_entry *registry_newest(const struct registry *registry, struct slice type);
/* The same among those schemas only whose "vendor/name/M-R-A" is wanted: as if there were no others. */
const struct registry_entry *registry_newest_of(const struct registry *registry, struct slice type,
                                                bool (*wanted)(const void *context, struct slice key), const void *context);
/* A well-formed name of either form as "vendor/name/M-R-A" (in the arena, or inside `name`); data NULL: malformed, or memory is
 * out. */
struct slice registry_normal(struct slice name, struct arena *arena);

/* Found while loading, but no mistakes: a remote schema that does not compile (it is left out), a name that several vendors have.
 */
const struct errors *registry_notes(const struct registry *registry);

struct slice registry_key(const struct registry_entry *entry); /* "vendor/name/M-R-A"; lives as long as the registry */
const struct schema *registry_schema(const struct registry_entry *entry);
uint32_t             registry_slot(const struct registry_entry *entry);        /* its place in the metrics; 0 until set */
struct slice         registry_text(const struct registry_entry *entry);        /* the document; lives as long as the registry */
const char          *registry_source(const struct registry_entry *entry);      /* the file or URL that it was read from */
/* All of them, sorted by vendor, name, version. */
size_t                       registry_count(const struct registry *registry);
const struct registry_entry *registry_at(const struct registry *registry, size_t index);
/* While the plan is made, before others see it. */
void                         registry_set_slot(struct registry *registry, size_t index, uint32_t slot);
#endif
