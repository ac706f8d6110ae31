/* What librdkafka has to say, kept for the server's log: bounded, and limited in rate, as a dead broker makes it talk a lot. */
#include <stdarg.h>
#include "base/clock.h"
#include "kafka.h"

static struct sink_message *message_slot(struct sink_port *port)
{
        return &port->messages[(port->message_first + port->message_count++) % KAFKA_MESSAGES_MAX];
}

static void message_window_open(struct sink_port *port, int64_t now)
{
        uint64_t silenced = port->message_silenced;
        port->message_start = now;
        port->message_window = 0;
        port->message_silenced = 0;
        if (silenced == 0 || port->message_count == KAFKA_MESSAGES_MAX)
                return;
        struct sink_message *message = message_slot(port);
        message->level = LOG_LEVEL_WARNING;
        (void)snprintf(message->text, sizeof(message->text), "kafka: %llu more messages were left out",
                       (unsigned long long)silenced);
}

void message_add(struct sink_port *port, int level, const char *format, ...)
{
        int64_t now = clock_steady();
        if (port->message_start == 0 || now - port->message_start >= KAFKA_MESSAGE_WINDOW)
                message_window_open(port, now);
        if (port->message_count == KAFKA_MESSAGES_MAX || port->message_window == KAFKA_MESSAGES_MAX) {
                port->message_silenced++;
                atomic_fetch_add_explicit(&port->slot->silenced, 1, memory_order_relaxed);
                return;
        }
        port->message_window++;
        struct sink_message *message = message_slot(port);
        message->level = level;
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(message->text, sizeof(message->text), format, arguments);
        va_end(arguments);
}

bool message_take(struct sink_port *port, struct sink_message *ret_message)
{
        if (port->message_count == 0)
                return false;
        *ret_message = port->messages[port->message_first];
        port->message_first = (port->message_first + 1) % KAFKA_MESSAGES_MAX;
        port->message_count--;
        return true;
}
