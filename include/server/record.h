/* How events look on their topics: the good record and the bad one, written by our own writers, without a JSON library. */
#ifndef SERVER_RECORD_H
#define SERVER_RECORD_H
#include "enrich/enrich.h"
#include "server/cloudevents.h"
#include "input/input.h"

/* One JSON object: the attributes of the envelope, the extensions, the payload byte for byte, and what enrichments found.
 * NULL data: memory is out. */
struct slice record_good(const struct reader *reader, const struct event *event, const struct findings *findings,
                         struct arena *arena);

/* The headers of an event's record, good or bad: content-type, event_id, received_at, schema when it is known, as far as `wanted`
 * has their bits, and the event's attributes (server/cloudevents.h). Answers how many. */
#define RECORD_HEADERS_MAX (4 + CLOUDEVENTS_MAX)
size_t record_headers(const struct event *event, unsigned wanted, struct record_header ret_headers[static RECORD_HEADERS_MAX]);
/* The bits of kafka.headers. Every name that is not one of them is a mistake. */
unsigned record_headers_wanted(const struct config *config, struct errors *errors);

/* "iglu:vendor/name/jsonschema/M-R-A" of "vendor/name/M-R-A", written to `at`; answers its end. */
#define RECORD_URI_EXTRA 16        /* bytes that it has more than the key */
char *record_put_uri(char *at, struct slice key);
/* "name" of "vendor/name/M-R-A": the type of an event that gives none. */
struct slice record_type(struct slice key);

/* One JSON object: the reason, where and why, who sent it, and the original bytes: "payload" as text, or "payload_base64" when
 * they are not UTF-8. Not larger than `largest` bytes, with room for the record's headers: what does not fit of the payload is
 * cut and "truncated" is true; a pointer of more than 4 KiB is left out. (Below some 10 KiB of `largest` the rest alone may be
 * larger.) With BAD_PAYLOAD_NONE nothing of what the client sent is in it but the identifier, the names on the way to the
 * offending value, and what the address, the agent and the referring page (without its parameters) tell of the sender: "omitted"
 * is true, and the message is the reason's own. Written in `scratch` (on the heap), then copied. NULL data: memory is out. */
enum bad_payload { BAD_PAYLOAD_FULL, BAD_PAYLOAD_NONE };   /* the words of kafka.bad_payload */
struct slice record_bad(const struct event *event, size_t largest, enum bad_payload payload, struct buffer *scratch,
                        struct arena *arena);
#endif
