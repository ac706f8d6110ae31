/* A load over HTTP/1.1 keep-alive, on one thread: as fast as answers come, or at a constant rate. At a constant rate a request is
 * measured from when it was due, whether a connection was free by then or not, so that a daemon that stands still for a moment is
 * not asked less and praised for it. */
#include "base/clock.h"
#include "command/bench.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX 4096            /* bytes of an answer that are looked at */
#define PROGRESS_EVERY 200000000   /* ns */
#define PATIENCE 30000000000       /* ns that the last answers may take, unless the load says it */

#define EVENTS 256                 /* of epoll at once */

/* Answers by their time: 64 steps to each power of two of microseconds, so that a figure is at most 1.6 % too high. */
#define STEPS 64
#define SPREAD (40 * STEPS)

struct sender {
        int          descriptor;
        bool         waiting;              /* a request is out */
        bool         full;                 /* epoll tells when more can be sent */
        struct slice request;              /* what is still to be sent of it */
        int64_t      due;                  /* ns */
        size_t       filled, body;         /* bytes of the answer; of its body that are still to come */
        int          status;               /* 0: its head is not complete */
        char         answer[ANSWER_MAX];
};
struct generator {
        const struct load *load;
        struct sender     *senders;
        struct sender    **idle;           /* a ring of `connections`: who waits longest asks next */
        size_t             idle_first, idle_count;
        int                epoll;
        size_t             next;           /* request */
        size_t             out;            /* requests without an answer */
        int64_t            start, end, now, told;
        uint64_t           sent;
        bool               stopped;
        struct load_result result;
        uint64_t           spread[SPREAD];
};

/* The ring has as many places as there are connections: never more than all of them are idle. */
static size_t idle_place(const struct generator *generator, size_t number)
{
        size_t place = generator->idle_first + number;
        return place < generator->load->connections ? place : place - generator->load->connections;
}

static void idle_add(struct generator *generator, struct sender *sender)
{
        generator->idle[idle_place(generator, generator->idle_count++)] = sender;
}

static struct sender *idle_take(struct generator *generator)
{
        struct sender *sender = generator->idle[generator->idle_first];
        generator->idle_first = idle_place(generator, 1);
        generator->idle_count--;
        return sender;
}

static size_t spread_row(int64_t ns)
{
        uint64_t micros = ns < 1000 ? 1 : (uint64_t)ns / 1000;
        unsigned power = 63u - (unsigned)__builtin_clzll(micros);
        uint64_t step = ((micros - (1ull << power)) * STEPS) >> power;
        size_t row = power * STEPS + (size_t)step;
        return row < SPREAD ? row : SPREAD - 1;
}

/* The upper end of a row, ns. */
static int64_t spread_time(size_t row)
{
        uint64_t base = 1ull << (row / STEPS);
        return (int64_t)((base + base * (row % STEPS + 1) / STEPS) * 1000);
}

static int64_t spread_at(const struct generator *generator, double share)
{
        uint64_t all = 0, seen = 0;
        for (size_t i = 0; i < SPREAD; i++)
                all += generator->spread[i];
        for (size_t i = 0; i < SPREAD; i++) {
                seen += generator->spread[i];
                if (all && (double)seen >= share * (double)all)
                        return spread_time(i) < generator->result.most ? spread_time(i) : generator->result.most;
        }
        return 0;
}

static bool sender_watch(struct generator *generator, struct sender *sender, int operation, uint32_t events)
{
        struct epoll_event event = { .events = events, .data.ptr = sender };
        return epoll_ctl(generator->epoll, operation, sender->descriptor, &event) == 0;
}

static bool sender_connect(struct generator *generator, struct sender *sender)
{
        static const int ON = 1;
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(generator->load->port),
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        sender->full = false;
        sender->request.size = 0;
        sender->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (sender->descriptor < 0 || connect(sender->descriptor, (struct sockaddr *)&address, sizeof(address)))
                return false;
        (void)setsockopt(sender->descriptor, IPPROTO_TCP, TCP_NODELAY, &ON, sizeof(ON));
        return sender_watch(generator, sender, EPOLL_CTL_ADD, EPOLLIN);
}

