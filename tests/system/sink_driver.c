/* Publishes numbered records through the sink that a configuration names, as a worker does it, and tells what became of
 * each: for tests against real brokers, and for measuring what a record costs.
 *
 * sink_driver [--set PATH=VALUE]... [--topic NAME] [--count N] [--rate PER_SECOND] [--batch RECORDS] [--size BYTES]
 *             [--big-every N --big-size BYTES] [--headers N] [--keys N] [--fates FILE] [--wait-ready MS]
 *
 * Values are {"id":N,"pad":"xxx"} of `size` bytes. `batch` records are published at a time, `rate` a second (0: as fast as
 * reports come in). `keys` N: the key is id modulo N. A refused record is not tried again. Prints one JSON object;
 * `fates` gets a line "ID REASON" for each record. */
#include <getopt.h>
#include <poll.h>
#include <sys/resource.h>
#include "base/clock.h"
#include "sink/sink.h"

#define OPEN_MAX_RECORDS 20000             /* without a rate: so many at most are without a report */

struct driver {
        struct config config;
        const struct sink_type *type;
        struct sink *sink;
        struct sink_port *port;
        const char *topic_name, *fates_file;
        long count, rate, batch, size, big_every, big_size, headers, keys, wait_ready;
        uint16_t topic;
        struct event *events;              /* count of them; value.data is from malloc */
        long published, reported;
        size_t fates[REASON_COUNT];
        int64_t messages;
};
static struct driver driver;               /* report() has no other way to it */

static void report(struct event *event, enum reason fate)
{
        BUG_IF(event->fate != REASON_none);
        event->fate = (uint8_t)fate;
        driver.fates[fate]++;
        driver.reported++;
        free((char *)event->value.data);
        event->value = (struct slice){ 0 };
}

static bool option_take(int option, const char *value)
{
        struct error err;
        char path[256];
        const char *equals;
        switch (option) {
        case 's':
                equals = strchr(value, '=');
                if (!equals || (size_t)(equals - value) >= sizeof(path))
                        return false;
                memcpy(path, value, (size_t)(equals - value));
                path[equals - value] = '\0';
                if (config_set(&driver.config, path, equals + 1, &err))
                        return true;
                fprintf(stderr, "%s\n", err.text);
                return false;
        case 't': driver.topic_name = value; return true;
        case 'f': driver.fates_file = value; return true;
        case 'n': driver.count = strtol(value, NULL, 10); return true;
        case 'r': driver.rate = strtol(value, NULL, 10); return true;
        case 'b': driver.batch = strtol(value, NULL, 10); return true;
        case 'z': driver.size = strtol(value, NULL, 10); return true;
        case 'e': driver.big_every = strtol(value, NULL, 10); return true;
        case 'g': driver.big_size = strtol(value, NULL, 10); return true;
        case 'h': driver.headers = strtol(value, NULL, 10); return true;
        case 'k': driver.keys = strtol(value, NULL, 10); return true;
        case 'w': driver.wait_ready = strtol(value, NULL, 10); return true;
        default: return false;
        }
}

