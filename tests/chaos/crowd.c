/* A crowd of clients on one thread: idle, slow, torn, greedy or gone at once. Python is too slow for tens of thousands of
 * connections; this is what the tests of abuse start. Bounded in connections and in time.
 *
 *     crowd HOST PORT MODE COUNT SECONDS [EVERY_MS [EVENTS]]
 *
 * MODE   idle      connect and say nothing                 used     one request, its answer, then nothing
 *        head      a byte of a head every EVERY_MS         body     a head that announces 1 MB, then a byte every EVERY_MS
 *        answer    requests without end, reads no answer   torn     requests in single bytes, answers read
 *        post      one request after the other             pipeline like post, 50 at a time
 *        paced     a request every EVERY_MS
 *        flood     connect and close, one FIN, one RST     mixed    idle, head, body, answer and torn by turns
 * EVENTS of a request (1). Who is closed comes back at once. Prints "open" when all have connected once, from when SECONDS count
 * (ten minutes at most), and one line of JSON at the end: counts, statuses of answers, and the time to an answer in ms (post). */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum mode { IDLE, USED, HEAD, BODY, ANSWER, TORN, POST, PACED, PIPELINE, FLOOD, MIXED, MODES };
static const char *const NAMES[MODES] = {
        "idle", "used", "head", "body", "answer", "torn", "post", "paced", "pipeline", "flood", "mixed"
};

enum { A_SOURCE = 4000, TICK = 10, OPENING = 500, DEPTH = 50, UNREAD = 100, BUCKETS = 24, OPENING_TIME = 600000 };

struct client {
        int       descriptor;              /* -1: none */
        enum mode mode;
        bool      connected, used;         /* now, and ever */
        bool      asked;                   /* a request was sent */
        size_t    sent;                    /* bytes of what is to be said */
        size_t    unanswered;
        int64_t   began;                   /* ns: of the request */
        size_t    got;                     /* of the answer's head, in `held` */
        size_t    skip;                    /* bytes of its body that are still to come */
        char      held[512];
};

struct crowd {
        struct sockaddr_in to;
        enum mode          mode;
        size_t             count, at, opening;
        size_t             missing, next;          /* those without a descriptor; where to look for them */
        int64_t            every, length, end, now;        /* ms */
        int                epoll;
        struct client     *clients;
        char              *request, *announced;
        size_t             request_size, announced_size;
        bool               told;
        size_t             first;                  /* connected for the first time */
        uint64_t           opened, failed, closed, reset, status[6], retry_after, delays[BUCKETS * 8], slowest;
};

static int64_t clock_ns(void)
{
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool makes_requests(enum mode mode)
{
        return mode == USED || mode == TORN || mode == POST || mode == PACED || mode == PIPELINE ||
               mode == ANSWER;
}

/* Each address has 28,000 ports; A_SOURCE connections come from each of 127.0.0.2, 127.0.0.3 ... */
static void client_open(struct crowd *crowd, struct client *client)
{
        static const int ON = 1;
        size_t number = (size_t)(client - crowd->clients);
        int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (descriptor < 0) {
                crowd->failed++;
                return;
        }
        if (ntohl(crowd->to.sin_addr.s_addr) >> 24 == 127 && crowd->count > A_SOURCE) {
                struct sockaddr_in from = { .sin_family = AF_INET };
                from.sin_addr.s_addr = htonl(0x7F000002u + (uint32_t)(number / A_SOURCE));
                (void)setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &ON, sizeof(ON));
                (void)bind(descriptor, (struct sockaddr *)&from, sizeof(from));
        }
        (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &ON, sizeof(ON));
        if (client->mode == ANSWER) {
                static const int LITTLE = 4096;
                (void)setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &LITTLE, sizeof(LITTLE));
        }
        if (connect(descriptor, (struct sockaddr *)&crowd->to, sizeof(crowd->to)) && errno != EINPROGRESS) {
                crowd->failed++;
                (void)close(descriptor);
                return;
        }
        enum mode mode = client->mode;
        bool counted = client->used;
        *client = (struct client){ .descriptor = descriptor, .mode = mode, .used = counted };
        struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = client };
        if (epoll_ctl(crowd->epoll, EPOLL_CTL_ADD, descriptor, &event))
                abort();
        crowd->opening++;
        crowd->missing--;
}