static void sender_send(struct generator *generator, struct sender *sender)
{
        while (sender->request.size) {
                ssize_t sent = send(sender->descriptor, sender->request.data, sender->request.size, MSG_NOSIGNAL | MSG_DONTWAIT);
                if (sent <= 0)
                        break;     /* full, or gone: reading will tell */
                sender->request.data += sent;
                sender->request.size -= (size_t)sent;
        }
        bool full = sender->request.size > 0;
        if (full != sender->full)
                (void)sender_watch(generator, sender, EPOLL_CTL_MOD, full ? EPOLLIN | EPOLLOUT : EPOLLIN);
        sender->full = full;
}

static void sender_begin(struct generator *generator, struct sender *sender, int64_t due)
{
        const struct requests *requests = generator->load->requests;
        sender->request = requests->items[generator->next++ % requests->count];
        sender->waiting = true;
        sender->due = due;
        sender->filled = sender->body = 0;
        sender->status = 0;
        generator->out++;
        generator->sent++;
        sender_send(generator, sender);
}

static void sender_answered(struct generator *generator, struct sender *sender)
{
        int64_t taken = clock_nanoseconds() - sender->due;
        generator->result.answered += sender->status == 200;
        generator->result.by_status[sender->status < LOAD_STATUSES ? sender->status : 0]++;
        generator->result.refused += sender->status == 429 || sender->status == 503;
        generator->result.failed += sender->status != 200 && sender->status != 429 && sender->status != 503;
        generator->spread[spread_row(taken)]++;
        if (taken > generator->result.most)
                generator->result.most = taken;
        sender->waiting = false;
        generator->out--;
        idle_add(generator, sender);
}

/* Reads the head's status and length; what there is of the body is taken off. */
static void sender_head(struct sender *sender)
{
        const char *end = memmem(sender->answer, sender->filled, "\r\n\r\n", 4);
        if (!end || sender->filled < 12)
                return;
        const char *length = memmem(sender->answer, (size_t)(end - sender->answer), "Content-Length: ", 16);
        size_t head = (size_t)(end + 4 - sender->answer), size = length ? strtoul(length + 16, NULL, 10) : 0;
        sender->status = (int)strtol(sender->answer + 9, NULL, 10);
        sender->body = size - (sender->filled - head < size ? sender->filled - head : size);
}

/* False: the connection is gone. */
static bool sender_receive(struct generator *generator, struct sender *sender)
{
        size_t at = sender->status ? 0 : sender->filled;   /* a long body is thrown away */
        ssize_t got = recv(sender->descriptor, sender->answer + at, ANSWER_MAX - at, MSG_DONTWAIT);
        if (got < 0)
                return errno == EAGAIN || errno == EINTR;
        if (got == 0 || !sender->waiting)
                return false;
        if (sender->status) {
                sender->body -= sender->body < (size_t)got ? sender->body : (size_t)got;
        } else {
                sender->filled += (size_t)got;
                sender_head(sender);
                if (!sender->status && sender->filled == ANSWER_MAX)
                        return false;
        }
        if (sender->status && sender->body == 0)
                sender_answered(generator, sender);
        return true;
}

static bool sender_again(struct generator *generator, struct sender *sender)
{
        generator->result.failed += sender->waiting;
        generator->out -= sender->waiting;
        if (sender->waiting)
                idle_add(generator, sender);
        sender->waiting = false;
        (void)close(sender->descriptor);
        return sender_connect(generator, sender);
}

static bool serve(struct generator *generator)
{
        struct epoll_event events[EVENTS];
        int count = epoll_wait(generator->epoll, events, EVENTS, 0);
        for (int i = 0; i < count; i++) {
                struct sender *sender = events[i].data.ptr;
                if (events[i].events & EPOLLOUT)
                        sender_send(generator, sender);
                if ((events[i].events & ~(uint32_t)EPOLLOUT) && !sender_receive(generator, sender) &&
                    !sender_again(generator, sender))
                        return false;
        }
        return count >= 0 || errno == EINTR;
}

