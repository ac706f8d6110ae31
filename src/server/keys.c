#include "server/keys.h"
#include "enrich/glob.h"
#include "schema/iglu.h"
#include "server/cors.h"
#include "server/keys_row.h"

struct keys {
        struct rows rows;          /* every text */
        struct key *items;
        size_t      count;
        size_t      mask;          /* places of `index` - 1 */
        uint32_t   *index;         /* by digest: number of the key, from 1; 0: free. At most half of it is taken */
};

/* The bits of a digest are as good as a hash: who presents a key cannot choose them, nor are they worth anything. */
static size_t place_of(const struct keys *keys, const uint8_t digest[DIGEST_SIZE])
{
        size_t place;
        memcpy(&place, digest, sizeof(place));
        return place & keys->mask;
}

const struct key *keys_find(const struct keys *keys, const uint8_t digest[DIGEST_SIZE])
{
        for (size_t at = place_of(keys, digest); keys->index[at]; at = (at + 1) & keys->mask)
                if (digest_equal(keys->items[keys->index[at] - 1].digest, digest))
                        return &keys->items[keys->index[at] - 1];
        return NULL;
}

static void index_add(struct keys *keys, size_t number, struct errors *errors)
{
        const struct key *key = &keys->items[number], *other = keys_find(keys, key->digest);
        if (other) {
                (void)rows_error(&keys->rows, &keys->rows.items[number], NULL, errors, "the same key as on line %zu",
                                 other->line);
                return;
        }
        size_t at = place_of(keys, key->digest);
        while (keys->index[at])
                at = (at + 1) & keys->mask;
        keys->index[at] = (uint32_t)number + 1;
}

static struct keys *keys_make(struct rows *rows, struct errors *errors)
{
        struct keys *keys = memory_get(sizeof(*keys));
        size_t places = 16;
        while (places < 2 * rows->count)
                places *= 2;
        keys->rows = *rows;
        keys->count = rows->count;
        keys->mask = places - 1;
        keys->index = memory_get(places * sizeof(*keys->index));
        keys->items = memory_get((rows->count + 1) * sizeof(*keys->items));
        for (size_t i = 0; i < rows->count; i++)
                if (keys_row_read(&keys->rows, &rows->items[i], &keys->items[i], errors))
                        index_add(keys, i, errors);
        return keys;
}

static struct keys *keys_finish(struct rows *rows, bool read, struct errors *errors, size_t before)
{
        struct keys *keys = keys_make(rows, errors);
        if (read && errors_total(errors) == before)
                return keys;
        keys_free(keys);
        return NULL;
}

struct keys *keys_load(const char *file, struct errors *errors)
{
        struct rows rows;
        size_t before = errors_total(errors);
        bool read = rows_load(&rows, file, "keys", errors);
        return keys_finish(&rows, read, errors, before);
}

struct keys *keys_read(const char *file, struct slice yaml, struct errors *errors)
{
        struct rows rows;
        size_t before = errors_total(errors);
        bool read = rows_read(&rows, file, yaml, "keys", errors);
        return keys_finish(&rows, read, errors, before);
}

void keys_free(struct keys *keys)
{
        if (!keys)
                return;
        for (size_t i = 0; i < keys->count; i++)
                keys_row_done(&keys->items[i]);
        free(keys->items);
        free(keys->index);
        rows_done(&keys->rows);
        free(keys);
}

size_t keys_count(const struct keys *keys) { return keys->count; }
struct key *keys_at(struct keys *keys, size_t i) { return &keys->items[i]; }

/* ---- judging ---- */
static bool any_glob(const struct text_list *patterns, struct slice text)
{
        for (size_t i = 0; i < patterns->count; i++)
                if (glob_match(slice_of(patterns->items[i]), text))
                        return true;
        return patterns->count == 0;
}

static bool any_origin(const struct text_list *patterns, struct slice origin)
{
        for (size_t i = 0; i < patterns->count; i++)
                if (cors_fits(slice_of(patterns->items[i]), origin))
                        return true;
        return patterns->count == 0;
}

enum http_fault keys_judge(const struct key *key, struct slice path, struct slice origin, int64_t now)
{
        if (!key->enabled)
                return HTTP_FAULT_key_disabled;
        if (now >= key->expires)
                return HTTP_FAULT_key_expired;
        if (!any_glob(&key->routes, path))
                return HTTP_FAULT_key_route;
        if (origin.data && !any_origin(&key->origins, origin))
                return HTTP_FAULT_key_origin;
        return HTTP_SOUND;
}

bool keys_allow_schema(const struct key *key, struct slice schema)
{
        size_t size = schema.size;
        while (size && schema.data[size - 1] != '/')
                size--;
        return any_glob(&key->schemas, schema) ||
               (size && any_glob(&key->schemas, (struct slice){ schema.data, size - 1 }));
}

/* Against "vendor/name" and "vendor/name/version". */
static bool may_mean(const char *pattern, struct slice vendor, struct slice name)
{
        char text[2 * IGLU_PART_MAX + 8];
        int size = snprintf(text, sizeof(text), "%.*s/%.*s/*", SLICE_ARGS(vendor), SLICE_ARGS(name));
        struct slice all = { text, (size_t)size }, unversioned = { text, (size_t)size - 2 };
        return glob_meets(slice_of(pattern), all) || glob_meets(slice_of(pattern), unversioned);
}

bool keys_allow_type(const struct key *key, struct slice type)
{
        char plain[2 * IGLU_PART_MAX + 2];
        struct slice vendor = SLICE("*"), name;
        size_t size = 0, last = 0;
        for (size_t i = 0; i < type.size && size < sizeof(plain); i++) {
                if (type.data[i] == '\\')         /* of "\/"; nothing else in a name is ever escaped */
                        continue;
                if (type.data[i] == '/' || type.data[i] == '.')
                        last = size + 1;
                plain[size++] = type.data[i];
        }
        if (size == sizeof(plain))
                return false;
        name = (struct slice){ plain + last, size - last };
        if (last > 1)
                vendor = (struct slice){ plain, last - 1 };
        if (vendor.size > IGLU_PART_MAX || name.size > IGLU_PART_MAX)
                return false;
        for (size_t i = 0; i < key->schemas.count; i++)
                if (may_mean(key->schemas.items[i], vendor, name))
                        return true;
        return key->schemas.count == 0;
}
