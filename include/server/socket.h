/* Listening sockets: TCP over IPv4 and IPv6. */
#ifndef SERVER_SOCKET_H
#define SERVER_SOCKET_H
#include "base/base.h"

/* Who else may listen on the address. */
enum socket_share {
        SOCKET_ALONE,              /* nobody */
        SOCKET_AGAIN,              /* others who said so, too (SO_REUSEPORT): a further set */
        SOCKET_FIRST,              /* the same, but nobody does yet: the first set of a process */
};
/* Listening sockets for every address that "host:port" means ("localhost:8080", "[::]:8080", "*:8080", ":8080"; `*` and an
 * empty host are all addresses of both families). Non-blocking, close-on-exec. Answers how many,
 * at most `most`; 0 and an error. With port 0 the kernel chooses, the same port for all; socket_port() tells which. */
size_t socket_listen(const char *address, enum socket_share share, int *ret_descriptors, size_t most, struct error *err);
/* The addresses that it means, without opening anything. Answers how many, at most `most`; 0: it cannot be understood. */
struct sockaddr_storage;
size_t socket_places(const char *address, struct sockaddr_storage *ret_places, size_t most);
int    socket_port(int descriptor);        /* 0: not a TCP socket */
#endif
