#include "server/refresh.h"
#include "base/log.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* How soon a schema that an event asked for is fetched. */
#define WANTED_MS 200

struct refresh {
        struct remote *remote;
        int64_t        every_ms;
        pthread_t      thread;
        int            changed, stop;      /* eventfds */
};

static bool ask(struct remote *remote, bool all)
{
        struct errors notes;
        bool changed = remote_refresh(remote, all);
        remote_take_notes(remote, &notes);
        for (size_t i = 0; i < notes.count; i++)
                log_line(LOG_LEVEL_WARNING, "%s", notes.items[i].text);
        errors_done(&notes);
        return changed;
}

static void *run(void *argument)
{
        struct refresh *refresh = argument;
        struct pollfd stop = { .fd = refresh->stop, .events = POLLIN };
        int64_t rest = refresh->every_ms;
        while (poll(&stop, 1, (int)(rest < WANTED_MS ? rest : WANTED_MS)) == 0) {
                rest -= WANTED_MS;
                bool due = rest <= 0;
                if (due)
                        rest = refresh->every_ms;
                if ((due || remote_wanted(refresh->remote)) && ask(refresh->remote, due)) {
                        uint64_t one = 1;
                        ssize_t written = write(refresh->changed, &one, sizeof(one));
                        (void)written;
                }
        }
        return NULL;
}

struct refresh *refresh_new(struct remote *remote, int64_t every_ms)
{
        if (!remote)
                return NULL;
        struct refresh *refresh = memory_get(sizeof(*refresh));
        *refresh = (struct refresh){ .remote = remote,
                                     .every_ms = every_ms,
                                     .changed = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                                     .stop = eventfd(0, EFD_CLOEXEC) };
        BUG_IF(refresh->changed < 0 || refresh->stop < 0 || pthread_create(&refresh->thread, NULL, run, refresh) != 0);
        return refresh;
}

int refresh_descriptor(const struct refresh *refresh) { return refresh ? refresh->changed : -1; }

bool refresh_changed(struct refresh *refresh)
{
        uint64_t count;
        return refresh && read(refresh->changed, &count, sizeof(count)) == (ssize_t)sizeof(count);
}

void refresh_free(struct refresh *refresh)
{
        if (!refresh)
                return;
        uint64_t one = 1;
        ssize_t written = write(refresh->stop, &one, sizeof(one));
        (void)written;
        remote_stop(refresh->remote);
        (void)pthread_join(refresh->thread, NULL);
        (void)close(refresh->changed);
        (void)close(refresh->stop);
        free(refresh);
}
