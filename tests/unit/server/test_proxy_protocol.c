#include "server/proxy_protocol.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define FOUR "\xC0\0\2\1" "\xC6\x33\x64\7" "\x10\0" "\0\x50"
#define SIX "\x20\1\xD\xB8\0\0\0\0\0\0\0\0\0\0\0\1" "\x20\1\xD\xB8\0\0\0\0\0\0\0\0\0\0\0\2" "\x10\0" "\0\x50"
#define ALL SIZE_MAX

/* size: bytes of the header, ALL for all of them. want NULL: no address. */
static const struct { const char *name; struct slice bytes; enum http_result result; size_t size; const char *want; } CASES[] = {
        { "1: IPv4", SLICE_INIT("PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n"), HTTP_DONE, ALL, "192.0.2.1" },
        { "1: IPv6", SLICE_INIT("PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n"), HTTP_DONE, ALL, "2001:db8::1" },
        { "1: the request follows", SLICE_INIT("PROXY TCP4 192.0.2.1 198.51.100.7 1 2\r\nGET"), HTTP_DONE, 39, "192.0.2.1" },
        { "1: unknown", SLICE_INIT("PROXY UNKNOWN\r\n"), HTTP_DONE, ALL, NULL },
        { "1: unknown with more", SLICE_INIT("PROXY UNKNOWN ffff:f...f:ffff 65535\r\n"), HTTP_DONE, ALL, NULL },
        { "1: nothing yet", SLICE_INIT(""), HTTP_MORE, 0, NULL },
        { "1: not complete", SLICE_INIT("PROXY TCP4 192.0.2.1 198.51."), HTTP_MORE, 0, NULL },
        { "1: begun", SLICE_INIT("PRO"), HTTP_MORE, 0, NULL },
        { "1: LF alone", SLICE_INIT("PROXY TCP4 192.0.2.1 198.51.100.7 1 2\n"), HTTP_BAD, 0, NULL },
        { "1: LF at once", SLICE_INIT("PROXY \n"), HTTP_BAD, 0, NULL },
        { "1: CR LF at once", SLICE_INIT("PROXY \r\n"), HTTP_BAD, 0, NULL },
        { "1: another family", SLICE_INIT("PROXY TCP5 192.0.2.1 198.51.100.7 1 2\r\n"), HTTP_BAD, 0, NULL },
        { "1: family and address differ", SLICE_INIT("PROXY TCP6 192.0.2.1 198.51.100.7 1 2\r\n"), HTTP_BAD, 0, NULL },
        { "1: address and family differ", SLICE_INIT("PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n"), HTTP_BAD, 0, NULL },
        { "1: brackets", SLICE_INIT("PROXY TCP6 [2001:db8::1] 2001:db8::2 1 2\r\n"), HTTP_BAD, 0, NULL },
        { "1: port missing", SLICE_INIT("PROXY TCP4 192.0.2.1 198.51.100.7 1\r\n"), HTTP_BAD, 0, NULL },
        { "1: port too high", SLICE_INIT("PROXY TCP4 192.0.2.1 198.51.100.7 65536 1\r\n"), HTTP_BAD, 0, NULL },
        { "1: port with a leading zero", SLICE_INIT("PROXY TCP4 192.0.2.1 198.51.100.7 01 1\r\n"), HTTP_BAD, 0, NULL },
        { "1: one word too many", SLICE_INIT("PROXY TCP4 192.0.2.1 198.51.100.7 1 2 3\r\n"), HTTP_BAD, 0, NULL },
        { "1: two spaces", SLICE_INIT("PROXY TCP4  192.0.2.1 198.51.100.7 1 2\r\n"), HTTP_BAD, 0, NULL },
        { "1: too long", SLICE_INIT("PROXY UNKNOWN 0123456789012345678901234567890123456789012345678901234567890123456789"
                                    "0123456789012345678901234567890123456789"), HTTP_BAD, 0, NULL },
        { "2: IPv4", SLICE_INIT(SIGNATURE "\x21\x11\0\x0C" FOUR), HTTP_DONE, ALL, "192.0.2.1" },
        { "2: IPv6", SLICE_INIT(SIGNATURE "\x21\x21\0\x24" SIX), HTTP_DONE, ALL, "2001:db8::1" },
        { "2: with extensions", SLICE_INIT(SIGNATURE "\x21\x11\0\x10" FOUR "\4\0\1x"), HTTP_DONE, ALL, "192.0.2.1" },
        { "2: the request follows", SLICE_INIT(SIGNATURE "\x21\x11\0\x0C" FOUR "GET"), HTTP_DONE, 28, "192.0.2.1" },
        { "2: local", SLICE_INIT(SIGNATURE "\x20\0\0\0"), HTTP_DONE, ALL, NULL },
        { "2: local with an address", SLICE_INIT(SIGNATURE "\x20\x11\0\x0C" FOUR), HTTP_DONE, ALL, NULL },
        { "2: UNIX", SLICE_INIT(SIGNATURE "\x21\x31\0\1x"), HTTP_DONE, ALL, NULL },
        { "2: signature begun", SLICE_INIT("\r\n\r\n"), HTTP_MORE, 0, NULL },
        { "2: not complete", SLICE_INIT(SIGNATURE "\x21\x11\0\x0C" "\xC0\0\2\1"), HTTP_MORE, 0, NULL },
        { "2: version 3", SLICE_INIT(SIGNATURE "\x31\x11\0\x0C" FOUR), HTTP_BAD, 0, NULL },
        { "2: another command", SLICE_INIT(SIGNATURE "\x22\x11\0\x0C" FOUR), HTTP_BAD, 0, NULL },
        { "2: too short for its family", SLICE_INIT(SIGNATURE "\x21\x11\0\x08" FOUR), HTTP_BAD, 0, NULL },
        { "2: too short for IPv6", SLICE_INIT(SIGNATURE "\x21\x21\0\x23" SIX), HTTP_BAD, 0, NULL },
        { "2: too long", SLICE_INIT(SIGNATURE "\x21\x11\xFF\xFF" FOUR), HTTP_BAD, 0, NULL },
        { "no header", SLICE_INIT("GET / HTTP/1.1\r\n"), HTTP_BAD, 0, NULL },
        { "other case", SLICE_INIT("proxy TCP4 192.0.2.1 198.51.100.7 1 2\r\n"), HTTP_BAD, 0, NULL },
};

