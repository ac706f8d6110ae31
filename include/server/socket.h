/* Listening sockets: TCP over IPv4 and IPv6. */
#ifndef SERVER_SOCKET_H
#define SERVER_SOCKET_H
#include "base/base.h"

/* Listening sockets for every address that "host:port" means ("localhost:8080", "[::]:8080", "*:8080", ":8080"; `*` and an
 * empty host are all addresses of both families), SO_REUSEPORT when asked. Non-blocking, close-on-exec. Answers how many,
 * at most `most`; 0 and an error. With port 0 the kernel chooses, the same port for all; socket_port() tells which. */
size_t socket_listen(const char *address, bool reuse_port, int *ret_descriptors, size_t most, struct error *err);
int    socket_port(int descriptor);        /* 0: not a TCP socket */
#endif
