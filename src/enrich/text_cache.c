#include "enrich/text_cache.h"
#include "base/hash.h"

#define WAYS      8
#define AGE_MOST  3
#define RESERVE   (64u << 10)      /* larger than any entry that the limits of the enrichments allow by default */
#define ENTRY_BYTES 1024           /* of memory an entry may take on average */

/* One set is two cache lines: the tags tell, nearly always, which way to look at. */
struct set {
        uint32_t tag[WAYS];
        uint8_t  age[WAYS];        /* 0: never used again since its neighbours came */
        struct cached *entry[WAYS];
} __attribute__((aligned(64)));

struct text_cache {
        struct set *sets;
        size_t      mask, bytes, bytes_most;
        uint64_t    seed;
        const struct cached *last;    /* the events of a request share one text */
        struct cached       *loose;   /* the newest that was too large to keep */
        struct cached       *reserve; /* RESERVE bytes, for one entry when memory is out; it is not kept */
};

struct text_cache *text_cache_new(size_t entries)
{
        struct text_cache *cache = memory_get(sizeof(*cache));
        size_t sets = 1;
        while (sets * WAYS < entries)
                sets *= 2;
        cache->sets = memory_had(aligned_alloc(64, sets * sizeof(*cache->sets)));
        cache->reserve = memory_had(malloc(RESERVE));
        memset(cache->sets, 0, sets * sizeof(*cache->sets));
        cache->mask = sets - 1;
        cache->bytes_most = sets * WAYS * ENTRY_BYTES;
        cache->seed = hash_process_seed();
        return cache;
}

void text_cache_free(struct text_cache *cache)
{
        if (!cache)
                return;
        for (size_t i = 0; i <= cache->mask; i++)
                for (size_t way = 0; way < WAYS; way++)
                        free(cache->sets[i].entry[way]);
        free(cache->sets);
        free(cache->loose);
        free(cache->reserve);
        free(cache);
}

size_t text_cache_bytes(const struct text_cache *cache) { return cache->bytes; }

static inline size_t entry_bytes(const struct cached *entry)
{
        return sizeof(*entry) + entry->note_size + entry->key_size + entry->text_size;
}

static inline bool entry_is(const struct cached *entry, struct slice key)
{
        return entry->key_size == key.size && memcmp(entry->bytes + entry->note_size, key.data, key.size) == 0;
}

const struct cached *text_cache_find(struct text_cache *cache, struct slice key)
{
        if (cache->last && entry_is(cache->last, key))
                return cache->last;
        uint64_t    hash = hash_bytes(key.data, key.size, cache->seed);
        struct set *set = &cache->sets[hash & cache->mask];
        for (size_t way = 0; way < WAYS; way++) {
                struct cached *entry = set->entry[way];
                if (set->tag[way] != (uint32_t)(hash >> 32) || !entry || !entry_is(entry, key))
                        continue;
                set->age[way] = set->age[way] < AGE_MOST ? set->age[way] + 1 : AGE_MOST;
                return cache->last = entry;
        }
        return NULL;
}

/* The way to give up: an empty one, else one that was used least lately; all others grow older by as much. */
static size_t set_victim(struct set *set)
{
        size_t victim = 0;
        for (size_t way = 0; way < WAYS; way++) {
                if (!set->entry[way])
                        return way;
                if (set->age[way] < set->age[victim])
                        victim = way;
        }
        uint8_t least = set->age[victim];
        for (size_t way = 0; way < WAYS; way++)
                set->age[way] -= least;
        return victim;
}

static void way_drop(struct text_cache *cache, struct set *set, size_t way)
{
        struct cached *entry = set->entry[way];
        if (!entry)
                return;
        cache->bytes -= entry_bytes(entry);
        set->entry[way] = NULL;
        set->tag[way] = 0;
        free(entry);
}

/* Room for one more entry of that size: the set's way, or WAYS when it is too large to be kept. */
static size_t way_clear(struct text_cache *cache, struct set *set, size_t size)
{
        if (size > cache->bytes_most / (cache->mask + 1))
                return WAYS;
        size_t victim = set_victim(set);
        way_drop(cache, set, victim);
        for (size_t way = 0; way < WAYS && cache->bytes + size > cache->bytes_most; way++)
                way_drop(cache, set, way);
        return cache->bytes + size <= cache->bytes_most ? victim : WAYS;
}

static struct cached *entry_new(const struct text_cache *cache, struct slice key, const struct field_writer *writer,
                                const void *note, size_t note_size)
{
        size_t text_size = 0;
        for (size_t i = 0; i < writer->count; i++)
                text_size += writer->piece[i].size;
        size_t size = sizeof(struct cached) + note_size + key.size + text_size + READABLE_PADDING;
        struct cached *entry = malloc(size);
        if (UNLIKELY(!entry))
                entry = size <= RESERVE ? cache->reserve : memory_had(NULL);
        *entry = (struct cached){ .key_size = (uint32_t)key.size, .text_size = (uint32_t)text_size,
                                  .note_size = (uint32_t)note_size, .count = (uint8_t)writer->count };
        if (note_size)
                memcpy(entry->bytes, note, note_size);
        memcpy(entry->bytes + note_size, key.data, key.size);
        char *at = entry->bytes + note_size + key.size;
        for (size_t i = 0; i < writer->count; i++) {
                entry->group[i] = (uint8_t)writer->piece[i].group;
                entry->size[i] = (uint32_t)writer->piece[i].size;
                memcpy(at, writer->out->data + writer->piece[i].start, writer->piece[i].size);
                at += writer->piece[i].size;
        }
        return entry;
}

const struct cached *text_cache_add(struct text_cache *cache, struct slice key, const struct field_writer *writer,
                                    const void *note, size_t note_size)
{
        struct cached *entry = entry_new(cache, key, writer, note, note_size);
        if (UNLIKELY(entry == cache->reserve))
                return cache->last = entry;
        uint64_t    hash = hash_bytes(key.data, key.size, cache->seed);
        struct set *set = &cache->sets[hash & cache->mask];
        size_t      way = way_clear(cache, set, entry_bytes(entry));
        if (way == WAYS) {
                free(cache->loose);
                cache->loose = entry;
        } else {
                set->entry[way] = entry;
                set->tag[way] = (uint32_t)(hash >> 32);
                set->age[way] = 1;
                cache->bytes += entry_bytes(entry);
        }
        return cache->last = entry;
}
