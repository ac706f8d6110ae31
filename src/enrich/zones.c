#include "enrich/zones.h"
#include "base/buffer.h"
#include "base/file.h"
#include "base/hash.h"

#define LIST_MOST  ((size_t)4 << 20)       /* bytes of tzdata.zi and zone.tab; 110 KB in 2025 */
#define FILE_MOST  ((size_t)1 << 18)       /* bytes of a zone's file; 4 KB */
#define NAMES_MOST 4096                    /* 599 */
#define LINKS_DEEP 8
#define SLOTS      (4 * NAMES_MOST)

struct entry {
        struct zone_name   name;           /* `zone` NULL: a link that keeps no name of its own, or without a file */
        struct slice       target;         /* of a link; data NULL: a zone */
        const struct zone_name *found;     /* what the name stands for; NULL: nothing */
        struct zone       *own;
};
struct zones {
        char         *list, *places;       /* tzdata.zi and zone.tab; the names lie in the first */
        struct slice  version;
        struct entry *entries;
        size_t        count, canonical;
        uint16_t      slots[SLOTS];        /* entry + 1, by the lower-case name; 0: free */
        size_t        memory;
};

static char fold(char c) { return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c; }

/* The slot of the name, or the free one where it would be. */
static size_t slot_of(const struct zones *zones, struct slice name)
{
        char lower[ZONE_NAME];
        for (size_t i = 0; i < name.size; i++)
                lower[i] = fold(name.data[i]);
        size_t slot = (size_t)hash_bytes(lower, name.size, 0) % SLOTS;
        while (zones->slots[slot] && !slice_equal_nocase(zones->entries[zones->slots[slot] - 1].name.text, name))
                slot = (slot + 1) % SLOTS;
        return slot;
}

static struct entry *entry_find(const struct zones *zones, struct slice name)
{
        if (name.size > ZONE_NAME)
                return NULL;
        size_t slot = slot_of(zones, name);
        return zones->slots[slot] ? &zones->entries[zones->slots[slot] - 1] : NULL;
}

/* It becomes a part of a path. */
static bool name_good(struct slice name)
{
        if (name.size == 0 || name.size > ZONE_NAME || name.data[0] == '/')
                return false;
        for (size_t i = 0; i < name.size; i++) {
                char c = fold(name.data[i]);
                if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && !strchr("/_+-", c))
                        return false;
        }
        return true;
}

/* The next word of a line, without the white space around it; empty at its end. */
static struct slice word_next(struct slice *line)
{
        const char *at = line->data, *end = line->data + line->size;
        while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
                at++;
        const char *start = at;
        while (at < end && *at != ' ' && *at != '\t' && *at != '\r')
                at++;
        *line = slice_between(at, end);
        return slice_between(start, at);
}

static struct slice line_next(struct slice *rest)
{
        const char *end = memchr(rest->data, '\n', rest->size);
        struct slice line = end ? slice_between(rest->data, end) : *rest;
        rest->data += line.size + (end != NULL);
        rest->size -= line.size + (end != NULL);
        return line;
}

static void name_add(struct zones *zones, struct slice name, struct slice target)
{
        if (zones->count == NAMES_MOST || !name_good(name) || (target.data && !name_good(target)))
                return;
        size_t slot = slot_of(zones, name);
        if (zones->slots[slot])
                return;
        zones->entries[zones->count] = (struct entry){ .name.text = name, .target = target };
        zones->slots[slot] = (uint16_t)++zones->count;
}

/* "Z NAME ..." and "L TARGET NAME"; the rest is for the compiler of the files. */
static void names_read(struct zones *zones, struct slice text)
{
        static const struct slice VERSION = SLICE_INIT("# version ");
        while (text.size) {
                struct slice line = line_next(&text);
                if (slice_starts_with(line, VERSION) && !zones->version.data) {
                        zones->version = (struct slice){ line.data + VERSION.size, line.size - VERSION.size };
                        continue;
                }
                struct slice key = word_next(&line), first = word_next(&line);
                if (key.size == 1 && *key.data == 'Z')
                        name_add(zones, first, (struct slice){ 0 });
                else if (key.size == 1 && *key.data == 'L')
                        name_add(zones, word_next(&line), first);
        }
}

