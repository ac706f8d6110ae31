/* Published databases against our reader. The script tests/suite/geo fetches them.
 * Usage: suite.geo fields DATABASE...      prints, for each address on standard input, the fields as an event gets them
 *        suite.geo walk DATABASE...        as many random addresses in each as libmaxminddb finds them
 *        suite.geo broken DATABASE...      says of each whether it is refused; else every record is read */
#include "base/hash.h"
#include "enrich/enrich.h"
#include "enrich/geo_record.h"
#ifdef WITH_LIBMAXMINDDB
#include <maxminddb.h>
#include <netinet/in.h>
#endif

#define ADDRESSES 20000

struct desk {
        struct config         config;
        struct enrich_plan   *plan;
        struct enrich_worker *worker;
        struct arena_pool     pool;
        struct arena          arena;
        struct client         client;
        struct facts          facts;
        struct event          event;
        struct findings       findings;
        char                  text[1 << 16];
};

static int fields_print(char **databases, size_t count)
{
        static struct desk stage;
        struct errors errors = { 0 };
        struct error  err;
        struct buffer list;
        char line[128];
        buffer_init(&list, 65536);
        for (size_t i = 0; i < count; i++)
                buffer_format(&list, "%s%s", i ? ", " : "", databases[i]);
        buffer_add_char(&list, '\0');
        config_init(&stage.config);
        BUG_IF(!config_set(&stage.config, "enrich.order", "client, geo", &err));
        BUG_IF(!config_set(&stage.config, "enrich.geo.databases", list.data, &err));
        stage.plan = enrich_plan_new(&stage.config, &errors);
        errors_print(&errors, stderr);
        if (!stage.plan)
                return 1;
        stage.worker = enrich_worker_new(stage.plan);
        arena_pool_init(&stage.pool, 65536, 1);
        struct subject subject = { .facts = &stage.facts, .client = &stage.client, .event = &stage.event, .arena = &stage.arena,
                                   .findings = &stage.findings };
        while (fgets(line, sizeof(line), stdin)) {
                line[strcspn(line, "\n")] = '\0';
                BUG_IF(!address_parse(slice_of(line), &stage.client.address));
                arena_init(&stage.arena, &stage.pool, 1 << 20);
                enrich_run(stage.worker, &subject);
                BUG_IF(enrich_render_bound(&stage.findings) > sizeof(stage.text));
                char *end = enrich_render(&stage.findings, stage.text);
                stage.text[0] = '{';
                printf("%.*s}\n", (int)(end - stage.text), stage.text);
                arena_done(&stage.arena);
        }
        enrich_worker_free(stage.worker);
        enrich_plan_free(stage.plan);
        arena_pool_done(&stage.pool);
        config_done(&stage.config);
        buffer_done(&list);
        return 0;
}

/* Addresses of which many are in the small networks of a test database: near those that were found last. */
static struct address address_random(struct random *random, struct address *near)
{
        static const unsigned char MAPPED[12] = { [10] = 0xFF, [11] = 0xFF };
        struct address address = { .known = true };
        uint64_t bits[3] = { random_next(random), random_next(random), random_next(random) };
        memcpy(address.bytes, bits, 16);
        if (bits[2] & 1)
                memcpy(address.bytes, MAPPED, sizeof(MAPPED));
        else if (bits[2] & 2)
                address.bytes[0] = 0x20 | (address.bytes[0] & 0x1F);
        if (near->known && bits[2] & 4) {
                address = *near;
                unsigned bit = (unsigned)(bits[0] % (address_is_v4(near) ? 32 : 128));
                address.bytes[15 - bit / 8] ^= (unsigned char)(1u << bit % 8);
        }
        return address;
}

#ifdef WITH_LIBMAXMINDDB
/* What libmaxminddb answers, in our counting; false: it answers nothing at all. */
static bool other_find(MMDB_s *other, const struct address *address, uint32_t *ret_record)
{
        struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
        struct sockaddr_in four = { .sin_family = AF_INET };
        int  failed = 0;
        bool v4 = address_is_v4(address);
        memcpy(&six.sin6_addr, address->bytes, 16);
        memcpy(&four.sin_addr, address->bytes + 12, 4);
        MMDB_lookup_result_s result =
                MMDB_lookup_sockaddr(other, v4 ? (struct sockaddr *)&four : (struct sockaddr *)&six, &failed);
        *ret_record = !failed && result.found_entry ? result.entry.offset + 1 : 0;
        return !failed || failed == MMDB_IPV6_LOOKUP_IN_IPV4_DATABASE_ERROR;
}

static int walk(char **databases, size_t count)
{
        size_t found = 0, compared = 0;
        for (size_t i = 0; i < count; i++) {
                struct error err;
                MMDB_s other;
                struct mmdb *mmdb = mmdb_load(databases[i], &err);
                if (!mmdb)
                        continue;
                if (MMDB_open(databases[i], MMDB_MODE_MMAP, &other) != MMDB_SUCCESS) {
                        printf("%s: opened by us alone\n", databases[i]);
                        return 1;
                }
                struct random random;
                struct address near = { .known = false };
                random_init_fixed(&random, i + 1);
                for (size_t k = 0; k < ADDRESSES; k++) {
                        struct address address = address_random(&random, &near);
                        uint32_t ours = mmdb_find(mmdb, &address), theirs;
                        if (other_find(&other, &address, &theirs) && ours != theirs) {
                                char text[ADDRESS_TEXT];
                                (void)address_format(&address, text);
                                printf("%s: %s: %u, and libmaxminddb says %u\n", databases[i], text, ours, theirs);
                                return 1;
                        }
                        compared++;
                        found += ours != 0;
                        near = ours ? address : near;
                }
                MMDB_close(&other);
                mmdb_free(mmdb);
        }
        printf("%zu addresses are found as libmaxminddb finds them, %zu of them in a network\n", compared, found);
        return compared == 0 || found < compared / 100;
}
#else
static int walk(char **databases, size_t count)
{
        (void)databases;
        (void)count;
        puts("built without libmaxminddb");
        return 77;
}
#endif

static int broken(char **databases, size_t count)
{
        struct geo_paths *paths = geo_paths_new("en");
        for (size_t i = 0; i < count; i++) {
                struct error err;
                struct mmdb *mmdb = mmdb_load(databases[i], &err);
                size_t bad = 0, read = 0;
                if (!mmdb) {
                        printf("refused %s\n", strrchr(databases[i], '/') + 1);
                        continue;
                }
                struct random random;
                struct address near = { .known = false };
                random_init_fixed(&random, 1);
                for (size_t k = 0; k < ADDRESSES / 40; k++) {
                        struct address address = address_random(&random, &near);
                        struct geo_record record;
                        uint32_t at = mmdb_find(mmdb, &address);
                        if (!at)
                                continue;
                        near = address;
                        bad += !geo_record_read(paths, mmdb, at, &record);
                        read++;
                }
                printf("taken %s: %zu of %zu records broken\n", strrchr(databases[i], '/') + 1, bad, read);
                mmdb_free(mmdb);
        }
        geo_paths_free(paths);
        return 0;
}

int main(int argc, char **argv)
{
        static const struct { const char *name; int (*run)(char **databases, size_t count); } MODES[] = {
                { "fields", fields_print }, { "walk", walk }, { "broken", broken },
        };
        for (size_t i = 0; i < COUNT_OF(MODES) && argc > 2; i++)
                if (strcmp(argv[1], MODES[i].name) == 0)
                        return MODES[i].run(argv + 2, (size_t)argc - 2);
        fputs("usage: suite.geo fields|walk|broken DATABASE...\n", stderr);
        return 2;
}
