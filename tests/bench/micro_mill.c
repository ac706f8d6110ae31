/* What a request costs from its body to its records: read, checked, enriched, rendered; no socket and no broker.
 *     cmake --build --preset release --target bench_mill && tests/bench/events.py 2000 | build/release/bench_mill -
 * EVENTS: a file of events of the sample plan, one a line. */
#include "base/buffer.h"
#include "measure.h"
#include "server/trial.h"

#define EVENTS_MAX ((size_t)64 << 20)

struct desk {
        struct trial  *trial;
        struct slice  *events;             /* lines, with what follows them in the file */
        size_t         count, per, bytes;  /* bytes: of the records of a pass */
        struct slice   agents[4];
};

static void pass(void *context)
{
        struct desk *desk = context;
        desk->bytes = 0;
        for (size_t i = 0; i + desk->per <= desk->count; i += desk->per) {
                const struct slice *last = &desk->events[i + desk->per - 1];
                struct trial_request request = {
                        .input = &input_json, .body = slice_between(desk->events[i].data, last->data + last->size),
                        .user_agent = desk->agents[i / desk->per % COUNT_OF(desk->agents)], .received = 1795262400000,
                        .lines = desk->per > 1,
                };
                const struct batch *batch;
                BUG_IF(trial_run(desk->trial, &request, &batch) != READER_DONE || batch->count != desk->per);
                for (size_t k = 0; k < batch->count; k++) {
                        BUG_IF(batch->events[k].verdict != REASON_published);
                        desk->bytes += batch->events[k].value.size;
                }
        }
}

static struct plan *plan_open(const char *order, struct config *config)
{
        struct errors errors = { 0 };
        struct error  err;
        config_init(config);
        BUG_IF(!config_set(config, "schemas.path", SOURCE_DIR "/schemas", &err));
        BUG_IF(order && !config_set(config, "enrich.order", order, &err));
        struct plan *plan = plan_new(config, NULL, NULL, &errors);
        errors_print(&errors, stderr);
        BUG_IF(!plan);
        return plan;
}

static void row(struct desk *desk, const char *name, const char *order)
{
        struct config config;
        struct plan *plan = plan_open(order, &config);
        for (desk->per = 1; desk->per <= 50; desk->per += 49) {
                char text[100];
                desk->trial = trial_new(plan);
                (void)snprintf(text, sizeof(text), "mill: %zu event%s a body, %s", desk->per, desk->per == 1 ? "" : "s", name);
                (void)measure(text, pass, desk, desk->count / desk->per * desk->per);
                printf("    %.0f bytes a record\n", (double)desk->bytes / (double)(desk->count / desk->per * desk->per));
                trial_free(desk->trial);
        }
        plan_unref(plan);
}

static void events_read(struct desk *desk, struct buffer *text)
{
        while (buffer_reserve(text, 65536)) {
                size_t got = fread(text->data + text->size, 1, 65536, stdin);
                if (!got)
                        break;
                text->size += got;
        }
        desk->events = memory_get(text->size / 2 * sizeof(struct slice) + 16);
        for (const char *at = text->data, *end = at + text->size; at < end;) {
                const char *stop = memchr(at, '\n', (size_t)(end - at));
                stop = stop ? stop : end;
                desk->events[desk->count++] = slice_between(at, stop);
                at = stop + 1;
        }
        size_t most = RUNNING_ON_VALGRIND || measure_quick() ? 500 : desk->count;
        desk->count = desk->count < most ? desk->count : most;
}

int main(int argc, char **argv)
{
        static struct desk desk = { .agents = {
                SLICE_INIT("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 "
                           "Safari/537.36"),
                SLICE_INIT("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
                           "Version/17.0 Mobile/15E148 Safari/604.1"),
                SLICE_INIT("Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0"),
                SLICE_INIT("shop/4.12.1 (Android 14; Pixel 9)"),
        } };
        struct buffer text;
        if (argc != 2 || strcmp(argv[1], "-") != 0) {
                fprintf(stderr, "usage: %s - <EVENTS\n", argv[0]);
                return 2;
        }
        buffer_init(&text, EVENTS_MAX);
        events_read(&desk, &text);
        BUG_IF(desk.count < 50);
        row(&desk, "user agent and device", "user_agent, device");
        row(&desk, "the default order", NULL);
        free(desk.events);
        buffer_done(&text);
        return 0;
}