static bool arguments_read(int argc, char **argv)
{
        static const struct option OPTIONS[] = {
                { "set", 1, NULL, 's' },       { "topic", 1, NULL, 't' },    { "fates", 1, NULL, 'f' },
                { "count", 1, NULL, 'n' },     { "rate", 1, NULL, 'r' },     { "batch", 1, NULL, 'b' },
                { "size", 1, NULL, 'z' },      { "big-every", 1, NULL, 'e' }, { "big-size", 1, NULL, 'g' },
                { "headers", 1, NULL, 'h' },   { "keys", 1, NULL, 'k' },     { "wait-ready", 1, NULL, 'w' },
                { NULL, 0, NULL, 0 },
        };
        config_init(&driver.config);
        driver.topic_name = "events";
        driver.count = 1000, driver.batch = 1, driver.size = 700, driver.wait_ready = 30000;
        for (int option; (option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;)
                if (!option_take(option, optarg))
                        return false;
        return optind == argc;
}

static struct slice value_make(long id)
{
        bool big = driver.big_every && id % driver.big_every == driver.big_every - 1;
        size_t size = (size_t)(big ? driver.big_size : driver.size);
        char *text = malloc(size + 64);
        if (!text)
                return (struct slice){ 0 };
        size_t used = (size_t)snprintf(text, 64, "{\"id\":%ld,\"pad\":\"", id);
        if (size < used + 2)
                size = used + 2;
        memset(text + used, 'x', size - used - 2);
        memcpy(text + size - 2, "\"}", 2);
        return (struct slice){ text, size };
}

static void record_publish(long id)
{
        static const struct record_header HEADERS_OF[] = {
                { SLICE_INIT("schema"), SLICE_INIT("com.example/page_view/1-0-0") },
                { SLICE_INIT("event_id"), SLICE_INIT("019aa5c0-6f00-7000-8000-123456789abc") },
                { SLICE_INIT("received_at"), SLICE_INIT("2026-11-21T08:13:00.123Z") },
                { SLICE_INIT("content-type"), SLICE_INIT("application/json") },
        };
        char key[24];
        struct event *event = &driver.events[id];
        event->fate = REASON_none;
        event->value = value_make(id);
        struct record record = {
                .event = event, .topic = driver.topic, .value = event->value, .headers = HEADERS_OF,
                .header_count = (size_t)driver.headers <= COUNT_OF(HEADERS_OF) ? (size_t)driver.headers : COUNT_OF(HEADERS_OF),
        };
        if (driver.keys)
                record.key = (struct slice){ key, (size_t)snprintf(key, sizeof(key), "%ld", id % driver.keys) };
        enum reason reason = driver.type->publish(driver.port, &record);
        if (reason != REASON_published)
                report(event, reason);
}

static void serve(int64_t ms)
{
        struct pollfd wanted = { .fd = driver.type->port_descriptor(driver.port), .events = POLLIN };
        struct sink_message message;
        if (poll(&wanted, 1, ms < 0 ? 0 : (int)ms) > 0)
                driver.type->serve(driver.port);
        while (driver.type->message && driver.type->message(driver.port, &message)) {
                fprintf(stderr, "%d %s\n", message.level, message.text);
                driver.messages++;
        }
}

static void run(void)
{
        int64_t start = clock_nanoseconds();
        while (driver.published < driver.count) {
                int64_t due = driver.rate ? start + driver.published * INT64_C(1000000000) / driver.rate : 0;
                int64_t now = clock_nanoseconds();
                if (due > now || (!driver.rate && driver.published - driver.reported >= OPEN_MAX_RECORDS)) {
                        serve(due > now ? (due - now) / 1000000 + 1 : 1000);
                        continue;
                }
                for (long i = 0; i < driver.batch && driver.published < driver.count; i++)
                        record_publish(driver.published++);
                if (driver.published / driver.batch % 64 == 0)
                        serve(0);
        }
        for (int64_t end = clock_steady() + 120000; driver.reported < driver.count && clock_steady() < end;)
                serve(100);
}

static double cpu_microseconds(void)
{
        struct rusage usage;
        getrusage(RUSAGE_SELF, &usage);
        return 1e6 * (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static bool fates_write(void)
{
        FILE *file = driver.fates_file ? fopen(driver.fates_file, "we") : NULL;
        if (!file)
                return !driver.fates_file;
        for (long i = 0; i < driver.count; i++)
                fprintf(file, "%ld %s\n", i, driver.events[i].fate == REASON_none ? "none" : REASONS[driver.events[i].fate].name);
        return fclose(file) == 0;
}

static bool sink_start(void)
{
        struct errors errors = { 0 }, advice = { 0 };
        struct error err;
        driver.type = driver.config.sink_type == 1 ? sink_find("file") : sink_find("kafka");
        bool good = driver.type && driver.type->check(&driver.config, &errors, &advice);
        errors_print(good ? &advice : &errors, stderr);
        errors_done(&errors);
        errors_done(&advice);
        if (!good)
                return false;
        driver.sink = driver.type->open(&driver.config, 1, &err);
        driver.port = driver.sink ? driver.type->port_open(driver.sink, NULL, report, &err) : NULL;
        if (!driver.port) {
                fprintf(stderr, "%s\n", err.text);
                return false;
        }
        driver.topic = driver.type->topic(driver.port, slice_of(driver.topic_name));
        return driver.topic != UINT16_MAX;
}

int main(int argc, char **argv)
{
        if (!arguments_read(argc, argv) || !sink_start())
                return 2;
        driver.events = memory_get((size_t)driver.count * sizeof(*driver.events));
        int64_t start = clock_steady();
        while (!driver.type->ready(driver.port) && clock_steady() - start < driver.wait_ready)
                serve(10);
        int64_t ready = driver.type->ready(driver.port) ? clock_steady() - start : -1;
        double cpu = cpu_microseconds();
        start = clock_steady();
        run();
        cpu = cpu_microseconds() - cpu;
        int64_t took = clock_steady() - start;
        size_t largest = driver.type->largest(driver.sink);
        driver.type->port_close(driver.port);
        printf("{\"ready_ms\":%lld,\"ms\":%lld,\"cpu_us\":%.3f,", (long long)ready, (long long)took, cpu / (double)driver.count);
        printf("\"largest\":%zu,\"messages\":%lld,\"reported\":%ld", largest, (long long)driver.messages, driver.reported);
        for (size_t i = 0; i < REASON_COUNT; i++)
                if (driver.fates[i])
                        printf(",\"%s\":%zu", REASONS[i].name, driver.fates[i]);
        struct slice address = driver.type->address(driver.sink);
        printf(",\"address\":\"%.*s\"}\n", SLICE_ARGS(address));
        driver.type->close(driver.sink);
        bool good = fates_write() && driver.reported == driver.count;
        free(driver.events);
        config_done(&driver.config);
        return good ? 0 : 1;
}
