/* A loop that reads every byte of a request and answers 15 bytes, at once or from its tick: the floor under the daemon.
 * Usage: bench_loop ADDRESS [later]; tests/bench/loop measures it. */
#include "base/hash.h"
#include "server/loop.h"

struct floor {
        struct service    service;         /* first */
        struct exchange **waiting;
        size_t            waiting_count;
        bool              later;
        uint64_t          sum;
};
enum { WAITING_MAX = 65536 };

static void floor_answer(struct exchange *exchange)
{
        exchange_answer(exchange, &(struct answer){ .status = 200, .content_type = SLICE("application/json"),
                                                    .body = SLICE("{\"accepted\": 1}") });
}

static void floor_serve(struct service *service, struct exchange *exchange)
{
        struct floor *floor = (struct floor *)service;
        floor->sum += hash_bytes(exchange->body.data, exchange->body.size, 1);
        if (floor->later && floor->waiting_count < WAITING_MAX)
                floor->waiting[floor->waiting_count++] = exchange;
        else
                floor_answer(exchange);
}

static void floor_tick(void *context)
{
        struct floor *floor = context;
        size_t count = floor->waiting_count;
        floor->waiting_count = 0;
        for (size_t i = 0; i < count; i++)
                floor_answer(floor->waiting[i]);
}

static const char *floor_methods(struct service *service, struct slice path)
{
        (void)service;
        (void)path;
        return "POST";
}

int main(int count, char **words)
{
        static struct config config;
        static struct floor floor = {
                .service = { .serve = floor_serve, .methods = floor_methods, .cors = true, .proxied = true },
        };
        struct error err = { "" };
        int listener;
        config_init(&config);
        floor.waiting = memory_get(WAITING_MAX * sizeof(*floor.waiting));
        floor.later = count > 2;
        struct loop *loop = loop_new(&config, &floor.service, NULL, &err);
        const char *address = count > 1 ? words[1] : "127.0.0.1:0";
        if (!loop || !socket_listen(address, SOCKET_ALONE, &listener, 1, &err) || !loop_listen(loop, listener, &err)) {
                fprintf(stderr, "%s\n", err.text);
                return EXIT_FAILURE;
        }
        printf("%d\n", socket_port(listener));
        (void)fflush(stdout);
        loop_tick(loop, 5, floor_tick, &floor);
        loop_run(loop);
        return EXIT_SUCCESS;
}
