#include "server/keys_row.h"
#include "base/clock.h"
#include "base/suggest.h"
#include "enrich/glob.h"
#include "server/limit.h"
#include <errno.h>

/* One field of a row while it is read. The sentence says what is wrong with it. */
struct field {
        const char *text;
        struct key *key;
};

bool keys_name_fits(struct slice name)
{
        for (size_t i = 0; i < name.size; i++) {
                char c = char_lower(name.data[i]);
                if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
                        return false;
        }
        return name.size > 0 && name.size <= KEY_NAME_MAX;
}

static void list_add(struct text_list *list, const char *text)
{
        list->items = memory_grow(list->items, (list->count + 1) * sizeof(*list->items));
        list->items[list->count++] = text;
}

static bool read_number(const char *text, int64_t most, int64_t *ret_number)
{
        char *end;
        errno = 0;
        long long number = *text >= '0' && *text <= '9' ? strtoll(text, &end, 10) : -1;
        if (number < 0 || errno || *end || number > most)
                return false;
        *ret_number = number;
        return true;
}

static bool set_burst(struct field *field, struct error *err)
{
        return (read_number(field->text, BURST_MAX, &field->key->burst) && field->key->burst > 0) ||
               error_set(err, "wanted is a number of events from 1 to %lld", (long long)BURST_MAX);
}

static bool set_enabled(struct field *field, struct error *err)
{
        field->key->enabled = strcmp(field->text, "true") == 0;
        return field->key->enabled || strcmp(field->text, "false") == 0 || error_set(err, "wanted is true or false");
}

/* A day, from its first moment in UTC, or a time. */
static bool set_expires(struct field *field, struct error *err)
{
        char day[32];
        struct slice text = slice_of(field->text);
        if (text.size == 10) {
                (void)snprintf(day, sizeof(day), "%sT00:00:00Z", field->text);
                text = slice_of(day);
        }
        return clock_parse(text, &field->key->expires) ||
               error_set(err, "wanted is a day such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z (RFC 3339)");
}

static bool set_hash(struct field *field, struct error *err)
{
        struct slice text = slice_of(field->text), prefix = SLICE(KEY_HASH_PREFIX);
        if (slice_starts_with(text, prefix) &&
            digest_parse((struct slice){ text.data + prefix.size, text.size - prefix.size }, field->key->digest))
                return true;
        /* Not shown: it may be the key itself. */
        return error_set(err, "wanted is " KEY_HASH_PREFIX " and 64 hexadecimal digits, as `millrace key new` prints them");
}

static bool set_name(struct field *field, struct error *err)
{
        field->key->name = slice_of(field->text);
        return keys_name_fits(field->key->name) ||
               error_set(err, "wanted are up to %d letters, digits, '.', '_' and '-'", KEY_NAME_MAX);
}

/* As for http.cors.origins. */
static bool set_origin(struct field *field, struct error *err)
{
        list_add(&field->key->origins, field->text);
        return config_is_origin(field->text) ||
               error_set(err, "wanted is *, https://shop.example or https://*.example.com, without a path");
}

static bool set_rate(struct field *field, struct error *err)
{
        return read_number(field->text, RATE_MAX, &field->key->rate) ||
               error_set(err, "wanted is a number of events a second up to %d; 0: no limit", RATE_MAX);
}

static bool set_route(struct field *field, struct error *err)
{
        list_add(&field->key->routes, field->text);
        return (*field->text == '/' && strlen(field->text) <= GLOB_MAX) ||
               error_set(err, "wanted is a path such as /v1/events, or /v1/events/com.acme/* for all below");
}

static bool set_schema(struct field *field, struct error *err)
{
        list_add(&field->key->schemas, field->text);
        return (strchr(field->text, '/') && strlen(field->text) <= GLOB_MAX) ||
               error_set(err, "wanted is vendor/name, such as com.acme/sign_up or com.acme/*, with a version if you like");
}

static const struct {
        const char *name;
        bool        list;
        bool      (*set)(struct field *field, struct error *err);
} FIELDS[] = {
        { "burst",   false, set_burst   }, { "enabled", false, set_enabled }, { "expires", false, set_expires },
        { "hash",    false, set_hash    }, { "name",    false, set_name    }, { "origins", true,  set_origin  },
        { "rate",    false, set_rate    }, { "routes",  true,  set_route   }, { "schemas", true,  set_schema  },
};

static bool unknown(const struct rows *rows, const struct row *row, const struct tree_item *item, struct errors *errors)
{
        struct suggestion near;
        suggestion_init(&near, slice_of(item->path));
        for (size_t i = 0; i < COUNT_OF(FIELDS); i++)
                suggestion_offer(&near, slice_of(FIELDS[i].name));
        if (near.best.data)
                return rows_error(rows, row, item, errors, "a key has no such field; did you mean %.*s?", SLICE_ARGS(near.best));
        return rows_error(rows, row, item, errors, "a key has no such field");
}

static bool read_item(const struct rows *rows, const struct row *row, size_t number, struct key *key, struct errors *errors)
{
        const struct tree_item *item = &row->fields.items[number];
        struct field field = { .text = item->value, .key = key };
        struct error err;
        size_t i = 0;
        while (i < COUNT_OF(FIELDS) && strcmp(FIELDS[i].name, item->path) != 0)
                i++;
        if (i == COUNT_OF(FIELDS))
                return unknown(rows, row, item, errors);
        if (!FIELDS[i].list && number && strcmp(item->path, row->fields.items[number - 1].path) == 0)
                return rows_error(rows, row, item, errors, "more than one value");
        return FIELDS[i].set(&field, &err) || rows_error(rows, row, item, errors, "%s", err.text);
}

static bool row_has(const struct row *row, const char *name)
{
        for (size_t i = 0; i < row->fields.count; i++)
                if (strcmp(row->fields.items[i].path, name) == 0)
                        return true;
        return false;
}

bool keys_row_read(const struct rows *rows, const struct row *row, struct key *ret_key, struct errors *errors)
{
        static const char *const NEEDED[] = { "name", "hash" };
        bool good = true;
        *ret_key = (struct key){ .rate = -1, .burst = -1, .expires = INT64_MAX, .enabled = true, .line = row->line };
        for (size_t i = 0; i < COUNT_OF(NEEDED); i++)
                if (!row_has(row, NEEDED[i]))
                        good = rows_error(rows, row, NULL, errors, "a key needs a %s", NEEDED[i]);
        for (size_t i = 0; i < row->fields.count; i++)
                good &= read_item(rows, row, i, ret_key, errors);
        return good;
}

void keys_row_done(struct key *key)
{
        free(key->routes.items);
        free(key->schemas.items);
        free(key->origins.items);
}
