/* A bad network between two namespaces: a TUN device in each, and what one sends comes out of the other late, twice, damaged, out
 * of order, slowly, or not at all. The kernel's own netem is a module that many machines lack; this needs none.
 *
 *     wire NAMESPACE NAMESPACE SEED DEVICE
 *
 * Makes that device in both (their addresses are the caller's business), prints "ready", and obeys lines of
 *
 *     delay MS | jitter MS | loss PERCENT | duplicate PERCENT | corrupt PERCENT | reorder PERCENT | rate BYTES_A_SECOND | down
 * 0|1
 *
 * for both directions; each is answered by "ok". 0 is off. `jitter` moves each packet by up to that, either way, so it reorders;
 * `reorder` packets overtake everything. At the end of its input it prints what it did, as JSON, and ends. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { PACKET_MAX = 2048, QUEUE_MAX = 1000, SETTINGS = 8 };
enum setting { DELAY, JITTER, LOSS, DUPLICATE, CORRUPT, REORDER, RATE, DOWN };
static const char *const NAMES[SETTINGS] = { "delay", "jitter", "loss", "duplicate", "corrupt", "reorder", "rate", "down" };

struct packet {
        struct packet *next;
        int64_t        due;                /* ns */
        size_t         size;
        char           bytes[PACKET_MAX];
};
struct direction {
        int            from, to;
        struct packet *queue;              /* by their due time */
        size_t         queued;
        int64_t        free;               /* ns: when the slow link has sent all that it was given */
};
struct wire {
        struct direction way[2];
        int64_t          setting[SETTINGS];
        uint64_t         random, sent, lost, duplicated, corrupted, reordered, overflowed;
};

static int64_t now_ns(void)
{
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static uint64_t draw(struct wire *wire)
{
        wire->random ^= wire->random << 13;
        wire->random ^= wire->random >> 7;
        wire->random ^= wire->random << 17;
        return wire->random;
}

static bool happens(struct wire *wire, enum setting setting)
{
        return (int64_t)(draw(wire) % 100) < wire->setting[setting];
}

static int tun_open(const char *space, const char *name)
{
        char path[256];
        (void)snprintf(path, sizeof(path), "/run/netns/%s", space);
        int inside = open(path, O_RDONLY | O_CLOEXEC);
        if (inside < 0 || setns(inside, CLONE_NEWNET))
                return -1;
        (void)close(inside);
        int descriptor = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
        struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
        (void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
        return descriptor >= 0 && ioctl(descriptor, TUNSETIFF, &request) == 0 ? descriptor : -1;
}

static void put(struct direction *way, const char *bytes, size_t size, int64_t due)
{
        struct packet *packet = malloc(sizeof(*packet)), **at = &way->queue;
        if (!packet)
                return;
        packet->due = due;
        packet->size = size;
        memcpy(packet->bytes, bytes, size);
        while (*at && (*at)->due <= due)
                at = &(*at)->next;
        packet->next = *at;
        *at = packet;
        way->queued++;
}

static void take_one(struct wire *wire, struct direction *way, char *bytes, size_t size, int64_t now)
{
        const int64_t *setting = wire->setting, ms = 1000000;
        if (setting[DOWN] || happens(wire, LOSS)) {
                wire->lost++;
                return;
        }
        if (way->queued >= QUEUE_MAX) {
                wire->overflowed++;
                return;
        }
        int64_t due = now;
        if (setting[RATE]) {
                way->free = (way->free > now ? way->free : now) + (int64_t)size * 1000000000 / setting[RATE];
                due = way->free;
        }
        due += setting[DELAY] * ms;
        if (setting[JITTER])
                due += (int64_t)(draw(wire) % (uint64_t)(2 * setting[JITTER] * ms)) - setting[JITTER] * ms;
        if (happens(wire, REORDER)) {
                due = now;
                wire->reordered++;
        }
        if (happens(wire, CORRUPT)) {
                bytes[draw(wire) % size] ^= (char)(1 << draw(wire) % 8);
                wire->corrupted++;
        }
        put(way, bytes, size, due < now ? now : due);
        if (happens(wire, DUPLICATE)) {
                put(way, bytes, size, due < now ? now : due);
                wire->duplicated++;
        }
}

static void take(struct wire *wire, struct direction *way)
{
        char bytes[PACKET_MAX];
        int64_t now = now_ns();
        for (ssize_t size; (size = read(way->from, bytes, sizeof(bytes))) > 0;)
                take_one(wire, way, bytes, (size_t)size, now);
}

/* What is due goes out. Answers the ns until the next is. */
static int64_t give(struct wire *wire, struct direction *way)
{
        int64_t now = now_ns();
        while (way->queue && way->queue->due <= now) {
                struct packet *packet = way->queue;
                way->queue = packet->next;
                way->queued--;
                wire->sent += write(way->to, packet->bytes, packet->size) > 0;
                free(packet);
        }
        return way->queue ? way->queue->due - now : 1000000000;
}

static bool obey(struct wire *wire)
{
        char line[64], *value;
        if (!fgets(line, sizeof(line), stdin))
                return false;
        value = strchr(line, ' ');
        for (size_t i = 0; value && i < SETTINGS; i++)
                if (strlen(NAMES[i]) == (size_t)(value - line) && strncmp(line, NAMES[i], (size_t)(value - line)) == 0) {
                        wire->setting[i] = strtol(value, NULL, 10);
                        (void)puts("ok");
                        return fflush(stdout) == 0;
                }
        return false;
}

int main(int argc, char **argv)
{
        struct wire wire = { .random = argc > 3 ? strtoull(argv[3], NULL, 10) | 1 : 1 };
        int first = argc > 4 ? tun_open(argv[1], argv[4]) : -1, second = argc > 4 ? tun_open(argv[2], argv[4]) : -1;
        if (first < 0 || second < 0) {
                perror("wire");
                return 1;
        }
        wire.way[0] = (struct direction){ .from = first, .to = second };
        wire.way[1] = (struct direction){ .from = second, .to = first };
        (void)setvbuf(stdin, NULL, _IONBF, 0);
        (void)puts("ready");
        (void)fflush(stdout);
        for (;;) {
                int64_t wait = give(&wire, &wire.way[0]), other = give(&wire, &wire.way[1]);
                wait = other < wait ? other : wait;
                struct timespec until = { .tv_sec = wait / 1000000000, .tv_nsec = wait % 1000000000 };
                struct pollfd ready[] = { { first, POLLIN, 0 }, { second, POLLIN, 0 }, { STDIN_FILENO, POLLIN, 0 } };
                if (ppoll(ready, 3, &until, NULL) > 0 && ready[2].revents && !obey(&wire))
                        break;
                take(&wire, &wire.way[0]);
                take(&wire, &wire.way[1]);
        }
        (void)printf("{\"sent\": %llu, \"lost\": %llu, \"duplicated\": %llu, \"corrupted\": %llu, \"reordered\": %llu, "
                     "\"overflowed\": %llu}\n",
                     (unsigned long long)wire.sent, (unsigned long long)wire.lost, (unsigned long long)wire.duplicated,
                     (unsigned long long)wire.corrupted, (unsigned long long)wire.reordered, (unsigned long long)wire.overflowed);
        return 0;
}
