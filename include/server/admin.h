/* What operators ask: /metrics, /live, /ready, /version. Never on a socket of the public listener. */
#ifndef SERVER_ADMIN_H
#define SERVER_ADMIN_H
#include "server/limiter.h"
#include "server/loop.h"
#include "sink/spool.h"

struct admin;
struct admin_setup {
        struct metrics         *metrics;
        const struct sink_type *type;
        struct sink            *sink;
        struct spool           *spool;     /* NULL: there is none */
        struct limiter         *limiter;
        /* Any thread. NULL: ready; else why not, in a few words. */
        const char           *(*unready)(void *context);
        void                   *context;
};
struct admin   *admin_new(const struct admin_setup *setup);
struct service *admin_service(struct admin *admin);
void            admin_free(struct admin *admin);
#endif
