#include "connection.h"

static void deadline_clear(struct connection *connection)
{
        if (connection->deadline == DEADLINE_NONE)
                return;
        struct deadline_list *list = &connection->loop->deadlines[connection->deadline];
        *(connection->previous ? &connection->previous->next : &list->first) = connection->next;
        *(connection->next ? &connection->next->previous : &list->last) = connection->previous;
        connection->previous = connection->next = NULL;
        connection->deadline = DEADLINE_NONE;
}

void deadline_set(struct connection *connection, enum deadline kind)
{
        deadline_clear(connection);
        if (kind == DEADLINE_NONE)
                return;
        struct deadline_list *list = &connection->loop->deadlines[kind];
        connection->deadline = (uint8_t)kind;
        connection->since = connection->loop->now;
        connection->previous = list->last;
        *(list->last ? &list->last->next : &list->first) = connection;
        list->last = connection;
}

struct connection *deadline_over(struct loop *loop)
{
        for (size_t i = 0; i < DEADLINE_COUNT; i++) {
                struct connection *first = loop->deadlines[i].first;
                if (first && first->since + loop->durations[i] <= loop->now)
                        return first;
        }
        return NULL;
}

int64_t deadline_next(const struct loop *loop)
{
        int64_t next = -1;
        for (size_t i = 0; i < DEADLINE_COUNT; i++) {
                const struct connection *first = loop->deadlines[i].first;
                if (!first)
                        continue;
                int64_t left = first->since + loop->durations[i] - loop->now;
                left = left < 0 ? 0 : left;
                next = next < 0 || left < next ? left : next;
        }
        return next;
}
