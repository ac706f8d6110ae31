/* A load over HTTP/1.1 keep-alive, on one thread: as fast as answers come, or at a constant rate. At a constant rate a request is
 * measured from when it was due, so that a daemon that stands still for a moment is not asked less and praised for it. */
#include "base/clock.h"
#include "command/bench.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX 4096            /* bytes of an answer that are looked at */
#define PROGRESS_EVERY 200000000   /* ns */
#define GRACE 10000000000          /* ns that the last answers may take */

/* Answers by their time: 16 steps to each power of two of microseconds. */
#define STEPS 16
#define SPREAD (40 * STEPS)

struct sender {
        int          descriptor;
        bool         waiting;              /* a request is out */
        struct slice request;              /* what is still to be sent of it */
        int64_t      due;                  /* ns */
        size_t       filled, body;         /* bytes of the answer; of its body that are still to come */
        int          status;               /* 0: its head is not complete */
        char         answer[ANSWER_MAX];
};
struct generator {
        const struct load *load;
        struct sender     *senders;
        struct pollfd     *polls;
        size_t             next;           /* request */
        size_t             out;            /* requests without an answer */
        int64_t            start, end, now, told;
        uint64_t           sent;
        struct load_result result;
        uint64_t           spread[SPREAD];
};

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
                        return spread_time(i);
        }
        return 0;
}

static bool sender_connect(struct sender *sender, uint16_t port)
{
        static const int ON = 1;
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port),
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        sender->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (sender->descriptor < 0 || connect(sender->descriptor, (struct sockaddr *)&address, sizeof(address)))
                return false;
        (void)setsockopt(sender->descriptor, IPPROTO_TCP, TCP_NODELAY, &ON, sizeof(ON));
        return true;
}

static void sender_send(struct generator *generator, struct sender *sender)
{
        while (sender->request.size) {
                ssize_t sent = send(sender->descriptor, sender->request.data, sender->request.size, MSG_NOSIGNAL | MSG_DONTWAIT);
                if (sent <= 0)
                        return;    /* full, or gone: reading will tell */
                sender->request.data += sent;
                sender->request.size -= (size_t)sent;
        }
        (void)generator;
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
        int64_t taken = generator->now - sender->due;
        generator->result.answered += sender->status == 200;
        generator->result.refused += sender->status == 429 || sender->status == 503;
        generator->result.failed += sender->status != 200 && sender->status != 429 && sender->status != 503;
        generator->spread[spread_row(taken)]++;
        if (taken > generator->result.most)
                generator->result.most = taken;
        sender->waiting = false;
        generator->out--;
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
        sender->waiting = false;
        (void)close(sender->descriptor);
        return sender_connect(sender, generator->load->port);
}

static bool serve(struct generator *generator)
{
        for (size_t i = 0; i < generator->load->connections; i++) {
                struct sender *sender = &generator->senders[i];
                if (generator->polls[i].revents & POLLOUT)
                        sender_send(generator, sender);
                if ((generator->polls[i].revents & ~POLLOUT) && !sender_receive(generator, sender) &&
                    !sender_again(generator, sender))
                        return false;
        }
        return true;
}

/* Whoever is free asks again: at once, or when the next is due. */
static void begin(struct generator *generator)
{
        double rate = generator->load->rate;
        for (size_t i = 0; i < generator->load->connections && generator->now < generator->end; i++) {
                struct sender *sender = &generator->senders[i];
                if (sender->waiting)
                        continue;
                int64_t due = rate > 0 ? generator->start + (int64_t)((double)generator->sent / rate * 1e9) : generator->now;
                if (due > generator->now)
                        return;
                sender_begin(generator, sender, due);
        }
}

static int poll_time(const struct generator *generator)
{
        if (generator->load->rate <= 0 || generator->now >= generator->end)
                return 100;
        int64_t due = generator->start + (int64_t)((double)generator->sent / generator->load->rate * 1e9);
        return due <= generator->now ? 1 : (int)((due - generator->now) / 1000000);
}

static bool run(struct generator *generator)
{
        const struct load *load = generator->load;
        generator->start = generator->now = clock_nanoseconds();
        generator->end = generator->start + load->duration;
        while (generator->now < generator->end || (generator->out && generator->now < generator->end + GRACE)) {
                begin(generator);
                for (size_t i = 0; i < load->connections; i++)
                        generator->polls[i] = (struct pollfd){ .fd = generator->senders[i].descriptor,
                                .events = (short)(generator->senders[i].request.size ? POLLIN | POLLOUT : POLLIN) };
                if (poll(generator->polls, load->connections, poll_time(generator)) < 0 && errno != EINTR)
                        return false;
                generator->now = clock_nanoseconds();
                if (!serve(generator))
                        return false;
                if (load->progress && generator->now - generator->told > PROGRESS_EVERY) {
                        load->progress(load->context, generator->now - generator->start, load->duration);
                        generator->told = generator->now;
                }
        }
        return true;
}

bool load_run(const struct load *load, struct load_result *ret_result, struct error *err)
{
        struct generator *generator = memory_get(sizeof(*generator));
        generator->load = load;
        generator->senders = memory_get(load->connections * sizeof(*generator->senders));
        generator->polls = memory_get(load->connections * sizeof(*generator->polls));
        size_t open = 0;
        while (open < load->connections && sender_connect(&generator->senders[open], load->port))
                open++;
        bool good = open == load->connections && run(generator);
        if (!good)
                (void)error_set(err, "the daemon cannot be reached on port %u: %m", (unsigned)load->port);
        for (size_t i = 0; i < load->connections && i <= open; i++)
                if (generator->senders[i].descriptor > 0)
                        (void)close(generator->senders[i].descriptor);
        if (good) {
                double due = load->rate * (double)load->duration / 1e9;
                generator->result.failed += generator->out;
                generator->result.late = due > (double)generator->sent ? (uint64_t)(due - (double)generator->sent) : 0;
                generator->result.duration = generator->now - generator->start;
                generator->result.p50 = spread_at(generator, 0.5);
                generator->result.p99 = spread_at(generator, 0.99);
                *ret_result = generator->result;
        }
        free(generator->senders);
        free(generator->polls);
        free(generator);
        return good;
}
