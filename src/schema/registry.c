#include "schema/registry.h"
#include "base/hash.h"
#include "registry_inner.h"
#include "shelf.h"

/* So many are presumably at hand, whichever an event names. */
#define SCHEMAS_FEW 64

/* ---- lookups ---- */

static void *lines_get(size_t size) { return memory_had(aligned_alloc(CACHE_LINE, size)); }

static void lookup_init(struct lookup *lookup, size_t texts)
{
        size_t size = 16;
        while (size < texts * 2)
                size *= 2;
        *lookup = (struct lookup){ .slots = lines_get(size * sizeof(*lookup->slots)), .mask = size - 1 };
        memset(lookup->slots, 0, size * sizeof(*lookup->slots));
}

/* The slot of the text, or the free one where it belongs. */
static struct lookup_slot *lookup_slot(const struct lookup *lookup, struct slice text, uint64_t hash)
{
        for (size_t at = hash & lookup->mask;; at = (at + 1) & lookup->mask) {
                struct lookup_slot *slot = &lookup->slots[at];
                if (!slot->text.data)
                        return slot;
                if (slot->hash != hash)
                        continue;
                if (slot->near) {                  /* it is the one, as good as surely */
                        __builtin_prefetch(slot->text.data);
                        __builtin_prefetch(slot->text.data + slot->text.size);
                        __builtin_prefetch(slot->first);
                        schema_fetch_near(slot->near);
                }
                if (slice_equal(slot->text, text))
                        return slot;
        }
}

/* False, and nobody has it any more: another entry had the text already. */
static bool lookup_add(const struct registry *registry, struct lookup *lookup, struct slice text, struct registry_entry *entry)
{
        uint64_t hash = hash_bytes(text.data, text.size, registry->seed);
        struct lookup_slot *slot = lookup_slot(lookup, text, hash);
        bool fresh = !slot->text.data;
        if (!fresh)
                entry->same_name = slot->first;
        *slot = (struct lookup_slot){ .hash = hash, .text = text, .entry = fresh ? entry : NULL, .first = entry,
                                      .near = registry->count > SCHEMAS_FEW ? schema_near(entry->schema) : NULL };
        return fresh;
}

static const struct lookup_slot NOBODY;

static const struct lookup_slot *lookup_find(const struct lookup *lookup, struct slice text, uint64_t seed)
{
        return text.size ? lookup_slot(lookup, text, hash_bytes(text.data, text.size, seed)) : &NOBODY;
}

/* Some encoders write every '/' as "\/". Names hold nothing else that is ever escaped, so other escapes name nothing. */
static struct slice slashes_undo(struct slice text, char plain[IGLU_KEY_MAX])
{
        size_t size = 0;
        for (size_t i = 0; i < text.size && size < IGLU_KEY_MAX; i++) {
                if (text.data[i] == '\\' && i + 1 < text.size && text.data[i + 1] == '/')
                        i++;
                plain[size++] = text.data[i];
        }
        return (struct slice){ plain, size };
}

/* ---- on an event's way ---- */

static const struct lookup_slot *find_either(const struct registry *registry, const struct lookup *lookup, struct slice text)
{
        char plain[IGLU_KEY_MAX];
        const struct lookup_slot *slot = lookup_find(lookup, text, registry->seed);
        if (LIKELY(slot->first) || !text.size || !memchr(text.data, '\\', text.size) || text.size > 2 * (size_t)IGLU_KEY_MAX)
                return slot;
        return lookup_find(lookup, slashes_undo(text, plain), registry->seed);
}

const struct registry_entry *registry_find(const struct registry *registry, struct slice name)
{
        return find_either(registry, &registry->names, name)->entry;
}

const struct registry_entry *registry_newest(const struct registry *registry, struct slice type)
{
        return find_either(registry, &registry->types, type)->entry;
}

/* Of one vendor's versions, which lie side by side, the oldest first. */
static const struct registry_entry *newest_of(const struct registry *registry, const struct registry_entry *newest,
                                              bool (*wanted)(const void *context, struct slice key), const void *context)
{
        for (const struct registry_entry *entry = newest;; entry--) {
                if (!slice_equal(entry->iglu.vendor, newest->iglu.vendor) || !slice_equal(entry->iglu.name, newest->iglu.name))
                        return NULL;
                if (wanted(context, entry->key))
                        return entry;
                if (entry == registry->entries)
                        return NULL;
        }
}

const struct registry_entry *registry_newest_of(const struct registry *registry, struct slice type,
                                                bool (*wanted)(const void *context, struct slice key), const void *context)
{
        const struct lookup_slot *slot = find_either(registry, &registry->types, type);
        const struct registry_entry *found = NULL;
        bool alone = slot->first && slot->text.size == slot->first->iglu.name.size;        /* else it names a vendor, too */
        for (const struct registry_entry *at = slot->first; at; at = alone ? at->same_name : NULL) {
                const struct registry_entry *entry = newest_of(registry, at, wanted, context);
                if (entry && found)
                        return NULL;
                found = entry ? entry : found;
        }
        return found;
}

