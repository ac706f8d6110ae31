/* One refresh: which names to ask for, whom, and what to make of the answers. */
#include "base/clock.h"
#include "base/hash.h"
#include "json/scan.h"
#include "remote_inner.h"

#define LIST_MAX ((size_t)4 << 20)     /* bytes of a registry's list */
#define RETRY_MS 30000                 /* a name whose registries failed is asked for again after this */
#define PATH_SIZE (IGLU_KEY_MAX + 32)

struct refreshing {
        struct remote *remote;
        struct fetch  *fetch;
        char         **names;          /* keys to ask for */
        size_t         count, capacity;
        int64_t        deadline;
        bool           changed;
};

static bool time_is_up(const struct refreshing *r)
{
        return atomic_load(&r->remote->stop) || clock_steady() >= r->deadline;
}

static void name_add(struct refreshing *r, const char *key)
{
        if (r->count == r->capacity) {
                r->capacity = r->capacity ? r->capacity * 2 : 64;
                r->names = memory_grow(r->names, r->capacity * sizeof(*r->names));
        }
        r->names[r->count++] = slice_copy(slice_of(key));
}

static void base_failed(struct refreshing *r, struct remote_base *base, const char *path, const struct answer *answer)
{
        base->down = true;
        if (atomic_load(&r->remote->stop))
                return;
        if (answer->status)
                remote_note(r->remote, "%s%s: the registry answers %ld; it is left alone until the next refresh", base->url, path,
                            answer->status);
        else
                remote_note(r->remote, "%s%s: %s; the registry is left alone until the next refresh", base->url, path,
                            answer->error);
}

static bool answer_is_failure(const struct answer *answer)
{
        return answer->status == 0 || answer->status >= 500 || answer->status == 429;
}

/* ---- names ---- */

static bool base_serves(const struct remote_base *base, struct slice vendor)
{
        size_t size = base->vendor ? strlen(base->vendor) : 0;
        return !base->vendor || (vendor.size >= size && memcmp(vendor.data, base->vendor, size) == 0 &&
                                 (vendor.size == size || vendor.data[size] == '.'));
}

/* Iglu's server lists what it has at "schemas"; a static folder answers 403, 404 or a page. */
static void list_read(struct refreshing *r, struct remote_base *base)
{
        struct answer answer;
        struct scan_error err;
        fetch_get(r->fetch, base, "/schemas", LIST_MAX, "", "", &answer);
        if (answer.over || answer_is_failure(&answer)) {
                base_failed(r, base, "/schemas", &answer);
                return;
        }
        struct slice text = { answer.text, answer.size };
        if (answer.status == 200 && scan_text(text, &SCAN_UNLIMITED, &err)) {
                const char *end = slice_end(text), *at = scan_space(text.data, end);
                for (at = *at == '[' ? scan_space(at + 1, end) : end; at < end && *at == '"';) {
                        char key[IGLU_KEY_MAX], plain[2 * IGLU_KEY_MAX];
                        struct iglu iglu;
                        const char *behind = scan_string(at, end, &SCAN_UNLIMITED, NULL, &err);
                        struct slice raw = slice_between(at, behind);
                        if (raw.size <= sizeof(plain) && iglu_parse((struct slice){ plain, scan_unescape(raw, plain) }, &iglu) &&
                            base_serves(base, iglu.vendor) && r->count + r->remote->count < r->remote->count_limit) {
                                (void)iglu_format_key(&iglu, key);
                                if (!remote_document(r->remote, key))
                                        name_add(r, key);
                        }
                        at = scan_space(behind, end);
                        at = scan_space(at < end && *at == ',' ? at + 1 : end, end);
                }
        }
        free(answer.text);
}

static void wants_read(struct refreshing *r)
{
        struct remote *remote = r->remote;
        (void)pthread_mutex_lock(&remote->lock);
        for (size_t i = 0; i < (size_t)WANT_ROWS * WANT_WAYS && remote->pending; i++)
                if (remote->wants[i].state == WANT_PENDING)
                        name_add(r, remote->wants[i].key);
        atomic_store(&remote->wanted, false);
        (void)pthread_mutex_unlock(&remote->lock);
}

/* A wanted name has its answer: it is there, or unknown for a while. */
static void want_settle(struct remote *remote, const char *key, bool found, int64_t unknown_ms)
{
        (void)pthread_mutex_lock(&remote->lock);
        struct want *row = &remote->wants[hash_bytes(key, strlen(key), remote->seed) % WANT_ROWS * WANT_WAYS];
        for (size_t way = 0; way < WANT_WAYS; way++)
                if (row[way].state == WANT_PENDING && strcmp(row[way].key, key) == 0) {
                        row[way].state = found ? WANT_FREE : WANT_UNKNOWN;
                        row[way].until = clock_steady() + unknown_ms;
                        remote->pending--;
                }
        (void)pthread_mutex_unlock(&remote->lock);
}