static struct zone *zone_load(const char *folder, struct slice name, struct errors *errors)
{
        struct buffer path;
        struct error  err;
        char   room[4096];
        size_t size;
        buffer_wrap(&path, room, sizeof(room));
        buffer_format(&path, "%s/%.*s", folder, SLICE_ARGS(name));
        buffer_add_char(&path, '\0');
        char *bytes = path.full ? NULL : file_read(room, FILE_MOST, &size, &err);
        if (!bytes) {
                (void)errors_add(errors, "%s", path.full ? "the path of the time zones is too long" : err.text);
                return NULL;
        }
        struct zone *zone = zone_read((struct slice){ bytes, size }, &err);
        if (!zone)
                (void)errors_add(errors, "'%s' is %s", room, err.text);
        free(bytes);
        return zone;
}

static const struct entry *link_end(const struct zones *zones, const struct entry *entry)
{
        for (size_t deep = 0; entry && entry->target.data; deep++)
                entry = deep < LINKS_DEEP ? entry_find(zones, entry->target) : NULL;
        return entry;
}

/* Zones first, then the links that are places, then the other names. */
static void zones_connect(struct zones *zones, const char *folder, struct slice places, struct errors *errors)
{
        for (struct entry *entry = zones->entries; entry < zones->entries + zones->count; entry++)
                if (!entry->target.data && (entry->own = zone_load(folder, entry->name.text, errors))) {
                        entry->name.zone = entry->own;
                        zones->memory += zone_memory(entry->own);
                }
        while (places.size) {
                struct slice line = line_next(&places);
                if (line.size == 0 || *line.data == '#')
                        continue;
                (void)word_next(&line);                    /* the country, the coordinates, the name */
                (void)word_next(&line);
                struct entry *entry = entry_find(zones, word_next(&line));
                const struct entry *end = entry ? link_end(zones, entry) : NULL;
                if (end)
                        entry->name.zone = end->own;
        }
        for (struct entry *entry = zones->entries; entry < zones->entries + zones->count; entry++) {
                const struct entry *end = entry->name.zone ? entry : link_end(zones, entry);
                entry->found = end && end->name.zone ? &end->name : NULL;
                if (entry->name.zone)
                        entry->name.number = (uint32_t)zones->canonical++;
        }
}

static char *list_load(const char *folder, const char *name, size_t *ret_size, struct error *err)
{
        char path[4096];
        if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path)) {
                (void)error_set(err, "the path of the time zones is too long");
                return NULL;
        }
        return file_read(path, LIST_MOST, ret_size, err);
}

struct zones *zones_load(const char *folder, struct errors *errors)
{
        struct zones *zones = memory_get(sizeof(*zones));
        struct error  err;
        size_t size, places = 0, mistakes = errors_total(errors);
        zones->list = list_load(folder, "tzdata.zi", &size, &err);
        if (!zones->list) {
                (void)errors_add(errors, "%s; the time zones come with the Debian package tzdata", err.text);
                zones_free(zones);
                return NULL;
        }
        zones->places = list_load(folder, "zone.tab", &places, &err);      /* without it every link is another name */
        zones->entries = memory_get(NAMES_MOST * sizeof(*zones->entries));
        names_read(zones, (struct slice){ zones->list, size });
        zones_connect(zones, folder, (struct slice){ zones->places, places }, errors);
        if (zones->canonical == 0 && errors_total(errors) == mistakes)
                (void)errors_add(errors, "'%s/tzdata.zi' names no time zone", folder);
        zones->memory += sizeof(*zones) + size + places + NAMES_MOST * sizeof(*zones->entries);
        if (errors_total(errors) == mistakes)
                return zones;
        zones_free(zones);
        return NULL;
}

void zones_free(struct zones *zones)
{
        if (!zones)
                return;
        for (size_t i = 0; i < zones->count; i++)
                zone_free(zones->entries[i].own);
        free(zones->entries);
        free(zones->list);
        free(zones->places);
        free(zones);
}

const struct zone_name *zones_find(const struct zones *zones, struct slice name)
{
        const struct entry *entry = entry_find(zones, name);
        return entry ? entry->found : NULL;
}

size_t zones_count(const struct zones *zones) { return zones->canonical; }
size_t zones_memory(const struct zones *zones) { return zones->memory; }
struct slice zones_version(const struct zones *zones) { return zones->version; }
