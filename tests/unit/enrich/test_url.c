/* URLs into parts. What browsers do with thousands of odd ones is tested against their own suite: suite.url. */
#include "unit.h"
#include "enrich/url.h"

static const struct {
        const char *name, *text, *want;            /* as parts_join() writes it; NULL: no URL */
} CASES[] = {
        { "the common one", "https://www.shop.example/shoes/new.html?utm_source=mail&size=9#reviews",
          "https|-|www.shop.example|-|/shoes/new.html|utm_source=mail&size=9|reviews|443 name web" },
        { "the shortest", "http://a", "http|-|a|-|/|-|-|80 name web" },
        { "spaces around", " \t http://a/ \n", "http|-|a|-|/|-|-|80 name web" },
        { "line ends inside", "ht\ntp://a/\tb\r\n/c", "http|-|a|-|/b/c|-|-|80 name web" },
        { "capitals", "HTTPS://WWW.Example.COM/A", "https|-|www.example.com|-|/A|-|-|443 name web" },
        { "backslashes", "http:\\\\a\\b\\c?d\\e", "http|-|a|-|/b/c|d\\e|-|80 name web" },
        { "one slash, five slashes", "http://///a/", "http|-|a|-|/|-|-|80 name web" },
        { "user and password", "https://anna:s@cret@a.example/x", "https|anna:s@cret|a.example|-|/x|-|-|443 name web" },
        { "a user and no host", "https://anna@/x", NULL },
        { "its own port", "https://a:8443/", "https|-|a|8443|/|-|-|8443 name web" },
        { "the port of the scheme", "http://a:080/", "http|-|a|-|/|-|-|80 name web" },
        { "a port with zeros", "http://a:0008080/", "http|-|a|8080|/|-|-|8080 name web" },
        { "no port behind the colon", "http://a:/", "http|-|a|-|/|-|-|80 name web" },
        { "too large a port", "http://a:65536/", NULL },
        { "no digits", "http://a:8o/", NULL },
        { "no host", "http://", NULL },
        { "no host, but a port", "http://:80/", NULL },
        { "an escaped host", "http://%65x%61mple.com/", "http|-|example.com|-|/|-|-|80 name web" },
        { "a space in the host", "http://a b/", NULL },
        { "an escaped space in the host", "http://a%20b/", NULL },
        { "IPv4", "http://192.0.2.7/", "http|-|192.0.2.7|-|/|-|-|80 ipv4 web" },
        { "IPv4 in hexadecimal, octal, and few parts", "http://0xC0.0.01007/", "http|-|192.0.2.7|-|/|-|-|80 ipv4 web" },
        { "IPv4 as a number", "http://3221225991", "http|-|192.0.2.7|-|/|-|-|80 ipv4 web" },
        { "IPv4 too large", "http://256.1.1.1/", NULL },
        { "a name that ends in a number", "http://a.1/", NULL },
        { "a name that starts with one", "http://1.a/", "http|-|1.a|-|/|-|-|80 name web" },
        { "IPv6", "http://[2001:DB8:0:0::1]:81/", "http|-|[2001:db8::1]|81|/|-|-|81 ipv6 web" },
        { "IPv6 with IPv4 inside", "http://[::ffff:192.0.2.7]/", "http|-|[::ffff:c000:207]|-|/|-|-|80 ipv6 web" },
        { "IPv6 not closed", "http://[::1/", NULL },
        { "IPv4 in brackets", "http://[192.0.2.7]/", NULL },
        { "an internationalised name", "https://www.M\u00DCNCHEN.example/",
          "https|-|www.xn--mnchen-3ya.example|-|/|-|-|443 name web" },
        { "the same, encoded", "https://www.xn--mnchen-3ya.example/", "https|-|www.xn--mnchen-3ya.example|-|/|-|-|443 name web" },
        { "sharp s stays", "https://stra\u00DFe.example/", "https|-|xn--strae-oqa.example|-|/|-|-|443 name web" },
        { "an emoji", "https://\u2615.example/", "https|-|xn--53h.example|-|/|-|-|443 name web" },
        { "a full stop of another script", "https://a\u3002example/", "https|-|a.example|-|/|-|-|443 name web" },
        { "wide letters", "https://\uFF21.example/", "https|-|a.example|-|/|-|-|443 name web" },
        { "directions mixed", "https://a\u05D0b.example/", NULL },
        { "not UTF-8 in the host", "http://a\xFF/", NULL },
        { "dots in the path", "http://a/b/./c/../d/%2e%2E/e/.", "http|-|a|-|/b/e/|-|-|80 name web" },
        { "dots above the root", "http://a/../../b", "http|-|a|-|/b|-|-|80 name web" },
        { "dots that are none", "http://a/.well-known/...", "http|-|a|-|/.well-known/...|-|-|80 name web" },
        { "a path to be escaped", "http://a/\u00FC \"<>^`{}|", "http|-|a|-|/%C3%BC%20%22%3C%3E%5E%60%7B%7D||-|-|80 name web" },
        { "a query to be escaped", "http://a/?\u00FC '\"<>", "http|-|a|-|/|%C3%BC%20%27%22%3C%3E|-|80 name web" },
        { "a fragment to be escaped", "http://a/#\u00FC '\"<>`#", "http|-|a|-|/|-|%C3%BC%20'%22%3C%3E%60#|80 name web" },
        { "not UTF-8 in the path", "http://a/\xC3(", "http|-|a|-|/%EF%BF%BD(|-|-|80 name web" },
        { "empty query and fragment", "http://a/?#", "http|-|a|-|/|||80 name web" },
        { "a query and no path", "http://a?b", "http|-|a|-|/|b|-|80 name web" },
        { "an app", "android-app://com.example.mail/", "android-app|-|com.example.mail|-|/|-|-|0 opaque-host" },
        { "an app's own scheme", "myshop://product/42?x=1", "myshop|-|product|-|/42|x=1|-|0 opaque-host" },
        { "an extension", "chrome-extension://abc/popup.html", "chrome-extension|-|abc|-|/popup.html|-|-|0 opaque-host" },
        { "a file", "file:///C|/a/../b", "file|-||-|/C:/b|-|-|0 empty" },
        { "a file on a host", "file://server/share", "file|-|server|-|/share|-|-|0 name" },
        { "about", "about:blank", "about|-|-|-|blank|-|-|0 none opaque" },
        { "data", "data:text/html,<b>?x#y", "data|-|-|-|text/html,<b>|x|y|0 none opaque" },
        { "mail", "mailto:anna@a.example", "mailto|-|-|-|anna@a.example|-|-|0 none opaque" },
        { "relative", "/shoes?x=1", NULL },
        { "relative, without its scheme", "//a/b", NULL },
        { "relative, and a host", "www.shop.example/a", NULL },
        { "empty", "", NULL },
        { "spaces", "   ", NULL },
        { "a colon", ":", NULL },
        { "a digit first", "1http://a/", NULL },
};

