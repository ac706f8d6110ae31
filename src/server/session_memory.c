/* The memory of sessions, TLS and HTTP/2: far more than what else an idle connection takes, and for strangers to have. */
#include "connection.h"

enum { PATIENCE = 1000, AT_ONCE = 16 };

/* The one that has been idle longest, if that is a while. */
static bool idle_yield(struct loop *loop)
{
        struct connection *idle = loop->deadlines[DEADLINE_IDLE].first;
        if (!idle || idle->readable || loop->now - idle->since < PATIENCE)
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
