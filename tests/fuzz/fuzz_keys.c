/* A file of API keys. The first byte: 0, any bytes; otherwise rows of the bytes, in several ways of writing YAML, which must be
 * taken as they are meant. What is taken is sound, is found by its digest, and opens what a plain reading of its patterns does.*/
#include "base/buffer.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "config/config.h"
#include "enrich/glob.h"
#include "server/cors.h"
#include "server/keys_row.h"
#include "script.h"
#include "server/limit.h"

enum { KEYS_MOST = 20, PATTERNS_MOST = 4, TEXT_MOST = 48 };

/* What a row is meant to say. */
struct meant {
        char    name[TEXT_MOST], pattern[3][PATTERNS_MOST][TEXT_MOST * 2];
        size_t  count[3];                  /* of routes, schemas, origins */
        uint8_t digest[DIGEST_SIZE];
        int64_t rate, burst, expires;
        bool    enabled;
};
static const char *const LISTS[] = { "routes", "schemas", "origins" };

/* ---- making ---- */

/* A text of the pattern's kind: the front makes it one, the rest is any characters but NUL. */
static void take_pattern(struct script *script, size_t list, char text[TEXT_MOST * 2])
{
        static const char *const FRONTS[][4] = { { "/", "/v1/*", "/v1/events/com.acme/", "/?" },
                                                 { "a/", "com.acme/*", "*/b", "com.acme/sale/1-0-" },
                                                 { "https://", "https://*.", "http://a", "app://x." } };
        size_t size = (size_t)snprintf(text, TEXT_MOST, "%s", FRONTS[list][take(script) % 4]);
        size_t end = size + take(script) % (TEXT_MOST - 2);
        while (size < end && size + 4 < TEXT_MOST * 2) {
                unsigned c = take(script);
                bool bad = c == 0 || (list == 2 && memchr("/*? #@", (int)c, 6));
                size += utf8_encode(bad ? 'a' : c, text + size);
        }
        if (list == 2 && !config_is_origin(text))
                text[size++] = 'b';
        text[size] = '\0';
}

static void take_key(struct script *script, size_t number, struct meant *meant)
{
        static const char NAMES[] = "ABCXYZabcxyz0189._-";
        unsigned has = take(script), seed = take(script);
        *meant = (struct meant){ .rate = -1, .burst = -1, .expires = INT64_MAX, .enabled = !(has & 1) };
        for (size_t i = 0; i <= seed % 8; i++)
                meant->name[i] = NAMES[take(script) % (sizeof(NAMES) - 1)];
        digest_sha256((struct slice){ (const char *)&number, sizeof(number) }, meant->digest);
        if (has & 2)
                meant->rate = (int64_t)(take(script) * 39215);
        if (has & 4)
                meant->burst = 1 + (int64_t)(take(script) * 3921568);
        if (has & 8)                               /* full seconds, up to the year 2106 */
                meant->expires = (int64_t)(take(script) << 24 | take(script) << 16 | take(script) << 8 | take(script)) * 1000;
        for (size_t list = 0; list < 3; list++)
                while ((has & 16u << list) && meant->count[list] < PATTERNS_MOST && (meant->count[list] == 0 || take(script) & 1))
                        take_pattern(script, list, meant->pattern[list][meant->count[list]++]);
}

/* In double quotes, or where it is plain enough in single ones or in none. */
static void write_text(struct buffer *out, const char *text, unsigned style)
{
        bool plain = *text && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_") == strlen(text) &&
                     strcasecmp(text, "null") != 0;
        if (plain && style % 3) {
                buffer_format(out, style % 3 == 1 ? "'%s'" : "%s", text);
                return;
        }
        buffer_add_char(out, '"');
        for (const char *at = text, *end = text + strlen(text); at < end;) {
                size_t   length = utf8_length(at, end);
                uint32_t c = length ? utf8_decode(at, length) : '?';
                BUG_IF(length == 0);
                if (c == '$')
                        buffer_add(out, SLICE("$$"));          /* ${NAME} is the environment's */
                else if (c >= ' ' && c < 0x7f && c != '"' && c != '\\')
                        buffer_add_char(out, (char)c);
                else
                        buffer_format(out, "\\U%08x", c);
                at += length;
        }
        buffer_add_char(out, '"');
}