static void part_add(struct buffer *out, struct slice part)
{
        buffer_add(out, part.data ? part : SLICE("-"));
        buffer_add_char(out, '|');
}

static void parts_join(struct buffer *out, const struct url *url)
{
        static const char *const KINDS[] = { " none", " empty", " name", " ipv4", " ipv6", " opaque-host" };
        const struct slice parts[] = { url->scheme, url->user_info, url->host, url->port, url->path, url->query, url->fragment };
        for (size_t i = 0; i < COUNT_OF(parts); i++)
                part_add(out, parts[i]);
        buffer_format(out, "%u%s%s%s", url->port_number, KINDS[url->host_kind], url->web ? " web" : "",
                      url->opaque ? " opaque" : "");
        buffer_add_char(out, '\0');
}

struct desk {
        struct arena_pool pool;
        struct arena arena;
        struct buffer out;
};

static int desk_open(void **state)
{
        struct desk *desk = memory_get(sizeof(*desk));
        arena_pool_init(&desk->pool, 65536, 1);
        arena_init(&desk->arena, &desk->pool, 1 << 21);
        buffer_init(&desk->out, 1 << 20);
        *state = desk;
        return 0;
}

static int desk_close(void **state)
{
        struct desk *desk = *state;
        arena_done(&desk->arena);
        arena_pool_done(&desk->pool);
        buffer_done(&desk->out);
        free(desk);
        return 0;
}

static void every_case_has_its_parts(void **state)
{
        struct desk *desk = *state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct url url = { 0 };
                UNIT_ROW(CASES[i].name);
                buffer_clear(&desk->out);
                bool good = url_parse(slice_of(CASES[i].text), &desk->arena, &url);
                assert_int_equal(good, CASES[i].want != NULL);
                if (!good) {
                        assert_null(url.text.data);        /* as it was */
                        continue;
                }
                parts_join(&desk->out, &url);
                assert_string_equal(desk->out.data, CASES[i].want);
        }
}

