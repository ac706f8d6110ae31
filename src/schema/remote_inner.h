/* What the files of the remote registries share. */
#ifndef SCHEMA_REMOTE_INNER_H
#define SCHEMA_REMOTE_INNER_H
#include "schema/iglu.h"
#include "schema/remote.h"
#include <pthread.h>
#include <stdatomic.h>

struct remote_document {
        char  *key;                        /* "vendor/name/M-R-A" */
        char  *text;
        size_t size;
        char  *source;                     /* the URL that it came from */
        char  *etag, *modified;            /* the answer's validators (RFC 9110, section 8.8); "" when it had none */
};
struct remote_base {
        char *url;                         /* without a '/' at its end */
        char *vendor;                      /* only this one and those below it; NULL: every vendor */
        char *key;                         /* header apikey; NULL: none */
        bool  down;                        /* failed in this refresh */
};

/* A name that was asked for. Set-associative, so that the table is bounded and no name costs more than a look at one row. */
enum want_state { WANT_FREE, WANT_PENDING, WANT_UNKNOWN };
struct want {
        enum want_state state;
        int64_t         until;             /* steady ms: unknown that long */
        char            key[IGLU_KEY_MAX];
};
#define WANT_ROWS 1024
#define WANT_WAYS 4
#define WANT_PENDING_MAX 256

struct remote {
        struct remote_base *bases;
        size_t              base_count;
        char               *cache;         /* folder; "" for none */
        size_t              size_limit, count_limit;
        int64_t             time_ms, unknown_ms;
        atomic_bool         stop, wanted;
        pthread_mutex_t     refreshing;    /* one refresh at a time; taken before `lock` */
        int64_t             deadline;      /* of the refresh, steady ms */
        bool                asked;         /* everything was asked for once */
        pthread_mutex_t     lock;          /* all below */
        struct remote_document *documents; /* sorted by key; changed only by who holds `refreshing`, too */
        size_t              count, capacity;
        struct want        *wants;         /* WANT_ROWS * WANT_WAYS */
        size_t              pending;
        uint64_t            seed;
        struct errors       notes;
};

/* ---- remote.c ---- */
__attribute__((format(printf, 2, 3)))
void remote_note(struct remote *remote, const char *format, ...);
/* Takes all members; replaces the one of the same key. */
void remote_put(struct remote *remote, const struct remote_document *document);
struct remote_document *remote_document(struct remote *remote, const char *key);
void remote_document_done(struct remote_document *document);
/* One refresh that begins no request after `deadline` (steady ms). */
bool remote_refresh_until(struct remote *remote, bool all, int64_t deadline);
/* JSON, an object, with the `self` of that name. */
bool remote_is_schema(struct slice text, const struct iglu *iglu);

/* ---- remote_cache.c ---- */
void cache_load(struct remote *remote);
void cache_store(struct remote *remote, const struct remote_document *document);
void cache_store_index(struct remote *remote);

/* ---- remote_http.c: the one file that knows libcurl ---- */
void fetch_start(void);    /* once a process is enough, more do no harm; before threads */
void fetch_end(void);      /* as often */
struct fetch;              /* connections that are kept during one refresh */
struct fetch *fetch_new(struct remote *remote);
void          fetch_free(struct fetch *fetch);
struct answer {
        long   status;                     /* 0: there was none (error says why) */
        bool   over;                       /* the text would be longer than the limit */
        char  *text;                       /* malloc, of a 200 only */
        size_t size;
        char   etag[256], modified[64];    /* "" when absent or longer */
        char   error[300];
};
/* GET {base}{path} with the validators of a known document ("" for none). text is NULL or the caller's. */
void fetch_get(struct fetch *fetch, const struct remote_base *base, const char *path, size_t limit, const char *etag,
               const char *modified, struct answer *ret_answer);
/* "HOST" of an http or https URL without user, query and fragment into host; false and error. */
bool fetch_check_url(const char *url, char *host, size_t size, struct error *err);
#endif
