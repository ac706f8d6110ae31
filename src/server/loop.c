#include "server/loop.h"
#include "connection.h"
#include "server/coding.h"
#include "server/forwarded.h"
#include <errno.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* EVENTS: what so many requests hold stays in the processor's caches until they are answered. */
enum { EVENTS = 64, ACCEPTS = 64, POOL_KEEP = 1024, LINGER_TIME = 2000, PAUSE_TIME = 1000 };

/* ---- time ---- */
static void read_clocks(struct loop *loop)
{
        loop->nanoseconds = clock_nanoseconds();
        loop->now = loop->nanoseconds / 1000000;
        loop->wall = loop->fixed >= 0 ? loop->fixed : clock_wall();
        int64_t second = loop->wall / 1000;
        if (second != loop->date_second) {
                loop->date_second = second;
                clock_format_http(second * 1000, loop->date);
        }
}

int64_t loop_now(const struct loop *loop) { return loop->wall; }
int64_t loop_nanoseconds(const struct loop *loop) { return loop->nanoseconds; }
const struct config *loop_config(const struct loop *loop) { return loop->config; }
struct arena_pool *loop_pool(struct loop *loop) { return &loop->pool; }
size_t loop_connections(const struct loop *loop) { return loop->connections; }
size_t loop_open_bytes(const struct loop *loop) { return loop->pool.out; }
size_t loop_exchanges(const struct loop *loop) { return loop->exchanges; }
void loop_stop(struct loop *loop) { loop->stopped = true; }

void loop_limit(struct loop *loop, size_t connections)
{
        loop->connections_limit = connections ? connections : 1;
}

void loop_limit_bytes(struct loop *loop, size_t bytes) { loop->bytes_limit = bytes; }
void loop_limit_sessions(struct loop *loop, size_t bytes) { loop->sessions_limit = bytes; }

/* ---- counters: told once a wake-up ---- */
void loop_count(struct loop *loop, enum metric metric, int64_t amount)
{
        loop->counts[metric] += amount;
}

static void tell_metrics(struct loop *loop)
{
        loop->counts[METRIC_open_bytes] = (int64_t)loop->pool.out - loop->open_bytes_told;
        loop->open_bytes_told = (int64_t)loop->pool.out;
        for (size_t i = 0; i < METRIC_COUNT; i++)
                if (loop->counts[i]) {
                        if (loop->metrics)
                                metrics_add(loop->metrics, (enum metric)i, loop->counts[i]);
                        loop->counts[i] = 0;
                }
}

/* ---- configuration ---- */
/* How often streams are looked after: often enough for the shortest of their deadlines. */
static int64_t streams_time(const struct config *config)
{
        int64_t time = config->http_head_time < config->http_body_time ? config->http_head_time : config->http_body_time;
        time = (config->http_write_time < time ? config->http_write_time : time) / 8;
        return time > 1000 ? 1000 : time;
}

bool loop_configure(struct loop *loop, const struct config *config, struct error *err)
{
        struct trust *trust = trust_new(config, err);
        struct http2_kit *kit = http2_kit_new(config);
        int64_t fixed = -1;
        if (!trust || !kit) {
                trust_free(trust);
                http2_kit_free(kit);
                return kit ? false : error_set(err, "cannot prepare HTTP/2: there is no memory");
        }
        if (config->debug_clock[0] && !clock_parse(slice_of(config->debug_clock), &fixed)) {
                trust_free(trust);
                http2_kit_free(kit);
                return error_set(err, "debug.clock: '%s' is not a time of RFC 3339", config->debug_clock);
        }
        http2_kit_free(loop->http2);
        loop->http2 = kit;
        trust_free(loop->trust);
        loop->trust = trust;
        loop->fixed = fixed;
        loop->config = config;
        loop->limits = (struct http_limits){ .head = (size_t)config->http_head_limit, .target = (size_t)config->http_target_limit,
                                             .headers = (size_t)config->http_header_count };
        free(loop->headers);
        loop->headers = memory_get(loop->limits.headers * sizeof(*loop->headers));
        loop->durations[DEADLINE_HEAD] = config->http_head_time;
        loop->durations[DEADLINE_BODY] = config->http_body_time;
        loop->durations[DEADLINE_IDLE] = config->http_idle_time;
        loop->durations[DEADLINE_WRITE] = config->http_write_time;
        loop->durations[DEADLINE_LINGER] = LINGER_TIME;
        loop->durations[DEADLINE_HANDSHAKE] = config->tls_handshake_time;
        loop->durations[DEADLINE_STREAMS] = streams_time(config);
        loop->durations[DEADLINE_PAUSE] = PAUSE_TIME;
        loop->durations[DEADLINE_SERVICE] = INT64_MAX / 2;
        return true;
}

