/* Names of topics and their numbers, for one port: given once, the same for the life of the port. */
#ifndef SINK_TOPICS_H
#define SINK_TOPICS_H
#include "base/base.h"

#define TOPIC_NAME_MAX 249         /* bytes; Kafka's limit */
#define TOPICS_MAX     4096        /* names of one port: a template over client data must not grow without end */

/* Kafka's rule: 1 to 249 of [a-zA-Z0-9._-], neither "." nor "..". Such a name is safe as a file's name, too. */
bool topic_valid(struct slice name);

struct topics {
        struct slice *names;       /* count of them, NUL-terminated, owned */
        uint16_t *slots;           /* open addressing: number + 1, 0 is free */
        uint16_t  count, last;     /* last: the number answered last, as most events go where the one before went */
        uint64_t  seed;
};
void topics_init(struct topics *topics);
void topics_done(struct topics *topics);
/* UINT16_MAX when the name is not valid or there are TOPICS_MAX already. */
uint16_t topics_number(struct topics *topics, struct slice name);
#endif
