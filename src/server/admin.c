#include "server/admin.h"
#include "base/digest.h"
#include "server/credential.h"

/* Thousands of schemas have thousands of lines. */
#define PAGE_MAX (64 * 1024 * 1024)

struct admin {
        struct service     service;        /* first */
        struct admin_setup setup;
};

struct page {
        const char *path, *doc;
        bool        probe;         /* admin.probes_open is about it */
        void      (*serve)(struct admin *admin, struct exchange *exchange);
};

static void answer_text(struct exchange *exchange, int status, struct slice text)
{
        struct answer answer = { .status = status, .content_type = SLICE("text/plain; charset=utf-8"), .body = text };
        exchange_answer(exchange, &answer);
}

static void serve_metrics(struct admin *admin, struct exchange *exchange)
{
        struct buffer out;
        buffer_init(&out, PAGE_MAX);
        metrics_print(admin->setup.metrics, &out);
        if (admin->setup.type->metrics)
                admin->setup.type->metrics(admin->setup.sink, &out);
        limiter_metrics(admin->setup.limiter, &out);
        if (admin->setup.spool)
                spool_metrics(admin->setup.spool, &out);
        struct answer answer = { .status = 200,
                                 .content_type = SLICE("text/plain; version=0.0.4; charset=utf-8"),
                                 .body = buffer_slice(&out) };
        if (out.full)
                exchange_error(exchange, 500, "too_large", "the metrics have more than %d bytes", PAGE_MAX);
        else
                exchange_answer(exchange, &answer);
        buffer_done(&out);
}

static void serve_live(struct admin *admin, struct exchange *exchange)
{
        (void)admin;
        answer_text(exchange, 200, SLICE("live\n"));
}

static void serve_ready(struct admin *admin, struct exchange *exchange)
{
        const char *why = admin->setup.unready(admin->setup.context);
        char text[160];
        int  size = snprintf(text, sizeof(text), why ? "not ready: %s\n" : "ready\n", why);
        answer_text(exchange, why ? 503 : 200, (struct slice){ text, (size_t)size });
}

static void serve_version(struct admin *admin, struct exchange *exchange)
{
        (void)admin;
        struct answer answer = { .status = 200, .content_type = SLICE("application/json"),
                                 .body = SLICE("{\"name\":\"millrace\",\"version\":\"" MILLRACE_VERSION "\"}\n") };
        exchange_answer(exchange, &answer);
}

static void serve_index(struct admin *admin, struct exchange *exchange);

static const struct page PAGES[] = {
        { "/",        "this page",                                                      false, serve_index },
        { "/live",    "200 as long as the process turns",                               true, serve_live },
        { "/metrics", "counters, histograms and gauges in Prometheus' text format",     false, serve_metrics },
        { "/ready",   "200 when events are taken; 503 while starting, stopping, or unable to", true, serve_ready },
        { "/version", "name and version as JSON",                                       false, serve_version },
};

static void serve_index(struct admin *admin, struct exchange *exchange)
{
        char room[1024];
        struct buffer out;
        (void)admin;
        buffer_wrap(&out, room, sizeof(room));
        for (size_t i = 0; i < COUNT_OF(PAGES); i++)
                buffer_format(&out, "%-10s %s\n", PAGES[i].path, PAGES[i].doc);
        answer_text(exchange, 200, buffer_slice(&out));
}

static const struct page *page_find(struct slice path)
{
        for (size_t i = 0; i < COUNT_OF(PAGES); i++)
                if (slice_equal(path, slice_of(PAGES[i].path)))
                        return &PAGES[i];
        return NULL;
}

static const char *methods(struct service *service, struct slice path)
{
        (void)service;
        return page_find(path) ? "GET, HEAD" : NULL;
}

static void serve(struct service *service, struct exchange *exchange)
{
        const struct page *page = page_find(exchange->http.path);
        if (page)
                page->serve((struct admin *)service, exchange);
        else
                exchange_error(exchange, 404, "not_found", "there is nothing at this path");
}

static bool token_shown(const struct http_request *http, const char *token)
{
        struct credential credential;
        bool right = credential_read(http, false, &credential) == CREDENTIAL_KEY &&
                     secret_equal(credential_text(&credential), slice_of(token));
        credential_done(&credential);
        return right;
}

static bool refuse(struct service *service, struct exchange *exchange, struct refusal *ret_refusal)
{
        const struct config *config = loop_config(exchange->loop);
        const struct page *page = page_find(exchange->http.path);
        const struct http_fault_row *fault = &HTTP_FAULTS[HTTP_FAULT_token];
        (void)service;
        if (!*config->admin_token || (page && page->probe && config->admin_probes_open) ||
            token_shown(&exchange->http, config->admin_token))
                return false;
        *ret_refusal = (struct refusal){ .status = fault->status, .name = fault->name, .message = fault->message,
                                         .headers = "WWW-Authenticate: Bearer realm=\"millrace admin\"\r\n" };
        return true;
}

struct admin *admin_new(const struct admin_setup *setup)
{
        struct admin *admin = memory_get(sizeof(*admin));
        admin->setup = *setup;
        admin->service = (struct service){ .serve = serve, .methods = methods, .refuse = refuse };
        return admin;
}

struct service *admin_service(struct admin *admin) { return &admin->service; }
void admin_free(struct admin *admin) { free(admin); }
