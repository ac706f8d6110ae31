/* A load for the whole benchmarks, on one thread: the one of `millrace bench`, for requests that somebody else has made.
 *     bench_generator PORT CONNECTIONS SECONDS RATE FILE [PATIENCE]
 * RATE: requests a second at constant distances, each measured from when it was due (no coordinated omission); 0: as fast as
 * answers come. FILE: requests in turn, each as the count of its bytes in a line, then the bytes. PATIENCE: seconds that the last
 * answers may take (30). Prints JSON. */
#include "base/file.h"
#include "command/bench.h"

#define FILE_MAX ((size_t)1 << 30)

static bool requests_split(struct slice text, struct requests *ret_requests)
{
        size_t room = 0;
        for (const char *at = text.data, *end = at + text.size; at < end;) {
                char  *body;
                size_t size = strtoul(at, &body, 10);
                if (body == at || *body++ != '\n' || size == 0 || size > (size_t)(end - body))
                        return false;
                if (ret_requests->count == room)
                        ret_requests->items = memory_grow(ret_requests->items, (room = 2 * room + 64) * sizeof(struct slice));
                ret_requests->items[ret_requests->count++] = (struct slice){ body, size };
                at = body + size;
        }
        return ret_requests->count > 0;
}

int main(int argc, char **argv)
{
        struct slice text;
        struct requests requests = { 0 };
        struct load_result result;
        struct error err;
        if (argc != 6 && argc != 7) {
                fprintf(stderr, "usage: %s PORT CONNECTIONS SECONDS RATE FILE [PATIENCE]\n", argv[0]);
                return 2;
        }
        text.data = file_read(argv[5], FILE_MAX, &text.size, &err);
        if (!text.data || !requests_split(text, &requests)) {
                fprintf(stderr, "%s: %s\n", argv[0], text.data ? "not a file of requests" : err.text);
                return 1;
        }
        struct load load = { .port = (uint16_t)strtoul(argv[1], NULL, 10), .requests = &requests,
                             .connections = strtoul(argv[2], NULL, 10), .duration = (int64_t)(strtod(argv[3], NULL) * 1e9),
                             .rate = strtod(argv[4], NULL),
                             .patience = argc == 7 ? (int64_t)(strtod(argv[6], NULL) * 1e9) : 0 };
        bool good = load_run(&load, &result, &err);
        if (good)
                printf("{\"answered\":%llu,\"refused\":%llu,\"failed\":%llu,\"late\":%llu,\"seconds\":%.6f,\"p50_ms\":%.3f,"
                       "\"p90_ms\":%.3f,\"p99_ms\":%.3f,\"p999_ms\":%.3f,\"most_ms\":%.3f}\n",
                       (unsigned long long)result.answered, (unsigned long long)result.refused, (unsigned long long)result.failed,
                       (unsigned long long)result.late, (double)result.duration / 1e9, (double)result.p50 / 1e6,
                       (double)result.p90 / 1e6, (double)result.p99 / 1e6, (double)result.p999 / 1e6, (double)result.most / 1e6);
        else
                fprintf(stderr, "%s\n", err.text);
        free(requests.items);
        free((char *)(uintptr_t)text.data);
        return good ? 0 : 1;
}