/* Is there another one to be sent? At a rate, all that were due before the end, even if they go out after it. */
static bool more(const struct generator *generator)
{
        const struct load *load = generator->load;
        return load->rate > 0 ? (double)generator->sent < load->rate * (double)load->duration / 1e9
                              : generator->now < generator->end;
}

/* When the next request is due; without a rate it always is. */
static int64_t due_next(const struct generator *generator)
{
        double rate = generator->load->rate;
        return rate > 0 ? generator->start + (int64_t)((double)generator->sent / rate * 1e9) : generator->now;
}

/* Whoever is free asks again: at once, or when the next is due. */
static void begin(struct generator *generator)
{
        while (generator->idle_count && more(generator) && due_next(generator) <= generator->now)
                sender_begin(generator, idle_take(generator), due_next(generator));
}

/* Until an answer comes, or the next request is due: to the microsecond, which epoll_wait() does not offer everywhere. */
static bool rest(struct generator *generator)
{
        int64_t most = PROGRESS_EVERY;
        if (generator->idle_count && more(generator)) {
                int64_t left = due_next(generator) - generator->now;
                most = left < 0 ? 0 : left < most ? left : most;
        }
        struct timespec time = { .tv_nsec = most };
        struct pollfd   ready = { .fd = generator->epoll, .events = POLLIN };
        return ppoll(&ready, 1, &time, NULL) >= 0 || errno == EINTR;
}

/* False: it is to be given up. */
static bool tell(struct generator *generator)
{
        const struct load *load = generator->load;
        if (!load->progress || generator->now - generator->told <= PROGRESS_EVERY)
                return true;
        generator->told = generator->now;
        generator->stopped = !load->progress(load->context, generator->now - generator->start, load->duration);
        return !generator->stopped;
}

static bool run(struct generator *generator)
{
        const struct load *load = generator->load;
        generator->start = generator->now = clock_nanoseconds();
        generator->end = generator->start + load->duration;
        int64_t last = generator->end + (load->patience ? load->patience : PATIENCE);
        while (generator->now < last &&
               (generator->now < generator->end || generator->out || more(generator))) {
                begin(generator);
                if (!rest(generator) || !serve(generator))
                        return false;
                generator->now = clock_nanoseconds();
                if (!tell(generator))
                        return false;
        }
        return true;
}

static void result_fill(struct generator *generator)
{
        struct load_result *result = &generator->result;
        double due = generator->load->rate * (double)generator->load->duration / 1e9;
        result->failed += generator->out;
        result->late = due > (double)generator->sent ? (uint64_t)(due - (double)generator->sent) : 0;
        result->duration = generator->now - generator->start;
        result->p50 = spread_at(generator, 0.5);
        result->p90 = spread_at(generator, 0.9);
        result->p99 = spread_at(generator, 0.99);
        result->p999 = spread_at(generator, 0.999);
}

bool load_run(const struct load *load, struct load_result *ret_result, struct error *err)
{
        struct generator *generator = memory_get(sizeof(*generator));
        generator->load = load;
        generator->senders = memory_get(load->connections * sizeof(*generator->senders));
        generator->idle = memory_get(load->connections * sizeof(struct sender *));
        generator->epoll = epoll_create1(EPOLL_CLOEXEC);
        size_t open = 0;
        while (open < load->connections && sender_connect(generator, &generator->senders[open]))
                idle_add(generator, &generator->senders[open++]);
        bool good = open == load->connections && run(generator);
        if (generator->stopped)
                (void)error_set(err, "interrupted");
        else if (!good)
                (void)error_set(err, "the daemon cannot be reached on port %u: %m", (unsigned)load->port);
        for (size_t i = 0; i < load->connections && i <= open; i++)
                if (generator->senders[i].descriptor > 0)
                        (void)close(generator->senders[i].descriptor);
        (void)close(generator->epoll);
        if (good) {
                result_fill(generator);
                *ret_result = generator->result;
        }
        free(generator->senders);
        free(generator->idle);
        free(generator);
        return good;
}
