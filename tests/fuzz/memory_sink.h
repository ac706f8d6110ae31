/* A sink that keeps nothing and reports what it is told to, when it is told to: for fuzz targets. One port a process. */
#ifndef FUZZ_MEMORY_SINK_H
#define FUZZ_MEMORY_SINK_H
#include "sink/sink.h"
#include <sys/eventfd.h>
#include <unistd.h>

#define MEMORY_HELD 4096
struct sink_port {
        void        (*report)(struct event *event, enum reason fate);
        struct event *held[MEMORY_HELD];
        size_t        count, taken;        /* taken: since the port was opened */
        int           descriptor;
        enum reason   fate;                /* of what is held: published, sink_failed, event_too_large */
        enum reason   answer;              /* to what is published: published takes it */
        bool          late;                /* reports wait for memory_release() */
};
struct sink { struct sink_port port; };

static inline struct sink_port *memory_port_open(struct sink *sink, struct metrics_worker *metrics,
                                                 void (*report)(struct event *event, enum reason fate), struct error *err)
{
        (void)metrics, (void)err;
        sink->port = (struct sink_port){ .report = report, .descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
                                         .fate = REASON_published, .answer = REASON_published };
        BUG_IF(sink->port.descriptor < 0);
        return &sink->port;
}
static inline void memory_port_close(struct sink_port *port)
{
        if (!port)
                return;
        BUG_IF(port->count);
        (void)close(port->descriptor);
}
static inline void memory_release(struct sink_port *port)
{
        uint64_t one = 1;
        BUG_IF(write(port->descriptor, &one, sizeof(one)) != (ssize_t)sizeof(one));
}
static inline void memory_serve(struct sink_port *port)
{
        uint64_t any;
        (void)!read(port->descriptor, &any, sizeof(any));
        /* What a report sets going may be published at once. */
        for (size_t count = port->count; count > 0; count--) {
                struct event *event = port->held[0];
                memmove(port->held, port->held + 1, --port->count * sizeof(*port->held));
                port->report(event, port->fate);
        }
}
static inline enum reason memory_publish(struct sink_port *port, const struct record *record)
{
        volatile char last = record->value.size ? record->value.data[record->value.size - 1] : 0;     /* is readable */
        (void)last;
        if (port->answer != REASON_published)
                return port->answer;
        if (port->count == MEMORY_HELD)
                return REASON_sink_full;
        port->held[port->count++] = record->event;
        port->taken++;
        if (!port->late)
                memory_release(port);
        return REASON_published;
}
static inline int memory_descriptor(struct sink_port *port) { return port->descriptor; }
static inline uint16_t memory_topic(struct sink_port *port, struct slice name)
{
        (void)port;
        return name.size && name.data[0] == 'e' ? (uint16_t)(name.size == 6) : UINT16_MAX;     /* events, events-bad */
}
static inline struct slice memory_topic_name(struct sink_port *port, uint16_t topic)
{
        (void)port;
        return topic ? SLICE("events") : SLICE("events-bad");
}
static inline bool   memory_ready(struct sink_port *port) { return port->answer == REASON_published; }
static inline size_t memory_held(struct sink_port *port) { return port->count; }
static inline size_t memory_largest(struct sink *sink) { (void)sink; return 1 << 20; }

static const struct sink_type MEMORY_SINK = {
        .name = "memory", .port_open = memory_port_open, .port_close = memory_port_close, .port_descriptor = memory_descriptor,
        .serve = memory_serve, .topic = memory_topic, .topic_name = memory_topic_name, .publish = memory_publish,
        .ready = memory_ready, .held = memory_held, .largest = memory_largest,
};
#endif