struct slice registry_normal(struct slice name, struct arena *arena)
{
        static const struct slice URI = SLICE_INIT("iglu:");
        char plain[IGLU_KEY_MAX], key[IGLU_KEY_MAX];
        struct iglu iglu;
        bool escaped = name.size && name.size <= 2 * (size_t)IGLU_KEY_MAX && memchr(name.data, '\\', name.size);
        if (!iglu_parse(escaped ? slashes_undo(name, plain) : name, &iglu))
                return (struct slice){ 0 };
        if (!escaped && !slice_starts_with(name, URI))
                return name;
        size_t size = iglu_format_key(&iglu, key);
        return arena_copy(arena, (struct slice){ key, size });
}

struct slice registry_key(const struct registry_entry *entry) { return entry->key; }
const struct schema *registry_schema(const struct registry_entry *entry) { return entry->schema; }
uint32_t registry_slot(const struct registry_entry *entry) { return entry->slot; }
struct slice registry_text(const struct registry_entry *entry) { return entry->text; }
const char *registry_source(const struct registry_entry *entry) { return entry->source; }
size_t registry_count(const struct registry *registry) { return registry->count; }
const struct errors *registry_notes(const struct registry *registry) { return &registry->notes; }

const struct registry_entry *registry_at(const struct registry *registry, size_t index)
{
        BUG_IF(index >= registry->count);
        return &registry->entries[index];
}

void registry_set_slot(struct registry *registry, size_t index, uint32_t slot)
{
        BUG_IF(index >= registry->count);
        registry->entries[index].slot = slot;
}

/* ---- while it is made ---- */

void registry_add(struct registry *registry, const struct iglu *iglu, const char *source, struct slice text, bool remote)
{
        if (registry->count == registry->capacity) {
                registry->capacity = registry->capacity ? registry->capacity * 2 : 64;
                struct registry_entry *entries = lines_get(registry->capacity * sizeof(*entries));
                if (registry->count)
                        memcpy(entries, registry->entries, registry->count * sizeof(*entries));
                free(registry->entries);
                registry->entries = entries;
        }
        char key[IGLU_KEY_MAX], uri[IGLU_KEY_MAX];
        size_t key_size = iglu_format_key(iglu, key), uri_size = iglu_format_uri(iglu, uri);
        size_t size = key_size + uri_size + iglu->vendor.size + iglu->name.size + 1;
        char *names = memory_had(arena_take(shelf_arena(registry->shelf), size));
        memcpy(names, key, key_size);
        memcpy(names + key_size, uri, uri_size);
        struct registry_entry *entry = &registry->entries[registry->count++];
        *entry = (struct registry_entry){
                .iglu = *iglu,
                .key = { names, key_size },
                .uri = { names + key_size, uri_size },
                .source = slice_copy(slice_of(source)),
                .text = text,
                .remote = remote,
        };
        entry->iglu.vendor.data = names;
        entry->iglu.name.data = names + iglu->vendor.size + 1;
}

/* "vendor/name", "vendor.name", and "name" lead to the newest version; "name" only when no other vendor has it. */
static void index_type(struct registry *registry, struct registry_entry *newest)
{
        const struct iglu *iglu = &newest->iglu;
        size_t size = iglu->vendor.size + 1 + iglu->name.size;
        char *dotted = (char *)(uintptr_t)newest->uri.data + newest->uri.size;
        memcpy(dotted, newest->key.data, size);
        dotted[iglu->vendor.size] = '.';
        (void)lookup_add(registry, &registry->types, (struct slice){ newest->key.data, size }, newest);
        (void)lookup_add(registry, &registry->types, (struct slice){ dotted, size }, newest);
        if (!lookup_add(registry, &registry->types, iglu->name, newest))
                (void)errors_add(&registry->notes,
                                 "several vendors have a schema named '%.*s': an event with only this type is rejected; "
                                 "it must say '%.*s', or name its schema",
                                 SLICE_ARGS(iglu->name), (int)size, dotted);
}

void registry_index(struct registry *registry)
{
        registry->seed = hash_process_seed();
        lookup_init(&registry->names, registry->count * 2);
        lookup_init(&registry->types, registry->count * 3);
        for (size_t i = 0; i < registry->count; i++) {
                struct registry_entry *entry = &registry->entries[i];
                const struct registry_entry *next = i + 1 < registry->count ? entry + 1 : NULL;
                (void)lookup_add(registry, &registry->names, entry->key, entry);
                (void)lookup_add(registry, &registry->names, entry->uri, entry);
                if (!next || !slice_equal(entry->iglu.vendor, next->iglu.vendor) ||
                    !slice_equal(entry->iglu.name, next->iglu.name))
                        index_type(registry, entry);
        }
}

void registry_free(struct registry *registry)
{
        if (!registry)
                return;
        for (size_t i = 0; i < registry->count; i++) {
                struct registry_entry *entry = &registry->entries[i];
                schema_free(entry->schema);
                free(entry->source);
                free((void *)(uintptr_t)entry->text.data);
        }
        free(registry->entries);
        free(registry->names.slots);
        free(registry->types.slots);
        errors_done(&registry->notes);
        shelf_free(registry->shelf);
        free(registry);
}
