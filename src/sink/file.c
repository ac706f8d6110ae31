/* The file sink, for tests and small sites. TOPIC.ndjson holds one value a line, TOPIC.meta.ndjson at the same line number
 * {"key":"...","headers":{"name":"value",...}}, where `key` is absent when there is none. Values are JSON texts: line
 * breaks between their tokens become spaces.
 *
 * Records gather in the port until serve(), or until there are WRITE_AT bytes of them: memory that the processor still holds is
 * cheap to copy. They are appended in one write a file: all of a topic's records, or none (a part is cut off again). Files are
 * opened for each write, so that they can be rotated. They survive a crash of the process, not of the machine: nothing is
 * fsynced. A folder belongs to one process at a time. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "sink/sink.h"
#include "sink/topics.h"
#include "file_mend.h"

#define RECORD_MAX  (16u << 20)            /* bytes of one record */
#define WRITE_AT    (256u << 10)           /* bytes of values that wait to be written, a port */
#define KEEP_MAX    (1u << 20)             /* bytes that a topic's empty buffer keeps */
#define PENDING_KEEP 16384                 /* places for reports that an idle port keeps */
#define REPORTS_MAX (1u << 20)             /* records that wait for their reports, a port */
#define RETRY_TIME  1000                   /* ms after a failed write until the port calls itself ready again */

struct sink {
        const struct config *config;
        int                  folder;
        pthread_mutex_t      lock;         /* one writer at a time, so that a topic's two files agree line by line */
        struct topics        mended;       /* those whose files were put right since the start */
};
struct file_topic {
        struct buffer values, metas;       /* what waits for serve() */
        bool          failed;              /* the newest write */
};
struct pending {
        struct event *event;
        uint16_t      topic;
        uint16_t      fate;                /* once it is written, or is not */
};
struct sink_port {
        struct sink         *sink;
        void               (*report)(struct event *event, enum reason fate);
        int                  descriptor;
        struct topics        topics;
        struct file_topic   *files;        /* by topic number, TOPICS_MAX of them */
        struct pending      *pending;      /* in the order of publish() */
        size_t               pending_count, pending_room, held;
        size_t               tried;        /* of the pending: those that have their fate */
        size_t               gathered;     /* bytes of the values of the others */
        int64_t              failed;       /* clock_steady() of the newest failure; 0: the newest write went well */
        struct sink_message  message;      /* text empty: none */
};

static bool file_check(const struct config *config, struct errors *errors, struct errors *advice)
{
        (void)advice;
        struct stat status;
        if (config->sink_path[0] == '\0')
                return errors_add(errors, "sink.path: the file sink needs a folder");
        if (stat(config->sink_path, &status) < 0)
                return errors_add(errors, "sink.path: cannot find '%s': %m", config->sink_path);
        if (!S_ISDIR(status.st_mode))
                return errors_add(errors, "sink.path: '%s' is not a folder", config->sink_path);
        if (access(config->sink_path, W_OK | X_OK) < 0)
                return errors_add(errors, "sink.path: cannot write to '%s': %m", config->sink_path);
        return true;
}

static void file_close(struct sink *sink)
{
        if (!sink)
                return;
        if (sink->folder >= 0)
                (void)close(sink->folder);         /* also gives up the lock */
        pthread_mutex_destroy(&sink->lock);
        topics_done(&sink->mended);
        free(sink);
}