static void write_key(struct buffer *out, const struct meant *meant, unsigned style)
{
        char text[DIGEST_HEX + 1] = "", time[CLOCK_TEXT + 1] = "";
        bool flow = style & 1;                     /* one line in braces, or a line each */
        const char *behind = flow ? ", " : "\n  ";
        digest_format(meant->digest, text);
        if (style & 2)
                for (char *c = text; *c; c++)
                        *c = *c >= 'a' ? (char)(*c - 32) : *c;
        buffer_format(out, "- %shash: \"sha256:%s\"%s", flow ? "{" : "", text, behind);
        if (!meant->enabled)
                buffer_format(out, "enabled: false%s", behind);
        if (meant->rate >= 0)
                buffer_format(out, "rate: %lld%s", (long long)meant->rate, behind);
        if (meant->burst >= 0)
                buffer_format(out, "burst: %lld%s", (long long)meant->burst, behind);
        clock_format(meant->expires, time);
        if (meant->expires < INT64_MAX && meant->expires % 86400000 == 0 && (style & 4))
                buffer_format(out, "expires: %.10s%s", time, behind);
        else if (meant->expires < INT64_MAX)
                buffer_format(out, "expires: \"%s\"%s", time, behind);
        for (size_t list = 0; list < 3; list++) {
                bool one = meant->count[list] == 1 && (style & 8);
                if (meant->count[list] == 0)
                        continue;
                buffer_format(out, "%s: %s", LISTS[list], one ? "" : "[");
                for (size_t i = 0; i < meant->count[list]; i++) {
                        buffer_add(out, i ? SLICE(", ") : SLICE(""));
                        write_text(out, meant->pattern[list][i], style >> 4);
                }
                buffer_format(out, "%s%s", one ? "" : "]", behind);
        }
        buffer_add(out, SLICE("name: "));
        write_text(out, meant->name, style >> 4);
        buffer_add(out, flow ? SLICE("}\n") : SLICE("\n"));
}

/* ---- judging ---- */

static size_t unit_of(struct slice text, size_t at)
{
        size_t length = utf8_length(text.data + at, text.data + text.size);
        return length ? length : 1;
}

/* By all ways at once: reach[j] says whether the glob so far can end at byte j. */
static bool plain_glob(struct slice glob, struct slice text)
{
        static bool reach[4096], next[4096];
        if (text.size >= sizeof(reach))
                return glob_match(glob, text);
        memset(reach, 0, text.size + 1);
        reach[0] = true;
        for (size_t i = 0; i < glob.size; i++) {
                memset(next, 0, text.size + 1);
                for (size_t j = 0; j <= text.size; j++) {
                        char c = glob.data[i];
                        if (c == '*' && (reach[j] || next[j])) {
                                next[j] = true;
                                if (j < text.size)
                                        next[j + unit_of(text, j)] = true;
                        } else if (j < text.size && reach[j]) {
                                next[j + (c == '?' ? unit_of(text, j) : 1)] |= c == '?' || text.data[j] == c;
                        }
                }
                memcpy(reach, next, text.size + 1);
        }
        return reach[text.size];
}

static bool plain_origin(const char *pattern, struct slice origin)
{
        const char *host = strstr(pattern, "://");
        if (strcmp(pattern, "*") == 0)
                return true;
        if (!host || strncmp(host, "://*.", 5) != 0)
                return strlen(pattern) == origin.size && strncasecmp(pattern, origin.data, origin.size) == 0;
        size_t scheme = (size_t)(host + 3 - pattern), rest = strlen(host + 4);
        if (origin.size <= scheme + rest || strncasecmp(pattern, origin.data, scheme) != 0 ||
            strncasecmp(host + 4, origin.data + origin.size - rest, rest) != 0 || origin.data[scheme] == '.')
                return false;
        for (size_t i = scheme; i < origin.size - rest; i++)
                if (!origin.data[i] || !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._",
                                               origin.data[i]))
                        return false;
        return true;
}

static bool any(const struct text_list *list, struct slice text, bool origins)
{
        bool found = list->count == 0;
        for (size_t i = 0; i < list->count; i++)
                found |= origins ? plain_origin(list->items[i], text) : plain_glob(slice_of(list->items[i]), text);
        return found;
}

static void check_judgement(const struct key *key, struct slice path, struct slice origin, int64_t now)
{
        enum http_fault want = !key->enabled                                      ? HTTP_FAULT_key_disabled
                               : now >= key->expires                              ? HTTP_FAULT_key_expired
                               : !any(&key->routes, path, false)                  ? HTTP_FAULT_key_route
                               : origin.data && !any(&key->origins, origin, true) ? HTTP_FAULT_key_origin
                                                                                  : HTTP_SOUND;
        BUG_IF(keys_judge(key, path, origin, now) != want);
        const char *slash = path.size ? memrchr(path.data, '/', path.size) : NULL;
        bool open = any(&key->schemas, path, false) || (slash && any(&key->schemas, slice_between(path.data, slash), false));
        BUG_IF(keys_allow_schema(key, path) != open);
}

