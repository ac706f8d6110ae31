#include "server/cors.h"

/* What SDKs send beyond the headers that every page may send. */
#define ALLOWED_HEADERS "authorization, content-encoding, content-type, prefer, x-requested-with, sp-anonymous, " \
                        "traceparent, tracestate, baggage"

/* `*.example.com` behind a scheme, against "https://a.b.example.com": the same scheme, at least one label, the same rest. */
static bool wildcard_matches(struct slice pattern, size_t star, struct slice origin)
{
        struct slice scheme = { pattern.data, star }, rest = { pattern.data + star + 1, pattern.size - star - 1 };
        if (origin.size <= scheme.size + rest.size || !slice_equal_nocase((struct slice){ origin.data, scheme.size }, scheme) ||
            !slice_equal_nocase((struct slice){ origin.data + origin.size - rest.size, rest.size }, rest))
                return false;
        for (size_t i = scheme.size; i < origin.size - rest.size; i++) {
                char c = origin.data[i];
                if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                      c == '_'))
                        return false;
        }
        return origin.data[scheme.size] != '.';
}

static bool allows_any(const struct config *config)
{
        for (size_t i = 0; i < config->http_cors_origins.count; i++)
                if (strcmp(config->http_cors_origins.items[i], "*") == 0)
                        return true;
        return false;
}

bool cors_fits(struct slice pattern, struct slice origin)
{
        const char *star = memmem(pattern.data, pattern.size, "://*.", 5);
        if (slice_equal(pattern, SLICE("*")))
                return true;
        return star ? wildcard_matches(pattern, (size_t)(star - pattern.data) + 3, origin) : slice_equal_nocase(pattern, origin);
}

bool cors_allows(const struct config *config, struct slice origin)
{
        for (size_t i = 0; i < config->http_cors_origins.count; i++)
                if (cors_fits(slice_of(config->http_cors_origins.items[i]), origin))
                        return true;
        return false;
}

static bool add_origin(const struct config *config, struct slice origin, struct buffer *out)
{
        bool any = allows_any(config);
        /* With credentials no `*` may be answered, and then the answer differs from page to page: caches must know. */
        if (any && !config->http_cors_credentials) {
                buffer_add(out, SLICE("Access-Control-Allow-Origin: *\r\n"));
                return true;
        }
        if (config->http_cors_origins.count)
                buffer_add(out, SLICE("Vary: Origin\r\n"));
        if (!origin.data || origin.size == 0 || !cors_allows(config, origin))
                return false;
        buffer_add(out, SLICE("Access-Control-Allow-Origin: "));
        buffer_add(out, origin);
        buffer_add(out, SLICE("\r\n"));
        if (config->http_cors_credentials)
                buffer_add(out, SLICE("Access-Control-Allow-Credentials: true\r\n"));
        return true;
}

void cors_add(const struct config *config, struct slice origin, struct buffer *out)
{
        /* Not a page's request: nothing to say, but a cache may keep the answer for one. Our answers are to POST. */
        if (origin.data && add_origin(config, origin, out))
                buffer_add(out, SLICE("Access-Control-Expose-Headers: Retry-After\r\n"));
}

void cors_add_preflight(const struct config *config, struct slice origin, struct slice methods, struct buffer *out)
{
        if (!add_origin(config, origin, out))
                return;
        buffer_add(out, SLICE("Access-Control-Allow-Methods: "));
        buffer_add(out, methods);
        buffer_add(out, SLICE("\r\nAccess-Control-Allow-Headers: " ALLOWED_HEADERS "\r\nAccess-Control-Max-Age: "));
        buffer_add_number(out, config->http_cors_max_age / 1000);
        buffer_add(out, SLICE("\r\n"));
}
