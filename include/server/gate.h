/* Who may send, and how much: a request is judged by its head, before its body is read, and pays for its events once they are
 * counted. Immutable once made, part of the plan; what changes is the limiter's. Safe on all threads. */
#ifndef SERVER_GATE_H
#define SERVER_GATE_H
#include "server/keys.h"
#include "server/limiter.h"

struct gate;
/* NULL: `errors` says everything that is wrong. */
struct gate *gate_new(const struct config *config, struct errors *errors);
void         gate_free(struct gate *gate);         /* NULL is fine */
/* Before any request; without it nothing is counted or limited (`millrace check`). */
void         gate_attach(struct gate *gate, struct limiter *limiter);
/* False: everybody may send anything; nothing below is needed. */
bool         gate_stands(const struct gate *gate);
/* Whether a request without a key is taken. */
bool         gate_is_open(const struct gate *gate);

enum limit_kind { LIMIT_ADDRESS, LIMIT_KEY, LIMIT_ROUTE, LIMIT_KINDS };
struct gate_question {
        const struct http_request *http;
        const struct client       *client; /* address and Origin */
        int64_t                    received, now;  /* ms since 1970; ns, clock_nanoseconds() */
};
/* What a request that is let in carries along. Everything it points to lives as long as the process. */
struct pass {
        struct { struct bucket *bucket; struct rate rate; } charge[LIMIT_KINDS];  /* bucket NULL: no limit */
        struct meter *meter;       /* of its key; NULL: it has none */
        uint8_t       digest[DIGEST_SIZE];         /* of its key */
};
struct gate_answer {
        enum http_fault fault;     /* HTTP_SOUND: it may send */
        int64_t         wait;      /* ns until it may; 0: now */
        enum limit_kind limit;     /* that makes it wait */
};
/* A request that is answered by its head alone pays as for one event. False: its address has to wait; nothing was taken out. */
bool gate_knock(const struct gate *gate, const struct gate_question *question, struct gate_answer *ret_answer);
/* True: let in. False: *ret_answer says why not. */
bool gate_ask(const struct gate *gate, const struct gate_question *question, struct pass *ret_pass,
              struct gate_answer *ret_answer);
/* The request has so many events; nothing counts as one. False: another one has taken the last of a bucket meanwhile; nothing was
 * taken out. */
bool gate_charge(const struct pass *pass, int64_t now, uint64_t events, struct gate_answer *ret_answer);
/* The request was read, and none of its events is taken: it pays for the work, whatever the buckets hold. */
void gate_waste(const struct pass *pass, int64_t now, uint64_t events);
/* Whether a pass is good under this gate, which may be a newer one: its key is there still, or there are no keys any more.
 * *ret_key: the pass's; NULL: it has none. */
bool gate_knows(const struct gate *gate, const struct pass *pass, const struct key **ret_key);
/* Whether any key of that name is for events of the schema; also true when there is none of that name (any more). */
bool gate_allows(const struct gate *gate, struct slice name, struct slice schema);
#endif
