#include "server/listeners.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void roles(void **state)
{
        static const struct { const char *name, *want; } CASES[] = {
                { "events", "events" },
                { "admin", "admin" },
                { "events-tls", "events-tls" },
                { "millrace.socket", "events" },
                { "millrace-admin.socket", "admin" },
                { "millrace-tls.socket", "events-tls" },
                { "badminton.socket", "events" },
                { "administrators", "events" },
                { "outlets", "events" },
                { "outlets-admin", "admin" },
                { "", "events" },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++)
                if (strcmp(listeners_role(CASES[i].name), CASES[i].want) != 0)
                        fail_msg("%s: %s", CASES[i].name, listeners_role(CASES[i].name));
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(roles) };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