/* ---- sources ---- */
bool loop_watch_source(struct loop *loop, struct source *source, uint32_t events)
{
        struct epoll_event event = { .events = events, .data.ptr = source };
        return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, source->descriptor, &event) == 0;
}

struct loop *loop_new(const struct config *config, struct service *service, struct metrics_worker *metrics, struct error *err)
{
        struct loop *loop = memory_get(sizeof(*loop));
        loop->service = service;
        loop->metrics = metrics;
        loop->date_second = INT64_MIN;
        loop->mailbox = (struct source){ .kind = SOURCE_MAILBOX, .descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) };
        loop->epoll = epoll_create1(EPOLL_CLOEXEC);
        loop->coding = coding_new();
        loop->share = share_new();
        loop->connections_limit = (size_t)config->http_connections;
        loop->bytes_limit = (size_t)config->limits_open_bytes;
        loop->sessions_limit = (size_t)config->limits_session_bytes;
        loop->accepting = true;
        atomic_init(&loop->posts, NULL);
        arena_pool_init(&loop->pool, LOOP_CHUNK, POOL_KEEP);
        random_init(&loop->random);
        http_names_init(&loop->names);
        bool good = loop->mailbox.descriptor >= 0 && loop->epoll >= 0 && loop->coding &&
                    loop_watch_source(loop, &loop->mailbox, EPOLLIN) && pressure_init(&loop->pressure) &&
                    loop_watch_source(loop, &loop->pressure.canary, EPOLLIN);
        if (!good)
                error_set(err, "cannot start an event loop: %m");
        if (!good || !loop_configure(loop, config, err)) {
                loop_free(loop);
                return NULL;
        }
        read_clocks(loop);
        return loop;
}

