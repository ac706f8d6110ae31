/* What a configuration may take, part by part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "config/option.h"
#include "server/footprint.h"

#define MIB ((uint64_t)1 << 20)
#define SETTINGS_MAX 3

static const struct { const char *name; enum footprint_part part; const char *settings[SETTINGS_MAX][2]; uint64_t bytes; }
CASES[] = {
        { "requests", FOOTPRINT_REQUESTS, { { "limits.open_bytes", "4MiB" } }, 5 * MIB },
        { "sessions, by their limit", FOOTPRINT_SESSIONS, { { "limits.session_bytes", "4MiB" } }, 5 * MIB },
        { "sessions, by the connections", FOOTPRINT_SESSIONS, { { "http.connections", "1024" } }, 30 * MIB },
        { "sessions with TLS as well", FOOTPRINT_SESSIONS, { { "http.connections", "1024" }, { "tls.certificates", "a" } },
          50 * MIB },
        { "no sessions", FOOTPRINT_SESSIONS, { { "http2.enabled", "false" } }, 0 },
        { "connections", FOOTPRINT_CONNECTIONS, { { "http.connections", "1024" }, { "limits.address_count", "65536" } },
          10 * MIB },
        { "addresses come in powers of two", FOOTPRINT_CONNECTIONS,
          { { "http.connections", "1024" }, { "limits.address_count", "65537" } }, 11 * MIB },
        { "no Kafka", FOOTPRINT_KAFKA, { { "sink.type", "file" } }, 0 },
        { "no spool", FOOTPRINT_SPOOL, { { "spool.queue", "4MiB" } }, 0 },
        { "a spool, and what is sent and parked", FOOTPRINT_SPOOL, { { "spool.queue", "4MiB" }, { "spool.path", "/x" } },
          (10 + 8 + 32 + 16 * 8) * MIB },
        { "a large spool is committed in parts", FOOTPRINT_SPOOL, { { "spool.queue", "1GiB" }, { "spool.path", "/x" } },
          (2560 + 64 + 32 + 16 * 8) * MIB },
        { "workers without caches", FOOTPRINT_WORKERS, { { "enrich.order", "bot" } }, 16 * MIB },
        { "workers with one", FOOTPRINT_WORKERS, { { "enrich.order", "bot, geo" }, { "enrich.geo.cache", "4096" } }, 24 * MIB },
        { "caches come in powers of two", FOOTPRINT_WORKERS, { { "enrich.order", "geo" }, { "enrich.geo.cache", "4097" } },
          32 * MIB },
        { "the plan, twice", FOOTPRINT_PLAN, { { NULL } }, 20 * MIB },
};

/* Two workers, and a process of ten MiB. */
static void every_part_is_bounded(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct config config;
                struct error err;
                struct footprint footprint;
                uint64_t sum = 0;
                config_init(&config);
                for (size_t k = 0; k < SETTINGS_MAX && CASES[i].settings[k][0]; k++)
                        if (!config_set(&config, CASES[i].settings[k][0], CASES[i].settings[k][1], &err))
                                fail_msg("%s: %s", CASES[i].name, err.text);
                footprint_measure(&config, 2, 10 * MIB, &footprint);
                if (footprint.bytes[CASES[i].part] != CASES[i].bytes)
                        fail_msg("%s: %llu", CASES[i].name, (unsigned long long)footprint.bytes[CASES[i].part]);
                for (size_t k = 0; k < FOOTPRINT_PARTS; k++)
                        sum += footprint.bytes[k];
                assert_int_equal(footprint.sum, sum);
                config_done(&config);
        }
}

static void it_is_said_in_words(void **state)
{
        const struct footprint footprint = { .bytes = { [FOOTPRINT_REQUESTS] = 5 * MIB, [FOOTPRINT_PLAN] = 7 * MIB - 1 },
                                             .sum = 12 * MIB - 1 };
        char text[512];
        (void)state;
        footprint_print(&footprint, text, sizeof(text));
        assert_string_equal(text, "at most 12 MiB: requests 5, plan 7");
        assert_string_equal(footprint_largest(&footprint), "the tracking plan and the files of enrich.*");
}

static void what_is_there_is_known(void **state)
{
        bool group;
        (void)state;
        assert_in_range(footprint_now(), 65536, UINT64_MAX / 2);
        assert_in_range(footprint_allowed(&group), 1 << 20, UINT64_MAX / 2);
}

int main(void)
{
        static const struct CMUnitTest TESTS[] = {
                cmocka_unit_test(every_part_is_bounded),
                cmocka_unit_test(it_is_said_in_words),
                cmocka_unit_test(what_is_there_is_known),
        };
        return cmocka_run_group_tests_name("footprint", TESTS, NULL, NULL);
}
