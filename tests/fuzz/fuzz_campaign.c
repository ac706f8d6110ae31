/* Three lines of any bytes as the page's address, the referrer and a campaign's name: the enrichments page, referrer and campaign
 * give JSON, the same again from their caches. */
#include "enrich/enrich.h"
#include "json/scan.h"

struct trio {
        struct config         config;
        struct enrich_plan   *plan;
        struct enrich_worker *worker;
        struct arena_pool     pool;
};

/* Once a process: loading costs more than running. */
static struct trio *trio_get(void)
{
        static struct trio trio;
        struct errors errors = { 0 };
        struct error  err;
        if (trio.plan)
                return &trio;
        config_init(&trio.config);
        BUG_IF(!config_set(&trio.config, "enrich.order", "page, referrer, campaign", &err));
        BUG_IF(!config_set(&trio.config, "enrich.referrer.internal", "*.shop.example", &err));
        trio.plan = enrich_plan_new(&trio.config, &errors);
        BUG_IF(!trio.plan);
        trio.worker = enrich_worker_new(trio.plan);
        arena_pool_init(&trio.pool, 65536, 1);
        return &trio;
}

/* The next line as a JSON string; data NULL: there is none. */
static struct slice line_next(struct slice *text, struct arena *arena)
{
        if (text->size == 0)
                return (struct slice){ 0 };
        const char  *end = memchr(text->data, '\n', text->size);
        struct slice line = slice_between(text->data, end ? end : text->data + text->size);
        struct buffer out;
        char *at = arena_take(arena, 6 * line.size + 2);
        BUG_IF(!at);
        buffer_wrap(&out, at, 6 * line.size + 2);
        buffer_add_json(&out, line);
        size_t taken = line.size + (end != NULL);
        *text = (struct slice){ text->data + taken, text->size - taken };
        return buffer_slice(&out);
}

static struct slice trio_run(struct trio *trio, const struct facts *facts, struct arena *arena)
{
        struct client   client = { 0 };
        struct event    event = { 0 };
        struct findings findings;
        struct subject  subject = { .facts = facts, .client = &client, .event = &event, .arena = arena, .findings = &findings };
        enrich_run(trio->worker, &subject);
        size_t bound = enrich_render_bound(&findings);
        char  *text = arena_take(arena, bound + 2);
        BUG_IF(!text);
        char *end = enrich_render(&findings, text + 1);
        BUG_IF((size_t)(end - text - 1) > bound);
        *text = '{';
        *end++ = '}';
        if (end - text == 2)
                return slice_between(text, end);
        BUG_IF(text[1] != ',');
        text[1] = '{';
        return slice_between(text + 1, end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct trio *trio = trio_get();
        struct arena  arena;
        struct facts  facts = { 0 };
        struct slice  text = { (const char *)data, size };
        arena_init(&arena, &trio->pool, (size_t)64 << 20);
        facts.fact[FACT_page_url] = line_next(&text, &arena);
        facts.fact[FACT_page_referrer] = line_next(&text, &arena);
        facts.fact[FACT_campaign_name] = line_next(&text, &arena);
        struct slice first = trio_run(trio, &facts, &arena), second = trio_run(trio, &facts, &arena);
        struct scan_limits limits = SCAN_UNLIMITED;
        struct scan_error  err;
        BUG_IF(!scan_text(first, &limits, &err));
        BUG_IF(!slice_equal(first, second));
        arena_done(&arena);
        return 0;
}
