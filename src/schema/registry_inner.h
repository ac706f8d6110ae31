/* What the files of the registry share. */
#ifndef SCHEMA_REGISTRY_INNER_H
#define SCHEMA_REGISTRY_INNER_H
#include "program.h"
#include "schema/iglu.h"
#include "schema/registry.h"

struct registry_entry {
        struct slice   key;        /* "vendor/name/M-R-A"; this and the next two are on an event's way */
        struct schema *schema;
        uint32_t       slot;
        bool           remote;
        struct iglu    iglu;       /* views into key */
        struct slice   uri;        /* "iglu:vendor/name/jsonschema/M-R-A"; behind it, unseen, "vendor.name" */
        char          *source;     /* the file, or the URL, for messages */
        struct slice   text;       /* the document */
        const struct registry_entry *same_name;    /* the newest of another vendor's schema of that name; NULL: the last */
} __attribute__((aligned(CACHE_LINE)));

/* Texts to entries: open addressing, at most half full. A text is borrowed from its entry. */
struct lookup_slot {
        uint64_t                     hash;
        struct slice                 text;         /* data NULL: free */
        const struct registry_entry *entry;        /* NULL: several have that name */
        const struct registry_entry *first;        /* of those that have it: the others by same_name */
        const char                  *near;         /* what a check against it looks at first; NULL: there are few */
} __attribute__((aligned(CACHE_LINE)));
struct lookup {
        struct lookup_slot *slots;
        size_t              mask;
};

struct registry {
        struct registry_entry *entries;            /* count of them, sorted by iglu_compare() once loaded */
        size_t                 count, capacity;
        struct lookup          names;              /* both forms */
        struct lookup          types;
        struct errors          notes;
        struct shelf          *shelf;              /* of all its schemas */
        uint64_t               seed;
};

/* Takes the document (malloc) and a copy of the source. */
void registry_add(struct registry *registry, const struct iglu *iglu, const char *source, struct slice text, bool remote);
/* Fills the two lookups from the sorted entries that have a schema. */
void registry_index(struct registry *registry);
/* Every document of the folder, unchecked; false when there was any mistake. */
bool registry_read_folder(struct registry *registry, const struct config *config, struct errors *errors);
#endif