static const struct { const char *name, *text, *want; } WRITTEN[] = {
        { "everything", "HTTPS://u:p@a:8443/b?c#d", "https://a:8443/b?c#d" },
        { "no user info", "https://anna@a/", "https://a/" },
        { "opaque", "data:,x", "data:,x" },
        { "no host, and a path like one", "web:/.//a", "web:/.//a" },
        { "an empty host", "file:///a", "file:///a" },
        { "empty signs", "http://a/?#", "http://a/?#" },
};

static void a_url_is_written_without_its_user(void **state)
{
        struct desk *desk = *state;
        for (size_t i = 0; i < COUNT_OF(WRITTEN); i++) {
                struct url url;
                UNIT_ROW(WRITTEN[i].name);
                buffer_clear(&desk->out);
                assert_true(url_parse(slice_of(WRITTEN[i].text), &desk->arena, &url));
                url_write(&url, &desk->out);
                assert_true(desk->out.size <= url_write_bound(&url));
                assert_true(slice_equal(buffer_slice(&desk->out), slice_of(WRITTEN[i].want)));
        }
}

static const struct { const char *name, *text; size_t limit; const char *want; } CUTS[] = {
        { "short enough", "http://a/b?c=d", 14, "http://a/b?c=d" },
        { "before the last parameter", "http://a/b?c=d&token=secret", 20, "http://a/b?c=d" },
        { "a parameter ends at the limit", "http://a/b?c=d&token=secret", 14, "http://a/b?c=d" },
        { "before the query", "http://a/b?mail=anna%40a.example", 20, "http://a/b" },
        { "before the fragment", "http://a/b#anna%40a.example", 20, "http://a/b" },
        { "before the last segment", "http://a/b/cccccccc", 14, "http://a/b" },
        { "the host alone", "http://a/bbbbbbbbb", 14, "http://a" },
        { "no half hosts", "http://aaaaaaaaaaaaaaaaaaa/", 14, "" },
        { "no scheme", "aaaaaaaaaaaaaaaaaaaaa/", 14, "" },
};

static void a_long_one_is_cut_between_its_parts(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CUTS); i++) {
                struct slice got = url_cut(slice_of(CUTS[i].text), CUTS[i].limit);
                UNIT_ROW(CUTS[i].name);
                assert_true(slice_equal(got, slice_of(CUTS[i].want)));
        }
}

static void the_longest_is_read(void **state)
{
        struct desk *desk = *state;
        static char text[URL_MOST + 1];
        struct url url;
        memset(text, ' ', sizeof(text));
        memcpy(text, "http://a/", 9);
        text[URL_MOST - 1] = text[URL_MOST] = 'z';
        assert_true(url_parse((struct slice){ text, URL_MOST }, &desk->arena, &url));
        assert_int_equal(url.path.size, 1 + 3 * (URL_MOST - 10) + 1);
        assert_false(url_parse((struct slice){ text, URL_MOST + 1 }, &desk->arena, &url));
        memset(text + 7, 'a', URL_MOST - 7);
        assert_true(url_parse((struct slice){ text, URL_MOST }, &desk->arena, &url));
        assert_int_equal(url.host.size, URL_MOST - 7);
        memset(text + 7, '\xE4', URL_MOST - 7);
        assert_false(url_parse((struct slice){ text, URL_MOST }, &desk->arena, &url));
}

/* No memory, wherever it is asked for: no URL, and nothing written. */
static void a_full_arena_is_no_url(void **state)
{
        struct desk *desk = *state;
        struct arena full;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct url url = { 0 };
                arena_init(&full, &desk->pool, 0);
                if (!url_parse(slice_of(CASES[i].text), &full, &url))
                        assert_null(url.text.data);
                arena_done(&full);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(every_case_has_its_parts, desk_open, desk_close),
                cmocka_unit_test_setup_teardown(a_url_is_written_without_its_user, desk_open, desk_close),
                cmocka_unit_test_setup_teardown(a_long_one_is_cut_between_its_parts, desk_open, desk_close),
                cmocka_unit_test_setup_teardown(the_longest_is_read, desk_open, desk_close),
                cmocka_unit_test_setup_teardown(a_full_arena_is_no_url, desk_open, desk_close),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