/* ---- checking ---- */

static void check_sound(const struct keys *keys, const struct key *key)
{
        BUG_IF(!keys_name_fits(key->name) || keys_find(keys, key->digest) != key || key->line == 0);
        BUG_IF(key->rate < -1 || key->rate > RATE_MAX || key->burst == 0 || key->burst < -1 || key->burst > BURST_MAX);
        for (size_t i = 0; i < key->routes.count; i++)
                BUG_IF(key->routes.items[i][0] != '/' || strlen(key->routes.items[i]) > GLOB_MAX);
        for (size_t i = 0; i < key->origins.count; i++)
                BUG_IF(!config_is_origin(key->origins.items[i]));
}

static void check_equal(const struct key *key, const struct meant *meant)
{
        const struct text_list *lists[] = { &key->routes, &key->schemas, &key->origins };
        BUG_IF(!slice_equal(key->name, slice_of(meant->name)) || memcmp(key->digest, meant->digest, DIGEST_SIZE) != 0);
        BUG_IF(key->rate != meant->rate || key->burst != meant->burst || key->expires != meant->expires);
        BUG_IF(key->enabled != meant->enabled);
        for (size_t list = 0; list < 3; list++) {
                BUG_IF(lists[list]->count != meant->count[list]);
                for (size_t i = 0; i < meant->count[list]; i++)
                        BUG_IF(strcmp(lists[list]->items[i], meant->pattern[list][i]) != 0);
        }
}

static struct keys *read_keys(struct slice yaml, bool sound)
{
        struct errors errors = { 0 };
        struct keys *keys = keys_read("fuzz", yaml, &errors);
        if (sound && !keys) {
                fprintf(stderr, "%.*s", SLICE_ARGS(yaml));
                errors_print(&errors, stderr);
        }
        BUG_IF((keys == NULL) != (errors_total(&errors) > 0) || (sound && !keys));
        for (size_t i = 0; i < errors.count; i++)
                BUG_IF(strncmp(errors.items[i].text, "fuzz:", 5) != 0);
        errors_done(&errors);
        return keys;
}

static void made(struct script script)
{
        static struct meant meant[KEYS_MOST];
        struct buffer yaml;
        size_t count = 0;
        buffer_init(&yaml, SIZE_MAX);
        buffer_add(&yaml, SLICE("keys:\n"));
        for (unsigned style; count < KEYS_MOST && script.at < script.end; count++) {
                style = take(&script);
                take_key(&script, count, &meant[count]);
                write_key(&yaml, &meant[count], style);
        }
        struct keys *keys = read_keys(buffer_slice(&yaml), true);
        BUG_IF(keys_count(keys) != count);
        for (size_t i = 0; i < count; i++) {
                const struct key *key = keys_at(keys, i), *other = keys_at(keys, (i + 1) % count);
                check_sound(keys, key);
                check_equal(key, &meant[i]);
                /* Paths and pages that are near to a pattern: the neighbour's, and its own without the last byte. */
                struct slice path = slice_of(other->routes.count ? other->routes.items[0] : "/v1/events/com.acme/sale/1-0-0");
                struct slice page = slice_of(other->origins.count ? other->origins.items[0] : "https://a.example");
                check_judgement(key, path, page, key->expires - 1);
                check_judgement(key, path, page, other->expires);
                check_judgement(key, (struct slice){ path.data, path.size - 1 }, (struct slice){ 0 }, key->expires - 1);
                path = slice_of(other->schemas.count ? other->schemas.items[0] : "com.acme/sale/1-0-0");
                check_judgement(key, path, (struct slice){ page.data, page.size - 1 }, 0);
        }
        keys_free(keys);
        buffer_done(&yaml);
}

static void raw(struct slice yaml)
{
        struct keys *keys = read_keys(yaml, false);
        for (size_t i = 0; keys && i < keys_count(keys); i++) {
                const struct key *key = keys_at(keys, i);
                struct slice start = { yaml.data, yaml.size < 64 ? yaml.size : 64 };
                check_sound(keys, key);
                check_judgement(key, start, start, key->expires - 1);
        }
        keys_free(keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (size < 1)
                return 0;
        char *copy = memory_get(size); /* of its own, so that a read past its end is seen */
        memcpy(copy, data + 1, size - 1);
        if (data[0])
                made((struct script){ (const char *)data + 1, (const char *)data + size });
        else
                raw((struct slice){ copy, size - 1 });
        free(copy);
        return 0;
}