static struct sink *file_open(const struct config *config, size_t workers, struct error *err)
{
        (void)workers;
        struct sink *sink = memory_get(sizeof(*sink));
        sink->config = config;
        pthread_mutex_init(&sink->lock, NULL);
        topics_init(&sink->mended);
        sink->folder = open(config->sink_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        bool good = sink->folder >= 0 || error_set(err, "cannot open the folder '%s': %m", config->sink_path);
        if (good && flock(sink->folder, LOCK_EX | LOCK_NB) < 0)
                good = errno == EWOULDBLOCK ? error_set(err, "another process writes to the folder '%s'", config->sink_path)
                                            : error_set(err, "cannot lock the folder '%s': %m", config->sink_path);
        if (good)
                return sink;
        file_close(sink);
        return NULL;
}

static struct sink_port *file_port_open(struct sink *sink, struct metrics_worker *metrics,
                                        void (*report)(struct event *event, enum reason fate), struct error *err)
{
        (void)metrics;
        int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (descriptor < 0) {
                (void)error_set(err, "cannot make an eventfd: %m");
                return NULL;
        }
        struct sink_port *port = memory_get(sizeof(*port));
        port->sink = sink;
        port->report = report;
        port->descriptor = descriptor;
        port->files = memory_get(TOPICS_MAX * sizeof(*port->files));
        topics_init(&port->topics);
        return port;
}

static int file_port_descriptor(struct sink_port *port)
{
        return port->descriptor;
}

static uint16_t file_topic(struct sink_port *port, struct slice name)
{
        uint16_t count = port->topics.count, topic = topics_number(&port->topics, name);
        if (port->topics.count != count) {
                buffer_init(&port->files[topic].values, SIZE_MAX);
                buffer_init(&port->files[topic].metas, SIZE_MAX);
        }
        return topic;
}

/* ---- taking ---- */

static void value_add(struct buffer *out, struct slice value)
{
        buffer_add_on_one_line(out, value);
        buffer_add_char(out, '\n');
}

static void meta_add(struct buffer *out, const struct record *record)
{
        buffer_add_char(out, '{');
        if (record->key.data) {
                buffer_add(out, SLICE("\"key\":"));
                buffer_add_json(out, record->key);
                buffer_add_char(out, ',');
        }
        buffer_add(out, SLICE("\"headers\":{"));
        for (size_t i = 0; i < record->header_count; i++) {
                if (i > 0)
                        buffer_add_char(out, ',');
                buffer_add_json(out, record->headers[i].name);
                buffer_add_char(out, ':');
                buffer_add_json(out, record->headers[i].value);
        }
        buffer_add(out, SLICE("}}\n"));
}

static bool pending_add(struct sink_port *port, const struct record *record)
{
        if (port->pending_count == port->pending_room) {
                size_t room = port->pending_room ? 2 * port->pending_room : 64;
                void  *grown = realloc(port->pending, room * sizeof(*port->pending));
                if (!grown)
                        return false;
                port->pending = grown;
                port->pending_room = room;
        }
        port->pending[port->pending_count++] = (struct pending){ .event = record->event, .topic = record->topic };
        return true;
}

static struct slice file_topic_name(struct sink_port *port, uint16_t topic) { return port->topics.names[topic]; }

static bool file_topics_forget(struct sink_port *port, struct error *err)
{
        (void)err;
        BUG_IF(port->held);
        for (uint16_t i = 0; i < port->topics.count; i++) {
                buffer_done(&port->files[i].values);
                buffer_done(&port->files[i].metas);
                port->files[i] = (struct file_topic){ 0 };
        }
        topics_done(&port->topics);
        topics_init(&port->topics);
        return true;
}

/* ---- writing ---- */

static bool write_all(int file, struct slice text)
{
        while (text.size) {
                ssize_t written = write(file, text.data, text.size);
                if (written < 0 && errno == EINTR)
                        continue;
                if (written <= 0)
                        return false;
                text.data += written;
                text.size -= (size_t)written;
        }
        return true;
}

/* Appends everything or nothing. Answers the size before, for an undo; -1 when it failed, errno says why. */
static off_t file_append(struct sink *sink, const char *topic, const char *suffix, struct slice text, int *ret_file)
{
        char name[TOPIC_NAME_MAX + 16];
        (void)snprintf(name, sizeof(name), "%s%s", topic, suffix);
        int file = openat(sink->folder, name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
        if (file < 0)
                return -1;
        off_t before = lseek(file, 0, SEEK_END);
        if (before >= 0 && write_all(file, text)) {
                *ret_file = file;
                return before;
        }
        int why = errno;
        if (before >= 0)
                (void)!ftruncate(file, before);
        (void)close(file);
        errno = why;
        return -1;
}

/* Once in the life of the process: who went before may have been killed in the middle of a write. */
static bool topic_mend(struct sink *sink, struct slice name)
{
        uint16_t count = sink->mended.count;
        uint16_t topic = topics_number(&sink->mended, name);
        if (sink->mended.count == count && topic != UINT16_MAX)
                return true;
        if (file_mend(sink->folder, name.data))
                return true;
        topics_done(&sink->mended);        /* all of them again, rather than this one never */
        topics_init(&sink->mended);
        return false;
}

static bool topic_write(struct sink *sink, const char *name, const struct file_topic *file)
{
        int values, metas;
        off_t before = file_append(sink, name, FILE_VALUES, buffer_slice(&file->values), &values);
        if (before < 0)
                return false;
        bool good = file_append(sink, name, FILE_METAS, buffer_slice(&file->metas), &metas) >= 0;
        int why = errno;
        if (good)
                (void)close(metas);
        else
                (void)!ftruncate(values, before);
        (void)close(values);
        errno = why;
        return good;
}

static void buffer_empty(struct buffer *buffer)
{
        if (buffer->capacity <= KEEP_MAX) {
                buffer_clear(buffer);
                return;
        }
        buffer_done(buffer);
        buffer_init(buffer, SIZE_MAX);
}

static void topics_write(struct sink_port *port)
{
        pthread_mutex_lock(&port->sink->lock);
        for (uint16_t i = 0; i < port->topics.count; i++) {
                struct file_topic *file = &port->files[i];
                if (file->values.size == 0)
                        continue;
                const char *name = port->topics.names[i].data;
                file->failed = !topic_mend(port->sink, port->topics.names[i]) || !topic_write(port->sink, name, file);
                if (file->failed) {
                        port->message.level = LOG_LEVEL_ERROR;
                        (void)snprintf(port->message.text, sizeof(port->message.text), "cannot write the files of topic '%s': %m",
                                       name);
                }
                port->failed = file->failed ? clock_steady() : 0;
                buffer_empty(&file->values);
                buffer_empty(&file->metas);
        }
        pthread_mutex_unlock(&port->sink->lock);
        for (; port->tried < port->pending_count; port->tried++) {
                struct pending *pending = &port->pending[port->tried];
                pending->fate = port->files[pending->topic].failed ? REASON_sink_failed : REASON_published;
        }
        port->gathered = 0;
}

/* ---- the port at work ---- */

static enum reason file_publish(struct sink_port *port, const struct record *record)
{
        BUG_IF(record->topic >= port->topics.count);
        if (record->value.size > RECORD_MAX)
                return REASON_event_too_large;
        if (port->pending_count == REPORTS_MAX)
                return REASON_sink_full;
        struct file_topic *file = &port->files[record->topic];
        size_t values = file->values.size, metas = file->metas.size;
        value_add(&file->values, record->value);
        meta_add(&file->metas, record);
        if (file->values.full || file->metas.full || !pending_add(port, record)) {
                buffer_cut(&file->values, values);
                buffer_cut(&file->metas, metas);
                return REASON_sink_full;   /* memory is out */
        }
        port->held++;
        port->gathered += record->value.size;
        if (port->pending_count == 1) {
                uint64_t ring = 1;
                (void)!write(port->descriptor, &ring, sizeof(ring));
        }
        if (port->gathered >= WRITE_AT)
                topics_write(port);        /* serve() reports */
        return REASON_published;
}

static void file_serve(struct sink_port *port)
{
        uint64_t rings;
        (void)!read(port->descriptor, &rings, sizeof(rings));
        size_t count = port->pending_count;
        if (count == 0)
                return;
        topics_write(port);
        struct pending *pending = port->pending;
        size_t room = port->pending_room;
        port->pending = NULL;              /* a report may publish again */
        port->pending_count = port->pending_room = port->tried = 0;
        for (size_t i = 0; i < count; i++) {
                port->held--;
                port->report(pending[i].event, (enum reason)pending[i].fate);
        }
        if (port->pending || room > PENDING_KEEP) {
                free(pending);
                return;
        }
        port->pending = pending;           /* for the next */
        port->pending_room = room;
}

static void file_port_close(struct sink_port *port)
{
        if (!port)
                return;
        while (port->pending_count)
                file_serve(port);
        for (uint16_t i = 0; i < port->topics.count; i++) {
                buffer_done(&port->files[i].values);
                buffer_done(&port->files[i].metas);
        }
        topics_done(&port->topics);
        free(port->files);
        free(port->pending);
        (void)close(port->descriptor);
        free(port);
}

static bool file_ready(struct sink_port *port)
{
        return port->failed == 0 || clock_steady() - port->failed >= RETRY_TIME;
}

static size_t file_held(struct sink_port *port)
{
        return port->held;
}

static size_t file_largest(struct sink *sink)
{
        (void)sink;
        return RECORD_MAX;
}

static struct slice file_address(struct sink *sink)
{
        return slice_of(sink->config->sink_path);
}

static bool file_message(struct sink_port *port, struct sink_message *ret_message)
{
        if (port->message.text[0] == '\0')
                return false;
        *ret_message = port->message;
        port->message.text[0] = '\0';
        return true;
}

extern const struct sink_type SINK_FILE;
const struct sink_type SINK_FILE = {
        .name = "file",
        .doc = "Two files a topic in the folder `sink.path`: the values, and their keys and headers. For tests and small sites.",
        .check = file_check,
        .open = file_open,
        .close = file_close,
        .port_open = file_port_open,
        .port_close = file_port_close,
        .port_descriptor = file_port_descriptor,
        .serve = file_serve,
        .topic = file_topic,
        .topic_name = file_topic_name,
        .topics_forget = file_topics_forget,
        .publish = file_publish,
        .ready = file_ready,
        .held = file_held,
        .largest = file_largest,
        .address = file_address,
        .message = file_message,
};
