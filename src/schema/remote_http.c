#include "remote_inner.h"
#include <ctype.h>
#include <curl/curl.h>

#define REDIRECTS_MAX 3

struct fetch {
        struct remote *remote;
        CURL          *curl;
        char           error[CURL_ERROR_SIZE];
};
struct body {
        char  *text;
        size_t size, capacity, limit;
        bool   over;
        struct answer *answer;
};

static size_t take_body(char *data, size_t one, size_t size, void *context)
{
        struct body *body = context;
        (void)one;
        if (size > body->limit - body->size) {
                body->over = true;
                return 0;
        }
        if (body->size + size + 1 > body->capacity) {
                body->capacity = (body->size + size + 1) * 2;
                body->text = memory_grow(body->text, body->capacity);
        }
        memcpy(body->text + body->size, data, size);
        body->size += size;
        return size;
}

/* Keeps the validators; of a redirect's header lines only the last answer's count. */
static size_t take_header(char *line, size_t one, size_t size, void *context)
{
        struct body *body = context;
        struct { const char *name; char *value; size_t size;
        } HEADERS_KEPT[] = {
                { "etag:", body->answer->etag, sizeof(body->answer->etag) },
                { "last-modified:", body->answer->modified, sizeof(body->answer->modified) },
        };
        (void)one;
        if (size >= 5 && strncasecmp(line, "HTTP/", 5) == 0) {
                body->answer->etag[0] = body->answer->modified[0] = 0;
                body->size = 0;
                return size;
        }
        for (size_t i = 0; i < COUNT_OF(HEADERS_KEPT); i++) {
                size_t name = strlen(HEADERS_KEPT[i].name);
                if (size <= name || strncasecmp(line, HEADERS_KEPT[i].name, name) != 0)
                        continue;
                const char *start = line + name, *end = line + size;
                while (start < end && isspace((unsigned char)*start))
                        start++;
                while (end > start && isspace((unsigned char)end[-1]))
                        end--;
                bool plain = (size_t)(end - start) < HEADERS_KEPT[i].size;
                for (const char *c = start; c < end; c++)
                        plain = plain && *c >= ' ' && *c < 0x7f;
                if (plain)
                        (void)snprintf(HEADERS_KEPT[i].value, HEADERS_KEPT[i].size, "%.*s", (int)(end - start), start);
        }
        return size;
}

static int must_stop(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
        const struct fetch *fetch = context;
        (void)a, (void)b, (void)c, (void)d;
        return atomic_load(&fetch->remote->stop);
}

void fetch_start(void)
{
        BUG_IF(curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK);
}

void fetch_end(void)
{
        curl_global_cleanup();
}

struct fetch *fetch_new(struct remote *remote)
{
        struct fetch *fetch = memory_get(sizeof(*fetch));
        fetch->remote = remote;
        fetch->curl = curl_easy_init();
        BUG_IF(!fetch->curl);
        return fetch;
}

void fetch_free(struct fetch *fetch)
{
        curl_easy_cleanup(fetch->curl);
        free(fetch);
}

static struct curl_slist *header_add(struct curl_slist *headers, const char *name, const char *value)
{
        char line[600];
        if (!value || !*value || snprintf(line, sizeof(line), "%s: %s", name, value) >= (int)sizeof(line))
                return headers;
        struct curl_slist *more = curl_slist_append(headers, line);
        return more ? more : headers;
}

static void fetch_set_up(struct fetch *fetch, const char *url, struct curl_slist *headers, struct body *body, bool redirects)
{
        CURL *curl = fetch->curl;
        curl_easy_reset(curl);             /* keeps the connections */
        (void)curl_easy_setopt(curl, CURLOPT_URL, url);
        (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
        (void)curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
        (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, (long)redirects);
        (void)curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
        (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)fetch->remote->time_ms);
        (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)fetch->remote->time_ms);
        (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "millrace/" MILLRACE_VERSION);
        (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
        (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
        (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
        (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, body);
        (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
        (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, must_stop);
        (void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, fetch);
        (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, fetch->error);
}

void fetch_get(struct fetch *fetch, const struct remote_base *base, const char *path, size_t limit, const char *etag,
               const char *modified, struct answer *ret_answer)
{
        char url[2048];
        *ret_answer = (struct answer){ 0 };
        if (snprintf(url, sizeof(url), "%s%s", base->url, path) >= (int)sizeof(url)) {
                (void)snprintf(ret_answer->error, sizeof(ret_answer->error), "the URL is too long");
                return;
        }
        struct body body = { .limit = limit, .answer = ret_answer };
        struct curl_slist *headers = header_add(NULL, "Accept", "application/json");
        headers = header_add(headers, "apikey", base->key);
        headers = header_add(headers, "If-None-Match", etag);
        headers = header_add(headers, "If-Modified-Since", *etag ? "" : modified);
        fetch_set_up(fetch, url, headers, &body, !base->key);      /* a redirect must not carry the key elsewhere */
        fetch->error[0] = 0;
        CURLcode code = curl_easy_perform(fetch->curl);
        if (code == CURLE_OK)
                (void)curl_easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE, &ret_answer->status);
        else if (body.over)
                (void)snprintf(ret_answer->error, sizeof(ret_answer->error), "the answer is larger than %zu bytes", limit);
        else
                (void)snprintf(ret_answer->error, sizeof(ret_answer->error), "%s",
                               *fetch->error ? fetch->error : curl_easy_strerror(code));
        ret_answer->over = body.over;
        curl_slist_free_all(headers);
        if (ret_answer->status != 200) {
                free(body.text);
                return;
        }
        ret_answer->text = body.text ? body.text : memory_get(1);
        ret_answer->size = body.size;
}

bool fetch_check_url(const char *url, char *host, size_t size, struct error *err)
{
        static const struct { CURLUPart part; const char *sentence; } FORBIDDEN[] = {
                { CURLUPART_USER, "it may not hold a user name; the key belongs into schemas.api_key" },
                { CURLUPART_QUERY, "it may not have a query" }, { CURLUPART_FRAGMENT, "it may not have a fragment" },
        };
        CURLU *parts = curl_url();
        char *scheme = NULL, *name = NULL, *other = NULL;
        BUG_IF(!parts);
        bool good = curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
                    curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                    curl_url_get(parts, CURLUPART_HOST, &name, 0) == CURLUE_OK &&
                    (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
        if (!good)
                (void)error_set(err, "it is not a URL that starts with http:// or https://");
        for (size_t i = 0; good && i < COUNT_OF(FORBIDDEN); i++)
                if (curl_url_get(parts, FORBIDDEN[i].part, &other, 0) == CURLUE_OK)
                        good = error_set(err, "%s", FORBIDDEN[i].sentence);
        if (good && snprintf(host, size, "%s", name) >= (int)size)
                good = error_set(err, "its host name is too long");
        curl_free(scheme);
        curl_free(name);
        curl_free(other);
        curl_url_cleanup(parts);
        return good;
}
