/* A record of the bad-events topic back to what it was made of (record_bad() of server/record.h), so that it can be tried again.
 */
#ifndef SERVER_BAD_RECORD_H
#define SERVER_BAD_RECORD_H
#include "base/arena.h"
#include "event/event.h"

enum bad_state {
        BAD_WHOLE,                         /* the client's bytes are all there */
        BAD_TRUNCATED,                     /* they did not fit into the record */
        BAD_OMITTED,                       /* kafka.bad_payload: none */
        BAD_FOREIGN,                       /* nobody of ours wrote this */
};
struct bad_record {
        struct slice  body;                /* the client's bytes, with READABLE_PADDING zeros behind them; BAD_WHOLE only */
        struct slice  route;               /* "vendor/name/M-R-A" of bare payloads; data NULL: an envelope */
        struct slice  reason;              /* its name */
        struct slice  id;                  /* data NULL: it had none */
        int64_t       received;            /* ms */
        struct client client;              /* as far as the record tells: of the address only the network */
};
/* Any bytes. Everything of the result lies in the record or in the arena. A record that says nothing of its route is taken for a
 * bare payload when it has a schema that its bytes do not name. BAD_FOREIGN also when memory is out. */
enum bad_state bad_record_read(struct slice value, struct arena *arena, struct bad_record *ret_record);
#endif
