#include "server/socket.h"
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>
#include <cmocka.h>

static const struct { const char *name, *address; bool good; const char *error; } CASES[] = {
        { "IPv4", "127.0.0.1:0", true, NULL },
        { "name", "localhost:0", true, NULL },
        { "all", "*:0", true, NULL },
        { "no host", ":0", true, NULL },
        { "no port", "127.0.0.1", false, "host:port" },
        { "empty port", "127.0.0.1:", false, "host:port" },
        { "port of letters", "127.0.0.1:http", false, "not a number" },
        { "port too high", "127.0.0.1:65536", false, "not a number" },
        { "negative port", "127.0.0.1:-1", false, "not a number" },
        { "IPv6 without brackets", "::1:80", false, "brackets" },
        { "unknown name", "no-such-host.invalid:0", false, "cannot listen" },
        { "address of others", "192.0.2.1:0", false, "cannot listen" },
};

static void rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                int descriptors[8];
                struct error err = { "" };
                size_t count = socket_listen(CASES[i].address, SOCKET_ALONE, descriptors, COUNT_OF(descriptors), &err);
                if ((count > 0) != CASES[i].good)
                        fail_msg("%s: %zu sockets, %s", CASES[i].name, count, err.text);
                if (!count && !strstr(err.text, CASES[i].error))
                        fail_msg("%s: %s", CASES[i].name, err.text);
                int port = count ? socket_port(descriptors[0]) : 0;
                for (size_t j = 0; j < count; j++) {
                        if (port == 0 || socket_port(descriptors[j]) != port)
                                fail_msg("%s: ports differ", CASES[i].name);
                        (void)close(descriptors[j]);
                }
        }
}

static void one_port_for_many_workers(void **state)
{
        int first, second, third;
        char address[32];
        struct error err;
        (void)state;
        assert_int_equal(socket_listen("127.0.0.1:0", SOCKET_AGAIN, &first, 1, &err), 1);
        (void)snprintf(address, sizeof(address), "127.0.0.1:%d", socket_port(first));
        assert_int_equal(socket_listen(address, SOCKET_AGAIN, &second, 1, &err), 1);
        assert_int_equal(socket_listen(address, SOCKET_ALONE, &third, 1, &err), 0);
        assert_int_equal(socket_listen(address, SOCKET_FIRST, &third, 1, &err), 0);
        assert_non_null(strstr(err.text, "in use"));
        (void)close(first);
        (void)close(second);
}

int main(void)
{
        static const struct CMUnitTest TESTS[] = { cmocka_unit_test(rows), cmocka_unit_test(one_port_for_many_workers) };
        return cmocka_run_group_tests(TESTS, NULL, NULL);
}
