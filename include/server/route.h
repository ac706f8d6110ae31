/* Where a request goes by its path. */
#ifndef SERVER_ROUTE_H
#define SERVER_ROUTE_H
#include "input/input.h"

struct route {
        const struct input *input;
        struct slice        key;           /* "vendor/name/M-R-A", inside the path; data NULL: the events name their schema */
};
/* False: there is nothing at that path (percent-encoded, as sent). */
bool route_find(struct slice path, struct route *ret_route);

/* Clients send to few paths: the last one is remembered. One a thread. */
#define ROUTE_PATH_MAX 288
struct route_memory {
        size_t       size;                 /* of path; 0: nothing is remembered */
        char         path[ROUTE_PATH_MAX];
        const struct input *input;
        size_t       key_start, key_size;
};
bool route_find_again(struct route_memory *memory, struct slice path, struct route *ret_route);
#endif
