/* Protocols: how the bytes of a request become events. Each is one constant struct in one file, listed in the table INPUTS.
 * An input finds the events and their facts; what they mean (schema, enrichment, record) is the host's, which it calls. */
#ifndef INPUT_INPUT_H
#define INPUT_INPUT_H
#include "base/arena.h"
#include "event/event.h"
#include "json/scan.h"

/* Members at the top of an envelope that are not attributes we know: CloudEvents extensions. They are passed on. */
#define EXTENSIONS_MAX 32
struct extension {
        struct slice name, value;          /* raw JSON, the name with its quotes */
};

/* What an input is given, and what it fills for each event. One a worker, used again for every request. */
/* Objects of an envelope that are looked into, and places for the names of each. */
#define INPUT_NODES 16
#define INPUT_SLOTS 64
struct reader {
        struct batch      *batch;
        struct scan_limits limits;
        size_t             count_limit;    /* events.count_limit */
        size_t             capacity;       /* of batch->events */
        bool               lines;          /* the content type says one value a line (NDJSON) */
        struct slice       body;           /* the request's, for line and column */
        /* The event being read. */
        struct facts       facts;
        bool               judged;         /* judge() was called for it */
        uint8_t            follows[INPUT_NODES][INPUT_SLOTS + 1];  /* json.c: the member that came next, last time */
        struct extension   extensions[EXTENSIONS_MAX];
        size_t             extension_count;
        /* The host's. judge() checks the payload at `at` by the schema that the facts (or the route) name, sets the event's
         * verdict and complaint, and answers the byte behind the value; NULL when it is not JSON. skip() only finds the end of a
         * value, with the same care for duplicate keys. judgeable(): the facts known so far name the schema. finish() takes an
         * event that was read to its end; false: memory is out. */
        const char *(*judge)(struct reader *reader, struct event *event, const char *at, const char *end);
        const char *(*skip)(struct reader *reader, struct event *event, const char *at, const char *end);
        bool        (*judgeable)(const struct reader *reader);
        bool        (*finish)(struct reader *reader, struct event *event);
};

enum reader_end {
        READER_DONE,
        READER_TOO_MANY,           /* more than count_limit: nothing of the request is to be taken */
        READER_NO_MEMORY,          /* the arena is full */
};
struct input {
        const char *name, *doc;
        enum reader_end (*decode)(struct reader *reader, struct slice body);
};
extern const struct input *const INPUTS[];     /* NULL-terminated */
extern const struct input input_json;          /* events in our envelope: POST /v1/events */
extern const struct input input_payload;       /* bare payloads of one schema: POST /v1/events/VENDOR/NAME/VERSION */

/* For inputs: one value, an array of values, or values a line, to events; `read` reads one event and answers its end, or NULL
 * after reader_reject(). */
typedef const char *(*reader_read)(struct reader *reader, struct event *event, const char *at, const char *end);
enum reader_end reader_split(struct reader *reader, struct slice body, reader_read read);
/* Forgets the facts of the event before. A body starts with none: only who sets facts must clear them. */
void reader_clear(struct reader *reader);
/* Sets verdict and complaint; `where` is the offending byte of the request's body, `pointer` leads to it. Answers NULL. */
const char *reader_reject(struct reader *reader, struct event *event, enum reason reason, const char *where, const char *pointer,
                          const char *format, ...) __attribute__((format(printf, 6, 7)));
/* The same for a syntax error. */
const char *reader_malformed(struct reader *reader, struct event *event, const char *where, const char *message);
/* scan_value(), rejecting what is not JSON: the skip() of hosts without a checker. */
const char *reader_skip(struct reader *reader, struct event *event, const char *at, const char *end);
const char *reader_reject_scan(struct reader *reader, struct event *event, const struct scan_error *err);
void inputs_print_reference(FILE *out);        /* docs/reference/inputs.md */
#endif