/* ---- documents ---- */

/* Takes the text of a 200. False: it is not the schema that was asked for. */
static bool answer_take(struct refreshing *r, const struct remote_base *base, const char *path, const struct iglu *iglu,
                        const char *key, struct answer *answer)
{
        struct remote *remote = r->remote;
        const struct remote_document *old = remote_document(remote, key);
        if (!remote_is_schema((struct slice){ answer->text, answer->size }, iglu)) {
                remote_note(remote, "%s%s: the answer is not the schema of that name", base->url, path);
                return false;
        }
        if (!old && remote->count >= remote->count_limit) {
                remote_note(remote, "%s%s: there are more schemas than schemas.count_limit", base->url, path);
                return false;
        }
        bool same = old && old->size == answer->size && memcmp(old->text, answer->text, answer->size) == 0;
        char source[PATH_SIZE + 2048];
        (void)snprintf(source, sizeof(source), "%s%s", base->url, path);
        struct remote_document document = {
                .key = slice_copy(slice_of(key)),
                .text = answer->text,
                .size = answer->size,
                .source = slice_copy(slice_of(source)),
                .etag = slice_copy(slice_of(answer->etag)),
                .modified = slice_copy(slice_of(answer->modified)),
        };
        answer->text = NULL;
        if (!same) {
                cache_store(remote, &document);
                r->changed = true;
        }
        remote_put(remote, &document);
        return true;
}

/* The validators are those of the registry that gave the document. */
static bool base_gave(const struct remote_base *base, const struct remote_document *document)
{
        return document && slice_starts_with(slice_of(document->source), slice_of(base->url));
}

/* Asks the registries in their order, until one has it. */
static void name_refresh(struct refreshing *r, const char *key)
{
        struct remote *remote = r->remote;
        struct iglu iglu;
        char path[PATH_SIZE];
        bool found = false, failed = false;
        BUG_IF(!iglu_parse(slice_of(key), &iglu));
        (void)snprintf(path, sizeof(path), "/schemas/%.*s/%.*s/jsonschema/%u-%u-%u", SLICE_ARGS(iglu.vendor),
                       SLICE_ARGS(iglu.name), iglu.version[0], iglu.version[1], iglu.version[2]);
        for (size_t i = 0; i < remote->base_count && !found; i++) {
                struct remote_base *base = &remote->bases[i];
                const struct remote_document *old = remote_document(remote, key);
                bool known = base_gave(base, old);
                struct answer answer;
                if (!base_serves(base, iglu.vendor))
                        continue;
                if (base->down) {
                        failed = true;
                } else {
                        fetch_get(r->fetch, base, path, remote->size_limit, known ? old->etag : "", known ? old->modified : "",
                                  &answer);
                        if (answer.over) {
                                remote_note(remote, "%s%s: %s", base->url, path, answer.error);
                        } else if (answer_is_failure(&answer)) {
                                failed = true;
                                base_failed(r, base, path, &answer);
                        } else {
                                found = (answer.status == 304 && known) ||
                                        (answer.status == 200 && answer_take(r, base, path, &iglu, key, &answer));
                        }
                        free(answer.text);
                }
                if (known)                 /* the registry that gave it has its say, whatever the later ones have */
                        break;
        }
        want_settle(remote, key, found, failed && remote->unknown_ms > RETRY_MS ? RETRY_MS : remote->unknown_ms);
}

bool remote_refresh_until(struct remote *remote, bool all, int64_t deadline)
{
        struct refreshing r = { .remote = remote, .deadline = deadline };
        (void)pthread_mutex_lock(&remote->refreshing);
        r.fetch = fetch_new(remote);
        all = all || !remote->asked;
        for (size_t i = 0; i < remote->base_count; i++)
                remote->bases[i].down = false;
        wants_read(&r);
        for (size_t i = 0; all && i < remote->base_count && !time_is_up(&r); i++)
                list_read(&r, &remote->bases[i]);
        for (size_t i = 0; all && i < remote->count; i++)
                name_add(&r, remote->documents[i].key);
        size_t asked = 0;
        while (asked < r.count && !time_is_up(&r))
                name_refresh(&r, r.names[asked++]);
        if (asked == r.count)
                remote->asked = remote->asked || all;
        else
                atomic_store(&remote->wanted, true);
        if (r.changed)
                cache_store_index(remote);
        for (size_t i = 0; i < r.count; i++)
                free(r.names[i]);
        free(r.names);
        fetch_free(r.fetch);
        (void)pthread_mutex_unlock(&remote->refreshing);
        return r.changed;
}

bool remote_refresh(struct remote *remote, bool all)
{
        return remote_refresh_until(remote, all, INT64_MAX);
}
