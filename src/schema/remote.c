#include "schema/remote.h"
#include "base/clock.h"
#include "base/hash.h"
#include "json/equal.h"
#include "json/scan.h"
#include "remote_inner.h"
#include <stdarg.h>

#define ROW_OF(remote, key) (&(remote)->wants[hash_bytes((key).data, (key).size, (remote)->seed) % WANT_ROWS * WANT_WAYS])
#define HOST_MAX 256

void remote_note(struct remote *remote, const char *format, ...)
{
        char text[sizeof(struct error)];
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);
        (void)pthread_mutex_lock(&remote->lock);
        (void)errors_add(&remote->notes, "%s", text);
        (void)pthread_mutex_unlock(&remote->lock);
}

/* ---- configuration ---- */

/* The key for a host: the whole text when there is one registry, else of the pair HOST=KEY. */
static char *api_key_find(const char *text, const char *host, bool only)
{
        if (!strchr(text, '='))
                return *text && only ? slice_copy(slice_of(text)) : NULL;
        size_t size = strlen(host);
        while (*text) {
                text += strspn(text, ", ");
                size_t pair = strcspn(text, ", ");
                if (pair > size && strncasecmp(text, host, size) == 0 && text[size] == '=')
                        return slice_copy((struct slice){ text + size + 1, pair - size - 1 });
                text += pair;
        }
        return NULL;
}

/* "URL" or "VENDOR=URL". */
static bool base_parse(struct remote_base *base, const char *text, const struct config *config, struct error *err)
{
        const char *url = text, *equals = strchr(text, '=');
        char host[HOST_MAX];
        if (equals && equals < strstr(text, "://")) {
                struct slice vendor = slice_between(text, equals);
                if (!iglu_is_vendor(vendor))
                        return error_set(err, "'%.*s' is not a vendor", SLICE_ARGS(vendor));
                base->vendor = slice_copy(vendor);
                url = equals + 1;
        }
        if (!fetch_check_url(url, host, sizeof(host), err))
                return false;
        size_t size = strlen(url);
        while (url[size - 1] == '/')
                size--;
        base->url = slice_copy((struct slice){ url, size });
        base->key = api_key_find(config->schemas_api_key, host, config->schemas_remote.count == 1);
        return true;
}

static bool bases_read(struct remote *remote, const struct config *config, struct errors *errors)
{
        bool good = true;
        remote->bases = memory_get(config->schemas_remote.count * sizeof(*remote->bases));
        for (size_t i = 0; i < config->schemas_remote.count; i++) {
                struct error err;
                if (!base_parse(&remote->bases[remote->base_count++], config->schemas_remote.items[i], config, &err))
                        good = config_error(config, errors, "schemas.remote", "'%s': %s", config->schemas_remote.items[i],
                                            err.text);
        }
        if (*config->schemas_api_key && !strchr(config->schemas_api_key, '=') && config->schemas_remote.count > 1)
                good = config_error(config, errors, "schemas.api_key",
                                    "with several registries it must say whose key it is: HOST=KEY, HOST=KEY");
        return good;
}

struct remote *remote_new(const struct config *config, struct errors *errors)
{
        if (config->schemas_remote.count == 0)
                return NULL;
        struct remote *remote = memory_get(sizeof(*remote));
        *remote = (struct remote){
                .cache = slice_copy(slice_of(config->schemas_cache)),
                .time_ms = config->schemas_remote_time,
                .unknown_ms = config->schemas_unknown_time,
                .size_limit = (size_t)config->schemas_size_limit,
                .count_limit = (size_t)config->schemas_count_limit,
                .seed = hash_process_seed(),
        };
        BUG_IF(pthread_mutex_init(&remote->lock, NULL) != 0 || pthread_mutex_init(&remote->refreshing, NULL) != 0);
        fetch_start();
        remote->wants = memory_get(WANT_ROWS * WANT_WAYS * sizeof(*remote->wants));
        if (!bases_read(remote, config, errors)) {
                remote_free(remote);
                return NULL;
        }
        cache_load(remote);
        if (remote->count == 0)
                (void)remote_refresh_until(remote, true, clock_steady() + 2 * remote->time_ms);
        atomic_store(&remote->wanted, !remote->asked);
        return remote;
}

void remote_free(struct remote *remote)
{
        if (!remote)
                return;
        for (size_t i = 0; i < remote->base_count; i++) {
                free(remote->bases[i].url);
                free(remote->bases[i].vendor);
                free(remote->bases[i].key);
        }
        for (size_t i = 0; i < remote->count; i++)
                remote_document_done(&remote->documents[i]);
        free(remote->bases);
        free(remote->documents);
        free(remote->wants);
        free(remote->cache);
        errors_done(&remote->notes);
        (void)pthread_mutex_destroy(&remote->lock);
        (void)pthread_mutex_destroy(&remote->refreshing);
        fetch_end();
        free(remote);
}

