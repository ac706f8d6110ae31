/* Formats: every row of the table has texts that it takes and texts that it refuses. The public suite is run by suite.format. */
#include "schema/format.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define LABEL63 "abcdefghijklmnopqrstuvwxyz0123456789-abcdefghijklmnopqrstuvwxyz"
#define TEN "aaaaaaaaa."
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
static const struct {
        const char *format;
        unsigned    draft;
        const char *good[10], *bad[16];
} CASES[] = {
        { "date", 2020, { "2026-11-21", "2024-02-29", "2000-02-29", "0000-01-01", "9999-12-31" },
          { "", "2026-11-2", "2026-11-211", "2023-02-29", "1900-02-29", "2026-00-01", "2026-13-01", "2026-01-00", "2026-04-31",
            "2026/11/21", "20261121", "+026-11-21", "2026-11-2\xd9\xa1" } },
        { "date-time", 4, { "2026-11-21T08:13:00Z", "2026-11-21t08:13:00z", "2026-11-21T08:13:00.123456789123456789+14:00",
                            "1998-12-31T23:59:60Z", "1998-12-31T15:59:60.5-08:00", "2017-01-01T05:29:60+05:30",
                              "2026-11-21T08:13:00-00:00" },
          { "", "2026-11-21", "2026-11-21 08:13:00Z", "2026-11-21T08:13:00", "2026-11-21T08:13Z", "2026-11-21T24:00:00Z",
            "2026-11-21T08:60:00Z", "2026-11-21T08:13:61Z", "2026-11-21T08:13:60Z", "2026-11-21T08:13:00.Z",
              "2026-11-21T08:13:00,5Z",
            "2026-11-21T08:13:00+24:00", "2026-11-21T08:13:00+01:60", "2026-11-21T08:13:00+0100", "2026-02-30T08:13:00Z",
            "2026-11-21T08:13:00ZZ" } },
        { "time", 7, { "00:00:00Z", "23:59:59.9-23:59", "23:59:60Z", "00:29:60+00:30" },
          { "", "00:00:00", "24:00:00Z", "12:00:60Z", "1:00:00Z", "00:00:00+1:00", "00:00:00Z " } },
        { "duration", 2019, { "P1Y", "P1Y2M3D", "P2M3D", "PT1H2M3S", "PT5M", "P1DT12H", "P3W", "P0D", "P10Y10M10DT10H10M10S" },
          { "", "P", "PT", "P1YT", "P1Y3D", "PT1H3S", "P1W2D", "P1D1Y", "P-1D", "P1.5D", "PT1D", "1D", "P1", "P1Y1Y", "P1S",
            "PW" } },
        { "email", 2020, { "a@b", "joe.o'neil+tag@mail.example.com", "\"a b\\\"@\"@example.com", "a@[192.0.2.1]",
          "a@[IPv6:2001:db8::1]",
                           "!#$%&'*+-/=?^_`{|}~@x.y", "a@[tag:content]" },
          { "", "a", "@b", "a@", ".a@b", "a.@b", "a..b@c", "a b@c", "a@b@c", "a@-b", "a@b_c", "a@[256.0.0.1]", "\"a@b", "a@[b",
            "\xc3\xa9@b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@b" } },
        { "idn-email", 7, { "실례@실례.테스트", "é@b", "\"é ü\"@b.c", "a@xn--nxasmq6b" }, { "", "é", "é@", "é@\u302e실례", "a b@c" } },
        { "hostname", 4, { "a", "www.example.com", "1host", "xn--X", LABEL63 ".com", "A-B.C" },
          { "", ".", "a.", ".a", "a..b", "-a", "a-", "a_b", "a b", "\xc3\xa9", LABEL63 "x",
            HUNDRED HUNDRED TEN TEN TEN TEN TEN "aaaa" } },
        { "hostname", 2020, { "a", "www.example.com", "xn--nxasmq6b", "XN--NXASMQ6B",
                              HUNDRED HUNDRED TEN TEN TEN TEN TEN "aaa" },
          { "xn--X", "xn--", "a.xn--aa---o47jg78q.b", "" } },
        { "idn-hostname", 7, { "例え.jp", "straße.de", "l·l", "a。b", "EXAMPLE.com", "xn--nxasmq6b.example", "क\u094d\u200dष" },
          { "", ".", "。", "a·l", "\u0300a", "a\u200db", "é..b", "é.", "-é", "é-", "\u0640\u07fa", "xn--X", "é b", "e\u0301" } },
        { "ipv4", 4, { "0.0.0.0", "255.255.255.255", "192.168.0.1" },
          { "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.04", "1..3.4", "1.2.3.4 ", " 1.2.3.4", "0x1.2.3.4",
            "1.2.3.4/8", "1.2.3.-4" } },
        { "ipv6", 4, { "::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "2001:DB8::a",
          "::ffff:192.0.2.1",
                       "1:2:3:4:5:6:192.0.2.1", "64:ff9b::192.0.2.33" },
          { "", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "::1%eth0", "::1/64", "[::1]",
            "1:2:3:4:5:6:7:192.0.2.1", "192.0.2.1", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:" } },
        { "uri", 4, { "http://a", "HTTPS://u:p@h:80/p/a?q=1&r=%20#f", "urn:a:b", "mailto:a@b", "file:///etc", "a:",
          "http://[::1]:8080/",
                      "http://[v1.x:y]/", "http://a:/", "a+b-c.d:x" },
          { "", "a", "/a", "//a/b", "#f", ":a", "1a:b", "http://a b", "http://a/%2", "http://a/%zz", "http://a/<b>",
            "http://[::1",
            "http://a:b/", "http://\xc3\xa9", "http://[::1]a/", "a:b#c#d" } },
        { "uri-reference", 6, { "", "a", "a/b:c", "../a?b", "//h/p", "?q", "#f", "./a:b", "http://a" },
          { "a b", "\\a", "1:b", "a{b}", "#a#b", "%", "[a]", "http://[a]" } },
        { "iri", 7, { "http://ƒøø.ßår/?∂éœ=πîx#πîüx", "http://a/é", "http://a?\uE000", "urn:\U0001F432" },
          { "é", "http://a b", "http://a/\uE000", "http://a#\uE000", "http://a/\uFFFE", "http://a/\U0001FFFE",
            "http://a/\xc2\x85" } },
        { "iri-reference", 7, { "", "é", "//é/ü?ö#ä", "#é" }, { "é b", "\\é", "#é\\" } },
        { "uri-template", 6, { "", "a", "{a}", "/x{?a,b*,c:3}", "{+a.b}{#c}{;d}{&e}{/f:1000}", "é{%C3%A9}", "it's" },
          { "{", "}", "{}", "{a", "a}", "{a b}", "{a:0}", "{a:10000}", "{a:}", "{a,}", "{a..b}", "a b", "%2", "{a*:3}", "<",
            "{{a}}" } },
        { "json-pointer", 6, { "", "/", "/a/0", "/a~0b~1c", "//", "/é" }, { "a", "#", "/~", "/~2", "/a~", "#/a" } },
        { "relative-json-pointer", 7, { "0", "1/a", "10#", "0/" }, { "", "a", "/a", "01", "-1", "0+1#", "1a", "0##" } },
        { "relative-json-pointer", 2020, { "0", "1/a", "0-1#", "2+10/a" }, { "", "0+", "0+01", "0+a", "+1", "0##", "0+1+1" } },
        { "regex", 7, { "", "^a$", "(?=a)", "\\p{L}" }, { "(", "[", "\\a", "\\Z", "a**" } },
        { "uuid", 2020, { "00000000-0000-0000-0000-000000000000", "ffffffff-FFFF-ffff-FFFF-ffffffffffff",
          "01234567-89ab-cdef-ABCD-EF0123456789" },
          { "", "0", "00000000-0000-0000-0000-00000000000", "00000000-0000-0000-0000-0000000000000",
            "{0000000-0000-0000-0000-00000000000}",
            "g0000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-00000000000g",
              "00000000-0000-0000-00000-00000000000",
            "00000000_0000-0000-0000-000000000000", "000000000000-0000-0000-0000-00000000",
              "0000000:-0000-0000-0000-000000000000" } },
};

static void checks(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                const struct format *format = format_find(slice_of(CASES[i].format), CASES[i].draft);
                if (!format)
                        fail_msg("%s: not known in draft %u", CASES[i].format, CASES[i].draft);
                for (size_t j = 0; j < COUNT_OF(CASES[i].good) && CASES[i].good[j]; j++)
                        if (!format_check(format, slice_of(CASES[i].good[j])))
                                fail_msg("%s: refuses '%s'", CASES[i].format, CASES[i].good[j]);
                for (size_t j = 0; j < COUNT_OF(CASES[i].bad) && CASES[i].bad[j]; j++)
                        if (format_check(format, slice_of(CASES[i].bad[j])))
                                fail_msg("%s: takes '%s'", CASES[i].format, CASES[i].bad[j]);
        }
}

/* Each row of the table is tried above, and the table is in order. */
static void all_are_tried(void **state)
{
        (void)state;
        const struct format *before = NULL;
        for (size_t i = 0; format_at(i); i++) {
                const struct format *format = format_at(i);
                bool tried = false;
                for (size_t j = 0; j < COUNT_OF(CASES); j++)
                        tried |= strcmp(CASES[j].format, format->name) == 0 && CASES[j].draft >= format->since &&
                                 CASES[j].draft <= format->until;
                if (!tried)
                        fail_msg("%s since %u has no cases", format->name, format->since);
                if (before && strcmp(before->name, format->name) == 0)
                        assert_true(before->until < format->since);
                else if (before)
                        assert_true(strcmp(before->name, format->name) < 0);
                before = format;
        }
}

static void drafts(void **state)
{
        (void)state;
        static const struct {
                const char *name;
                unsigned    draft;
                bool        known;
        } ROWS[] = {
                { "date", 4, false },    { "date", 6, false },     { "date", 7, true },     { "uuid", 7, false },    { "uuid",
                  2019, true },
                { "uri", 4, true },      { "regex", 6, false },    { "duration", 7, false }, { "unknown", 2020, false }, { "",
                  2020, false },
                { "iri", 6, false },     { "json-pointer", 4, false }, { "json-pointer", 6, true }, { "dat", 2020, false },
        };
        for (size_t i = 0; i < COUNT_OF(ROWS); i++)
                if ((format_find(slice_of(ROWS[i].name), ROWS[i].draft) != NULL) != ROWS[i].known)
                        fail_msg("%s in draft %u", ROWS[i].name, ROWS[i].draft);
}

/* A text is a slice: a NUL within it is a character, not its end, and nothing behind it is read. */
static void bounds(void **state)
{
        (void)state;
        static const struct {
                const char  *format;
                struct slice text;
        } ROWS[] = {
                { "hostname", SLICE_INIT("a\0b") },      { "email", SLICE_INIT("a@b\0c") },     { "email", SLICE_INIT("a\0@b") },
                { "idn-hostname", SLICE_INIT("é\0b") },  { "uri", SLICE_INIT("a:\0") },         { "uri-template",
                  SLICE_INIT("{\0}") },
                { "ipv4", SLICE_INIT("1.2.3.4\0") },     { "ipv6", SLICE_INIT("::\0") },        { "duration",
                  SLICE_INIT("P1\0") },
                { "date", SLICE_INIT("2026-11-21\0") },  { "time", SLICE_INIT("00:00:00Z\0") }, { "json-pointer",
                  SLICE_INIT("\0/") },
        };
        for (size_t i = 0; i < COUNT_OF(ROWS); i++)
                if (format_check(format_find(slice_of(ROWS[i].format), 2020), ROWS[i].text))
                        fail_msg("row %zu: %s takes a NUL", i, ROWS[i].format);
        /* Every prefix of every good text, on the heap without a byte behind it: the address sanitiser watches. */
        for (size_t i = 0; i < COUNT_OF(CASES); i++)
                for (size_t j = 0; j < COUNT_OF(CASES[i].good) && CASES[i].good[j]; j++)
                        for (size_t size = 0; size <= strlen(CASES[i].good[j]); size++) {
                                char *copy = malloc(size ? size : 1);
                                assert_non_null(copy);
                                memcpy(copy, CASES[i].good[j], size);
                                (void)format_check(format_find(slice_of(CASES[i].format), CASES[i].draft), (struct slice){ copy,
                                  size });
                                free(copy);
                        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(checks), cmocka_unit_test(all_are_tried), cmocka_unit_test(drafts), cmocka_unit_test(bounds),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