static void client_close(struct crowd *crowd, struct client *client, bool reset)
{
        if (client->descriptor < 0)
                return;
        if (reset) {
                struct linger now = { .l_onoff = 1, .l_linger = 0 };
                (void)setsockopt(client->descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        }
        (void)close(client->descriptor);
        if (!client->connected)
                crowd->opening--;
        client->descriptor = -1;
        crowd->missing++;
}

static void delay_add(struct crowd *crowd, int64_t ns)
{
        uint64_t us = (uint64_t)ns / 1000 + 8;             /* eight buckets to a doubling */
        unsigned power = 63u - (unsigned)__builtin_clzll(us);
        size_t bucket = (power - 3) * 8 + ((us >> (power - 3)) & 7);
        crowd->delays[bucket < BUCKETS * 8 ? bucket : BUCKETS * 8 - 1]++;
        if ((uint64_t)ns / 1000 > crowd->slowest)
                crowd->slowest = (uint64_t)ns / 1000;
}

static double delay_at(const struct crowd *crowd, double part)
{
        uint64_t all = 0, seen = 0;
        for (size_t i = 0; i < BUCKETS * 8; i++)
                all += crowd->delays[i];
        for (size_t i = 0; i < BUCKETS * 8; i++)
                if ((seen += crowd->delays[i]) && (double)seen >= part * (double)all)
                        return (double)((8 + (i & 7) + 1) << (i / 8)) / 1000.0;
        return 0;
}

/* What one event of the timer, or of the socket, makes a client say. */
static void client_say(struct crowd *crowd, struct client *client)
{
        const char *text = client->mode == HEAD ? crowd->request : client->mode == BODY ? crowd->announced : crowd->request;
        size_t size = client->mode == BODY ? crowd->announced_size : crowd->request_size, least = 1;
        if (client->mode == IDLE || client->mode == FLOOD)
                return;
        if (makes_requests(client->mode) && client->mode != ANSWER && client->sent == 0 && client->unanswered == 0)
                client->began = clock_ns();
        if (client->mode == HEAD && client->sent >= 100)
                client->sent = 30;         /* somewhere inside of a header's value: it has no end */
        if (client->mode == BODY && client->sent >= size) {
                (void)!send(client->descriptor, " ", 1, MSG_NOSIGNAL);
                return;
        }
        if (client->mode != HEAD && client->mode != TORN)
                least = size - client->sent;
        for (size_t left = client->mode == PIPELINE ? DEPTH - client->unanswered
                           : client->mode == ANSWER ? UNREAD
                                                    : 1;
             left; left--) {
                ssize_t sent = send(client->descriptor, text + client->sent, least, MSG_NOSIGNAL);
                if (sent <= 0)
                        return;
                client->sent += (size_t)sent;
                if (client->sent == size && makes_requests(client->mode)) {
                        client->sent = 0;
                        client->unanswered++;
                        client->asked = true;
                        least = size;
                        if (client->mode == TORN)
                                return;
                }
        }
}

/* Counts the answers in what came. Heads of ours fit `held`. */
static void client_hear(struct crowd *crowd, struct client *client, const char *data, size_t size)
{
        while (size) {
                size_t some = client->skip < size ? client->skip : size;
                client->skip -= some;
                data += some;
                size -= some;
                while (size && client->got < sizeof(client->held) - 1) {
                        client->held[client->got++] = *data++;
                        size--;
                        if (client->got >= 4 && memcmp(client->held + client->got - 4, "\r\n\r\n", 4) == 0)
                                break;
                }
                client->held[client->got] = '\0';
                if (client->got < 4 || strcmp(client->held + client->got - 4, "\r\n\r\n") != 0) {
                        if (client->got == sizeof(client->held) - 1)
                                client->got = 0;
                        continue;
                }
                const char *length = strstr(client->held, "Content-Length: ");
                client->skip = length ? strtoul(length + 16, NULL, 10) : 0;
                unsigned class = (unsigned)(client->held[9] - '0');
                crowd->status[class <= 5 ? class : 0]++;
                crowd->retry_after += strstr(client->held, "Retry-After") != NULL;
                client->got = 0;
                if (client->unanswered)
                        client->unanswered--;
                if (client->began && class == 2)
                        delay_add(crowd, clock_ns() - client->began);
                client->began = 0;
        }
}

/* Whether its socket alone, not the timer, makes it speak. */
static bool client_wants(const struct client *client)
{
        switch (client->connected ? client->mode : IDLE) {
        case USED:     return client->sent || !client->asked;
        case PACED:    return client->sent;
        case POST:     return client->sent || client->unanswered == 0;
        case PIPELINE: return client->sent || client->unanswered < DEPTH;
        case ANSWER:   return client->sent || client->unanswered < UNREAD;
        default:       return false;
        }
}

static void client_event(struct crowd *crowd, struct client *client, uint32_t events)
{
        static char room[65536];
        if (client->descriptor < 0)
                return;
        if (!client->connected && (events & EPOLLOUT) && !(events & (EPOLLERR | EPOLLHUP))) {
                client->connected = true;
                crowd->opening--;
                crowd->opened++;
                crowd->first += !client->used;
                client->used = true;
                if (client->mode == FLOOD) {
                        client_close(crowd, client, crowd->opened & 1);
                        return;
                }
        }
        bool over = events & (EPOLLERR | EPOLLHUP);
        while (client->connected && client->mode != ANSWER && (events & EPOLLIN)) {
                ssize_t size = recv(client->descriptor, room, sizeof(room), 0);
                if (size > 0) {
                        client_hear(crowd, client, room, (size_t)size);
                        continue;
                }
                over |= size == 0 || (errno != EAGAIN && errno != EINTR);
                break;
        }
        over |= client->mode == ANSWER && (events & EPOLLRDHUP);
        if (over) {
                crowd->closed += client->connected;
                crowd->failed += !client->connected;
                crowd->reset += (events & EPOLLERR) != 0;
                client_close(crowd, client, false);
                return;
        }
        if (client_wants(client))
                client_say(crowd, client);
}

/* Every client has its turn once in `every` ms; those that are closed come back. */
static void tick(struct crowd *crowd, int64_t passed)
{
        size_t turns = crowd->every ? (size_t)((int64_t)crowd->count * passed / crowd->every) + 1 : crowd->count;
        if (turns > crowd->count)
                turns = crowd->count;
        for (size_t i = 0; i < turns; i++) {
                struct client *client = &crowd->clients[crowd->at++ % crowd->count];
                if (client->descriptor >= 0 && client->connected &&
                    (client->mode == HEAD || client->mode == BODY || client->mode == TORN || client->mode == PACED) &&
                    client->unanswered == 0)
                        client_say(crowd, client);
        }
        for (size_t i = 0, asked = 0; i < crowd->count && crowd->missing && crowd->opening < OPENING && asked < OPENING; i++) {
                struct client *client = &crowd->clients[crowd->next++ % crowd->count];
                if (client->descriptor < 0) {
                        client_open(crowd, client);
                        asked++;
                }
        }
        if (!crowd->told && crowd->first >= crowd->count) {
                crowd->told = true;
                crowd->end = crowd->now + crowd->length;
                (void)puts("open");
                (void)fflush(stdout);
        }
}

static char *request_of(size_t events, size_t announced, size_t *ret_size)
{
        static const char EVENT[] =
                "{\"type\":\"page_view\",\"userId\":\"crowd\",\"data\":{\"url\":\"https://shop.example/crowd\"}}\n";
        size_t body = events * (sizeof(EVENT) - 1), room = body + 512;
        char *text = malloc(room);
        int head = snprintf(text, room,
                            "POST /v1/events HTTP/1.1\r\nHost: crowd.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) "
                            "crowd/1.0\r\n"
                            "Content-Type: application/x-ndjson\r\nContent-Length: %zu\r\n\r\n",
                            announced ? announced : body);
        if (head < 0)
                abort();
        for (size_t i = 0; i < events; i++)
                memcpy(text + head + i * (sizeof(EVENT) - 1), EVENT, sizeof(EVENT) - 1);
        *ret_size = (size_t)head + body;
        return text;
}

static void tell(const struct crowd *crowd)
{
        size_t open = 0;
        for (size_t i = 0; i < crowd->count; i++)
                open += crowd->clients[i].descriptor >= 0 && crowd->clients[i].connected;
        (void)printf("{\"open\": %zu, \"opened\": %llu, \"failed\": %llu, \"closed\": %llu, \"reset\": %llu, \"retry_after\": "
                     "%llu",
                     open, (unsigned long long)crowd->opened, (unsigned long long)crowd->failed,
                     (unsigned long long)crowd->closed, (unsigned long long)crowd->reset, (unsigned long long)crowd->retry_after);
        for (size_t i = 1; i < 6; i++)
                (void)printf(", \"%zuxx\": %llu", i, (unsigned long long)crowd->status[i]);
        (void)printf(", \"p50\": %.3f, \"p99\": %.3f, \"slowest\": %.3f}\n", delay_at(crowd, 0.5), delay_at(crowd, 0.99),
                     (double)crowd->slowest / 1000.0);
}

static void run(struct crowd *crowd)
{
        struct epoll_event events[512];
        int64_t ticked = clock_ns() / 1000000 - TICK;
        while ((crowd->now = clock_ns() / 1000000) < crowd->end) {
                if (crowd->now - ticked >= (crowd->mode == FLOOD ? 1 : TICK)) {
                        tick(crowd, crowd->now - ticked);
                        ticked = crowd->now;
                }
                int count = epoll_wait(crowd->epoll, events, 512, crowd->mode == FLOOD ? 1 : TICK);
                for (int i = 0; i < count; i++)
                        client_event(crowd, events[i].data.ptr, events[i].events);
        }
}

int main(int argc, char **argv)
{
        static const enum mode TURNS[] = { IDLE, HEAD, BODY, ANSWER, TORN };
        struct crowd crowd = { .to = { .sin_family = AF_INET } };
        if (argc < 6)
                return 2;
        while (crowd.mode < MODES && strcmp(argv[3], NAMES[crowd.mode]) != 0)
                crowd.mode++;
        crowd.to.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
        crowd.count = crowd.missing = strtoul(argv[4], NULL, 10);
        crowd.every = argc > 6 ? strtol(argv[6], NULL, 10) : 1000;
        if (crowd.mode == MODES || crowd.count == 0 || crowd.count > 1000000 ||
            inet_pton(AF_INET, argv[1], &crowd.to.sin_addr) != 1)
                return 2;
        struct rlimit files;
        if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
                files.rlim_cur = files.rlim_max;
                (void)setrlimit(RLIMIT_NOFILE, &files);
        }
        crowd.epoll = epoll_create1(EPOLL_CLOEXEC);
        crowd.clients = calloc(crowd.count, sizeof(*crowd.clients));
        crowd.request = request_of(argc > 7 ? strtoul(argv[7], NULL, 10) : 1, 0, &crowd.request_size);
        crowd.announced = request_of(0, 1000000, &crowd.announced_size);
        if (crowd.epoll < 0 || !crowd.clients)
                return 1;
        for (size_t i = 0; i < crowd.count; i++)
                crowd.clients[i] = (struct client){ .descriptor = -1, .mode = crowd.mode == MIXED ? TURNS[i % 5] : crowd.mode };
        crowd.length = strtol(argv[5], NULL, 10) * 1000;
        crowd.end = clock_ns() / 1000000 + crowd.length + OPENING_TIME;
        run(&crowd);
        tell(&crowd);
        free(crowd.clients);
        free(crowd.request);
        free(crowd.announced);
        return 0;
}
