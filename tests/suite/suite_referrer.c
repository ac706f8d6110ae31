/* Referrers and campaigns that others published: LISTS FILE NAME, as tests/suite/referrers makes them. LISTS is "own" or a value
 * of enrich.referrer.lists that stands alone. Each line of FILE: referrer, page, and what is wanted of FIELDS below. */
#include "enrich/layout.h"
#include "json/scan.h"
#include <stdio.h>

static const enum field WANTED[] = { FIELD_referrer_medium, FIELD_referrer_source, FIELD_referrer_term, FIELD_campaign_source,
                                     FIELD_campaign_medium, FIELD_campaign_name, FIELD_campaign_term };
#define COLUMNS (2 + COUNT_OF(WANTED))

struct suite {
        struct config         config;
        struct enrich_plan   *plan;
        struct enrich_worker *worker;
        struct arena_pool     pool;
        size_t                good, bad;
};

static void suite_open(struct suite *suite, const char *lists)
{
        struct errors errors = { 0 };
        struct error  err;
        bool own = strcmp(lists, "own") == 0;
        config_init(&suite->config);
        BUG_IF(!config_set(&suite->config, "enrich.order", "page, referrer, campaign", &err));
        BUG_IF(!config_set(&suite->config, "enrich.referrer.same_site", "false", &err));
        BUG_IF(!config_set(&suite->config, "enrich.referrer.table", own ? "true" : "false", &err));
        BUG_IF(!own && !config_set(&suite->config, "enrich.referrer.lists", lists, &err));
        suite->plan = enrich_plan_new(&suite->config, &errors);
        errors_print(&errors, stderr);
        if (!suite->plan)
                exit(1);
        suite->worker = enrich_worker_new(suite->plan);
        arena_pool_init(&suite->pool, 65536, 1);
}

/* A JSON string of the text, in the arena. */
static struct slice json_of(struct arena *arena, const char *text)
{
        struct buffer out;
        size_t room = 6 * strlen(text) + 2;
        char  *at = arena_take(arena, room);
        BUG_IF(!at);
        buffer_wrap(&out, at, room);
        buffer_add_json(&out, slice_of(text));
        return buffer_slice(&out);
}

static void case_run(struct suite *suite, char *const column[COLUMNS])
{
        struct arena    arena;
        struct facts    facts = { 0 };
        struct client   client = { 0 };
        struct event    event = { 0 };
        struct findings findings;
        arena_init(&arena, &suite->pool, 1 << 24);
        struct subject subject = { .facts = &facts, .client = &client, .event = &event, .arena = &arena, .findings = &findings };
        facts.fact[FACT_page_referrer] = json_of(&arena, column[0]);
        facts.fact[FACT_page_url] = json_of(&arena, column[1]);
        enrich_run(suite->worker, &subject);
        bool good = true;
        for (size_t i = 0; i < COUNT_OF(WANTED); i++) {
                struct slice raw = findings_find(&findings, WANTED[i]), want = slice_of(column[2 + i]);
                struct slice text = raw.data ? scan_plain(raw, &arena) : (struct slice){ "", 0 };
                if (slice_equal(want, SLICE("-")) || slice_equal(want, text))
                        continue;
                good = false;
                printf("%s (page %s): %s is '%.*s', not '%.*s'\n", column[0], column[1], FIELDS[WANTED[i]].name, SLICE_ARGS(text),
                       SLICE_ARGS(want));
        }
        suite->good += good;
        suite->bad += !good;
        arena_done(&arena);
}

int main(int argc, char **argv)
{
        static struct suite suite;
        FILE *file = argc == 4 ? fopen(argv[2], "re") : NULL;
        char *line = NULL;
        size_t room = 0;
        if (!file) {
                fprintf(stderr, "usage: %s LISTS FILE NAME\n", argv[0]);
                return 2;
        }
        suite_open(&suite, argv[1]);
        while (getline(&line, &room, file) > 0) {
                char *column[COLUMNS], *at = line;
                line[strcspn(line, "\n")] = '\0';
                for (size_t i = 0; i < COLUMNS; i++)
                        column[i] = at ? strsep(&at, "\t") : (char[]){ "" };
                case_run(&suite, column);
        }
        printf("%s: %zu good, %zu bad\n", argv[3], suite.good, suite.bad);
        free(line);
        fclose(file);
        enrich_worker_free(suite.worker);
        enrich_plan_free(suite.plan);
        arena_pool_done(&suite.pool);
        config_done(&suite.config);
        return suite.bad > 0 || suite.good == 0;
}
