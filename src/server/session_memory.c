/* The memory of sessions, TLS and HTTP/2: far more than what else an idle connection takes, and for strangers to have. */
#include "connection.h"

enum { PATIENCE = 1000, AT_ONCE = 16, LOOKED_AT = 1024 };

/* The one with a session that has been idle longest, if that is a while. Those without have nothing to give; of such only so many
 * are passed, as they may be all there are. */
static struct connection *idle_longest(const struct loop *loop)
{
        struct connection *idle = loop->deadlines[DEADLINE_IDLE].first;
        for (size_t i = 0; idle && i < LOOKED_AT && loop->now - idle->since >= PATIENCE; i++, idle = idle->next)
                if ((idle->tls || idle->http2) && !idle->readable)
                        return idle;
        return NULL;
}

static bool idle_yield(struct loop *loop)
{
        struct connection *idle = idle_longest(loop);
        if (!idle)
                return false;
        loop_count(loop, METRIC_connections_evicted, 1);
        if (idle->http2)
                connection_yield(idle);
        else
                connection_close(idle);
        return true;
}

bool session_take(struct loop *loop, size_t bytes)
{
        for (size_t i = 0; i < AT_ONCE && loop->sessions + bytes > loop->sessions_limit; i++)
                if (!idle_yield(loop) && !pressure_relieve(loop))
                        break;
        if (loop->sessions + bytes > loop->sessions_limit)
                return false;
        loop->sessions += bytes;
        loop_count(loop, METRIC_session_bytes, (int64_t)bytes);
        return true;
}

void session_give(struct loop *loop, size_t bytes)
{
        BUG_IF(loop->sessions < bytes);
        loop->sessions -= bytes;
        loop_count(loop, METRIC_session_bytes, -(int64_t)bytes);
}