void remote_stop(struct remote *remote)
{
        atomic_store(&remote->stop, true);
}

void remote_take_notes(struct remote *remote, struct errors *ret_notes)
{
        (void)pthread_mutex_lock(&remote->lock);
        *ret_notes = remote->notes;
        remote->notes = (struct errors){ 0 };
        (void)pthread_mutex_unlock(&remote->lock);
}

/* ---- documents ---- */

void remote_document_done(struct remote_document *document)
{
        free(document->key);
        free(document->text);
        free(document->source);
        free(document->etag);
        free(document->modified);
        *document = (struct remote_document){ 0 };
}

/* Where the key is, or belongs. */
static size_t document_place(const struct remote *remote, const char *key, bool *ret_found)
{
        size_t low = 0, high = remote->count;
        *ret_found = false;
        while (low < high) {
                size_t middle = low + (high - low) / 2;
                int order = strcmp(remote->documents[middle].key, key);
                if (order == 0)
                        *ret_found = true;
                if (order < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

struct remote_document *remote_document(struct remote *remote, const char *key)
{
        bool found;
        size_t place = document_place(remote, key, &found);
        return found ? &remote->documents[place] : NULL;
}

void remote_put(struct remote *remote, const struct remote_document *document)
{
        bool found;
        (void)pthread_mutex_lock(&remote->lock);
        size_t place = document_place(remote, document->key, &found);
        if (found) {
                remote_document_done(&remote->documents[place]);
        } else {
                if (remote->count == remote->capacity) {
                        remote->capacity = remote->capacity ? remote->capacity * 2 : 64;
                        remote->documents = memory_grow(remote->documents, remote->capacity * sizeof(*remote->documents));
                }
                memmove(&remote->documents[place + 1], &remote->documents[place],
                        (remote->count - place) * sizeof(*remote->documents));
                remote->count++;
        }
        remote->documents[place] = *document;
        (void)pthread_mutex_unlock(&remote->lock);
}

void remote_each(struct remote *remote, void (*each)(void *context, struct slice key, struct slice text, const char *source),
                 void *context)
{
        (void)pthread_mutex_lock(&remote->lock);
        for (size_t i = 0; i < remote->count; i++) {
                const struct remote_document *document = &remote->documents[i];
                each(context, slice_of(document->key), (struct slice){ document->text, document->size }, document->source);
        }
        (void)pthread_mutex_unlock(&remote->lock);
}

static bool self_says(struct slice text, const char *pointer, struct slice want)
{
        struct slice raw = scan_pointer(text, slice_of(pointer));
        return raw.data && *raw.data == '"' && string_is(raw, want);
}

bool remote_is_schema(struct slice text, const struct iglu *iglu)
{
        struct scan_error err;
        char version[40];
        (void)snprintf(version, sizeof(version), "%u-%u-%u", iglu->version[0], iglu->version[1], iglu->version[2]);
        return scan_text(text, &SCAN_UNLIMITED, &err) && self_says(text, "/self/vendor", iglu->vendor) &&
               self_says(text, "/self/name", iglu->name) && self_says(text, "/self/format", SLICE("jsonschema")) &&
               self_says(text, "/self/version", slice_of(version));
}

/* ---- wants ---- */

void remote_want(struct remote *remote, struct slice key)
{
        struct iglu iglu;
        char text[IGLU_KEY_MAX];
        if (!iglu_parse(key, &iglu))
                return;
        size_t size = iglu_format_key(&iglu, text);
        /* Somebody else is busy here: the next event of the kind asks again. No worker waits. */
        if (pthread_mutex_trylock(&remote->lock) != 0)
                return;
        struct want *row = ROW_OF(remote, ((struct slice){ text, size })), *place = NULL;
        int64_t now = clock_steady();
        bool known = remote_document(remote, text) != NULL;
        for (size_t way = 0; way < WANT_WAYS && !known; way++) {
                bool live = row[way].state == WANT_PENDING || (row[way].state == WANT_UNKNOWN && now < row[way].until);
                if (live && strcmp(row[way].key, text) == 0)
                        known = true;
                else if (!live)
                        place = &row[way];
        }
        if (!known && place && remote->pending < WANT_PENDING_MAX) {
                place->state = WANT_PENDING;
                memcpy(place->key, text, size + 1);
                remote->pending++;
                atomic_store(&remote->wanted, true);
        }
        (void)pthread_mutex_unlock(&remote->lock);
}

bool remote_wanted(const struct remote *remote)
{
        return atomic_load(&remote->wanted);
}