static void rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct slice bytes = CASES[i].bytes;
                struct address client = { .known = false };
                size_t size = 0;
                char *exact = malloc(bytes.size + 1), text[ADDRESS_TEXT] = "";
                memcpy(exact, bytes.data, bytes.size);
                enum http_result result = proxy_header_read((struct slice){ exact, bytes.size }, &size, &client);
                if (result != CASES[i].result)
                        fail_msg("%s: %d", CASES[i].name, result);
                if (result == HTTP_DONE && size != (CASES[i].size == ALL ? bytes.size : CASES[i].size))
                        fail_msg("%s: %zu bytes", CASES[i].name, size);
                if (result == HTTP_DONE && client.known)
                        text[address_format(&client, text)] = '\0';
                if (result == HTTP_DONE && strcmp(text, CASES[i].want ? CASES[i].want : "") != 0)
                        fail_msg("%s: '%s'", CASES[i].name, text);
                /* No start of it is bad: it may come in pieces. */
                for (size_t part = 0; result == HTTP_DONE && part < size; part++) {
                        size_t some;
                        if (proxy_header_read((struct slice){ exact, part }, &some, &client) != HTTP_MORE)
                                fail_msg("%s: cut after %zu bytes", CASES[i].name, part);
                }
                free(exact);
        }
}

int main(void)
{
        static const struct CMUnitTest TESTS[] = { cmocka_unit_test(rows) };
        return cmocka_run_group_tests(TESTS, NULL, NULL);
}
