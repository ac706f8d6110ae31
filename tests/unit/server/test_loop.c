#include "service.h"

static void keeps_alive_and_answers(void **state)
{
        struct echo *echo = echo_start(NULL);
        int client = client_open(echo);
        char text[4096];
        (void)state;
        for (size_t i = 0; i < 3; i++) {
                static const char REQUEST[] = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nworld";
                client_send(client, REQUEST, sizeof(REQUEST) - 1);
                client_read(client, text, sizeof(text), "world", 2000);
                assert_true(strncmp(text, "HTTP/1.1 200 OK\r\nDate: ", 23) == 0);
                assert_non_null(strstr(text, "\r\nContent-Length: 5\r\n\r\nworld"));
        }
        (void)close(client);
        echo_stop(echo);
}

int main(void)
{
        static const struct CMUnitTest TESTS[] = {
                cmocka_unit_test(keeps_alive_and_answers),
        };
        return cmocka_run_group_tests(TESTS, NULL, NULL);
}