/* Once and for all, edge-triggered: no further epoll_ctl() in the life of a connection. */
bool loop_add(struct loop *loop, struct connection *connection)
{
        return loop_watch_source(loop, &connection->source, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

void loop_drain(struct loop *loop, bool ours)
{
        if (loop->draining)
                return;
        loop->draining = true;
        loop->accept_at = loop->crowded_at = 0;
        for (struct listener *listener = loop->listeners; ours && listener; listener = listener->next)
                loop_accept(loop, listener, SIZE_MAX);
        loop_listeners_close(loop);
        struct connection *next;
        for (struct connection *busy = loop->deadlines[DEADLINE_STREAMS].first; busy; busy = busy->next)
                http2_drain(busy);
        for (struct connection *idle = loop->deadlines[DEADLINE_IDLE].first; idle; idle = next) {
                next = idle->next;
                if (idle->http2)
                        http2_drain(idle);
                /* One that has never sent anything, or was busy a moment ago, is likely to send soon; that request must not meet
                 * a closed socket. */
                else if (idle->fresh || idle->readable || loop->now - idle->since < LINGER_TIME)
                        deadline_set(idle, DEADLINE_LINGER);
                else
                        connection_close(idle);
        }
        for (struct connection *silent = loop->deadlines[DEADLINE_HANDSHAKE].first; silent; silent = next) {
                next = silent->next;
                if (!silent->tls)
                        deadline_set(silent, DEADLINE_LINGER);
        }
}

/* ---- other descriptors, and other threads ---- */
bool loop_watch(struct loop *loop, int descriptor, void (*ready)(void *context), void *context, struct error *err)
{
        struct watch *watch = memory_get(sizeof(*watch));
        *watch = (struct watch){ .source = { .kind = SOURCE_WATCH, .descriptor = descriptor }, .ready = ready, .context = context,
                                 .next = loop->watches };
        loop->watches = watch;
        return loop_watch_source(loop, &watch->source, EPOLLIN) || error_set(err, "cannot watch descriptor %d: %m", descriptor);
}

void loop_tick(struct loop *loop, int64_t ms, void (*tick)(void *context), void *context)
{
        loop->tick_every = ms;
        loop->tick_at = loop->now + ms;
        loop->tick = tick;
        loop->tick_context = context;
}

void loop_post(struct loop *loop, void (*run)(void *argument), void *argument)
{
        struct post *post = memory_get(sizeof(*post));
        struct post *before = atomic_load_explicit(&loop->posts, memory_order_relaxed);
        post->run = run;
        post->argument = argument;
        do
                post->next = before;
        while (!atomic_compare_exchange_weak_explicit(&loop->posts, &before, post, memory_order_release, memory_order_relaxed));
        /* From here on the post belongs to the loop. Whoever posted the first has woken it. */
        static const uint64_t ONE = 1;
        if (!before)
                (void)!write(loop->mailbox.descriptor, &ONE, sizeof(ONE));
}

static void mailbox_empty(struct loop *loop)
{
        uint64_t count;
        (void)!read(loop->mailbox.descriptor, &count, sizeof(count));
        struct post *newest = atomic_exchange_explicit(&loop->posts, NULL, memory_order_acquire), *oldest = NULL;
        while (newest) {
                struct post *next = newest->next;
                newest->next = oldest;
                oldest = newest;
                newest = next;
        }
        while (oldest) {
                struct post *post = oldest;
                oldest = post->next;
                post->run(post->argument);
                free(post);
        }
}

/* ---- the loop ---- */
static unsigned news_of(uint32_t events)
{
        return (events & EPOLLIN ? NEWS_READABLE : 0u) | (events & EPOLLOUT ? NEWS_WRITABLE : 0u) |
               (events & EPOLLRDHUP ? NEWS_HALF_CLOSED : 0u) | (events & (EPOLLERR | EPOLLHUP) ? NEWS_GONE : 0u);
}

static void dispatch(struct loop *loop, const struct epoll_event *event)
{
        struct source *source = event->data.ptr;
        switch (source->kind) {
        case SOURCE_CONNECTION:
                connection_event((struct connection *)source, news_of(event->events));
                return;
        case SOURCE_LISTENER:
                if (source->descriptor >= 0)
                        loop_accept(loop, (struct listener *)source, ACCEPTS);
                return;
        case SOURCE_WATCH:
                ((struct watch *)source)->ready(((struct watch *)source)->context);
                return;
        case SOURCE_CANARY:
                pressure_turn(loop);
                return;
        case SOURCE_MAILBOX:
                mailbox_empty(loop);
                return;
        }
}

/* What is done comes before what is new when there is much to do: epoll would have it wait behind all who have asked meanwhile,
 * and what it holds grow and grow cold. */
static void finish_first(struct loop *loop)
{
        for (struct watch *watch = loop->ending ? NULL : loop->watches; watch; watch = watch->next)
                watch->ready(watch->context);
}

/* Those that were ready when it began; who becomes ready meanwhile waits for the next wake-up. */
static void run_ready(struct loop *loop)
{
        struct connection *connection = loop->ready;
        loop->ready = loop->ready_last = NULL;
        for (size_t count = 1; connection; count++) {
                struct connection *next = connection->queue;
                connection->queued = false;
                if (connection->state == CONNECTION_CLOSED) {
                        connection->queue = loop->closed;
                        loop->closed = connection;
                } else {
                        connection_run(connection);
                }
                connection = next;
                if (UNLIKELY(count % EVENTS == 0))
                        finish_first(loop);
        }
}

static void free_closed(struct loop *loop)
{
        while (loop->closed) {
                struct connection *connection = loop->closed;
                loop->closed = connection->queue;
                free(connection);
        }
}

static int64_t sooner(int64_t a, int64_t b)
{
        return a < 0 || (b >= 0 && b < a) ? b : a;
}

static int wait_time(const struct loop *loop)
{
        if (loop->ready || loop->handshakes)
                return 0;
        int64_t wait = deadline_next(loop);
        if (loop->tick)
                wait = sooner(wait, loop->tick_at > loop->now ? loop->tick_at - loop->now : 0);
        if (loop->accept_at)
                wait = sooner(wait, loop->accept_at > loop->now ? loop->accept_at - loop->now : 0);
        if (loop->crowded_at)
                wait = sooner(wait, loop->crowded_at > loop->now ? loop->crowded_at - loop->now : 0);
        return wait > INT32_MAX ? INT32_MAX : (int)wait;
}

static void pass_time(struct loop *loop)
{
        struct connection *late;
        while ((late = deadline_over(loop)))
                connection_expire(late);
        pressure_check(loop);
        if (loop->accept_at || loop->crowded_at)
                loop_accept_again(loop);
        if (loop->tick && loop->tick_at <= loop->now) {
                loop->tick_at = loop->now + loop->tick_every;
                loop->tick(loop->tick_context);
        }
}

void loop_run(struct loop *loop)
{
        struct epoll_event events[EVENTS];
        read_clocks(loop);
        while (!loop->stopped) {
                int count = epoll_wait(loop->epoll, events, EVENTS, wait_time(loop));
                BUG_IF(count < 0 && errno != EINTR);
                read_clocks(loop);
                pressure_begin(loop, count == EVENTS);
                for (int i = 0; i < count; i++)
                        dispatch(loop, &events[i]);
                run_ready(loop);
                if (UNLIKELY(count == EVENTS)) {
                        finish_first(loop);
                        loop_accept_some(loop);
                }
                if (UNLIKELY(loop->handshakes))
                        handshakes_run(loop);
                pass_time(loop);
                tell_metrics(loop);
                free_closed(loop);
                pressure_end(loop);
        }
}

static void close_all(struct loop *loop)
{
        for (size_t i = 0; i < DEADLINE_COUNT; i++)
                while (loop->deadlines[i].first) {
                        struct intake *unanswered = i == DEADLINE_SERVICE ? loop->deadlines[i].first->intake : NULL;
                        connection_close(loop->deadlines[i].first);
                        intake_free(unanswered);
                }
        struct post *post = atomic_exchange(&loop->posts, NULL);
        while (post) {
                struct post *next = post->next;
                free(post);
                post = next;
        }
}

void loop_free(struct loop *loop)
{
        if (!loop)
                return;
        loop->draining = loop->ending = true;      /* nobody is let in any more */
        loop_listeners_free(loop);
        close_all(loop);
        while (loop->ready)
                run_ready(loop);
        handshakes_forget(loop);
        free_closed(loop);
        while (loop->watches) {
                struct watch *watch = loop->watches;
                loop->watches = watch->next;
                free(watch);
        }
        tell_metrics(loop);
        pressure_done(&loop->pressure);
        if (loop->epoll >= 0)
                (void)close(loop->epoll);
        if (loop->mailbox.descriptor >= 0)
                (void)close(loop->mailbox.descriptor);
        arena_pool_done(&loop->pool);
        coding_free(loop->coding);
        share_free(loop->share);
        trust_free(loop->trust);
        tls_unref(loop->tls);
        http2_kit_free(loop->http2);
        free(loop->headers);
        free(loop);
}
