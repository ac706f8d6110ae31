/* What all data points cost an event: requests as tests/bench/whole sends them in its rows `all-*` (pages,
 * campaigns, agents and addresses by Zipf's law), from their bodies to their records; no socket and no broker.
 *     bench_points PLACES REQUESTS...     PLACES: a database in the MaxMind format; REQUESTS: a file of events.requests_write()
 * `tests/bench/micro points` makes them. */
#include "base/hash.h"
#include "measure.h"
#include "server/trial.h"

#define REQUESTS_MOST 20000
#define FEWER 6000                         /* under valgrind: the caches are full of what is frequent */
#define PLAIN "user_agent, device"

struct sent {
        struct slice  body;
        struct client client;
        bool          lines;
};
struct desk {
        struct sent  *sent;
        size_t        count, events, bytes;        /* events and bytes of the records of a pass */
        uint64_t      sum;                         /* of these bytes: the same from build to build */
        struct trial *trial;
};

static struct slice file_read(const char *path)
{
        FILE  *file = fopen(path, "re");
        size_t room = (size_t)1 << 26, size = file ? 0 : room;
        char  *text = memory_get(room);
        while (size < room) {
                size_t got = fread(text + size, 1, room - size, file);
                if (!got)
                        break;
                size += got;
        }
        BUG_IF(!file || size == room);
        (void)fclose(file);
        return (struct slice){ text, size };
}

static void line_take(struct sent *sent, struct slice line)
{
        static const struct slice AGENT = SLICE_INIT("User-Agent: "), FORWARDED = SLICE_INIT("X-Forwarded-For: "),
                                  TYPE = SLICE_INIT("Content-Type: application/x-ndjson");
        if (slice_starts_with(line, AGENT))
                sent->client.header[HEADER_user_agent] = (struct slice){ line.data + AGENT.size, line.size - AGENT.size };
        else if (slice_starts_with(line, FORWARDED))
                sent->client.hops = address_parse((struct slice){ line.data + FORWARDED.size, line.size - FORWARDED.size },
                                                  &sent->client.address);
        sent->lines |= slice_equal(line, TYPE);
}

/* "SIZE\n", then a request of so many bytes; and again. */
static void requests_read(struct desk *desk, struct slice text, size_t most)
{
        const char *at = text.data, *end = slice_end(text);
        desk->count = 0;
        while (at < end && desk->count < most) {
                struct sent *sent = &desk->sent[desk->count++];
                char *behind;
                size_t size = strtoul(at, &behind, 10);
                const char *whole = behind + 1, *line = whole;
                *sent = (struct sent){ 0 };
                for (const char *stop; *line != '\r'; line = stop + 2) {
                        stop = memchr(line, '\r', size);
                        line_take(sent, slice_between(line, stop));
                }
                sent->body = slice_between(line + 2, whole + size);
                at = whole + size;
        }
}

static void pass(void *context)
{
        struct desk *desk = context;
        desk->events = desk->bytes = 0;
        for (size_t i = 0; i < desk->count; i++) {
                const struct sent *sent = &desk->sent[i];
                const struct trial_request request = { .input = &input_json, .body = sent->body, .client = &sent->client,
                                                       .received = 1795262400000, .lines = sent->lines };
                const struct batch *batch;
                BUG_IF(trial_run(desk->trial, &request, &batch) != READER_DONE);
                desk->events += batch->count;
                for (size_t k = 0; k < batch->count; k++) {
                        BUG_IF(batch->events[k].verdict != REASON_published);
                        desk->bytes += batch->events[k].value.size;
                        if (desk->sum)
                                desk->sum = hash_bytes(batch->events[k].value.data, batch->events[k].value.size, desk->sum);
                }
        }
}

static void row(struct desk *desk, const char *what, const char *order, const char *places)
{
        struct errors errors = { 0 };
        struct error  err;
        struct config config;
        char name[120];
        config_init(&config);
        BUG_IF(!config_set(&config, "schemas.path", SOURCE_DIR "/schemas", &err));
        BUG_IF(!config_set(&config, "enrich.geo.databases", places, &err));
        BUG_IF(!config_set(&config, "enrich.client.ip", "keep", &err));
        BUG_IF(order && !config_set(&config, "enrich.order", order, &err));
        struct plan *plan = plan_new(&config, NULL, NULL, &errors);
        errors_print(&errors, stderr);
        BUG_IF(!plan);
        desk->trial = trial_new(plan);
        desk->sum = 1;
        pass(desk);
        uint64_t sum = desk->sum;
        desk->sum = 0;
        (void)snprintf(name, sizeof(name), "points: %zu a request, %s", desk->events / desk->count, what);
        (void)measure(name, pass, desk, desk->events);
        printf("    %.0f bytes a record, sum %016llx\n", (double)desk->bytes / (double)desk->events, (unsigned long long)sum);
        trial_free(desk->trial);
        plan_unref(plan);
}

int main(int argc, char **argv)
{
        static struct desk desk;
        bool fewer = RUNNING_ON_VALGRIND || measure_quick();
        if (argc < 3) {
                fprintf(stderr, "usage: %s PLACES REQUESTS...\n", argv[0]);
                return 2;
        }
        desk.sent = memory_get(REQUESTS_MOST * sizeof(*desk.sent));
        for (int i = 2; i < argc; i++) {
                struct slice text = file_read(argv[i]);
                requests_read(&desk, text, REQUESTS_MOST);
                if (fewer && desk.count > FEWER)
                        desk.count = FEWER;
                row(&desk, "user agent and device", PLAIN, argv[1]);
                row(&desk, "all data points", NULL, argv[1]);
                free((char *)(uintptr_t)text.data);
        }
        free(desk.sent);
        return 0;
}
