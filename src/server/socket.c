#include "server/socket.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static bool address_split(const char *address, char host[256], char port[8], long *ret_port, struct error *err)
{
        const char *colon = strrchr(address, ':');
        if (!colon || strlen(colon + 1) > 5 || !colon[1])
                return error_set(err, "'%s' is not host:port", address);
        size_t size = (size_t)(colon - address);
        const char *start = address;
        if (size >= 2 && start[0] == '[' && start[size - 1] == ']')
                start++, size -= 2;
        else if (memchr(start, ':', size))
                return error_set(err, "'%s': put an IPv6 address into brackets, [::1]:8080", address);
        if (size > 255)
                return error_set(err, "'%.60s...' is too long for a host", address);
        memcpy(host, start, size);
        host[size] = '\0';
        (void)snprintf(port, 8, "%s", colon + 1);
        char *end;
        *ret_port = strtol(port, &end, 10);
        return (port[0] >= '0' && port[0] <= '9' && !*end && *ret_port <= 65535) ||
               error_set(err, "'%s': the port is not a number up to 65535", address);
}

/* As getaddrinfo(). */
static int address_look_up(const char *host, const char *port, struct addrinfo **ret_found)
{
        bool any = !host[0] || strcmp(host, "*") == 0;
        struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
        return getaddrinfo(any ? NULL : host, port, &hints, ret_found);
}

size_t socket_places(const char *address, struct sockaddr_storage *ret_places, size_t most)
{
        char host[256] = "", port[8] = "";
        long chosen = 0;
        struct error err;
        struct addrinfo *found;
        size_t count = 0;
        if (!address_split(address, host, port, &chosen, &err) || address_look_up(host, port, &found) != 0)
                return 0;
        for (const struct addrinfo *info = found; info && count < most; info = info->ai_next) {
                if (info->ai_family != AF_INET && info->ai_family != AF_INET6)
                        continue;
                ret_places[count] = (struct sockaddr_storage){ 0 };
                memcpy(&ret_places[count++], info->ai_addr, info->ai_addrlen);
        }
        freeaddrinfo(found);
        return count;
}

/* -1 and errno. `probe`: only to see whether somebody is there; it does not listen. */
static int listener_open(const struct addrinfo *info, bool reuse_port, bool probe, long port)
{
        static const int ON = 1;
        int descriptor = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (descriptor < 0)
                return -1;
        struct sockaddr_storage place;
        memcpy(&place, info->ai_addr, info->ai_addrlen);
        if (info->ai_family == AF_INET6)
                ((struct sockaddr_in6 *)&place)->sin6_port = htons((uint16_t)port);
        else
                ((struct sockaddr_in *)&place)->sin_port = htons((uint16_t)port);
        if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &ON, sizeof(ON)) ||
            (reuse_port && setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &ON, sizeof(ON))) ||
            /* Each family has a socket of its own, so that "*" works where IPv6 is switched off. */
            (info->ai_family == AF_INET6 && setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &ON, sizeof(ON))) ||
            setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &ON, sizeof(ON)) ||
            bind(descriptor, (struct sockaddr *)&place, info->ai_addrlen) || (!probe && listen(descriptor, SOMAXCONN))) {
                int why = errno;
                (void)close(descriptor);
                errno = why;
                return -1;
        }
        return descriptor;
}

/* With SO_REUSEPORT a second process would get half of the connections, and nobody would know. */
static int listener_get(const struct addrinfo *info, enum socket_share share, long port)
{
        if (share == SOCKET_FIRST) {
                int probe = listener_open(info, false, true, port);
                if (probe < 0)
                        return -1;
                (void)close(probe);
        }
        return listener_open(info, share != SOCKET_ALONE, false, port);
}

size_t socket_listen(const char *address, enum socket_share share, int *ret_descriptors, size_t most, struct error *err)
{
        char host[256] = "", port[8] = "";
        long chosen = 0;
        if (!address_split(address, host, port, &chosen, err))
                return 0;
        struct addrinfo *found;
        int failed = address_look_up(host, port, &found);
        if (failed) {
                error_set(err, "cannot listen on '%s': %s", address, gai_strerror(failed));
                return 0;
        }
        size_t count = 0;
        int why = 0;
        for (const struct addrinfo *info = found; info && count < most; info = info->ai_next) {
                if (info->ai_family != AF_INET && info->ai_family != AF_INET6)
                        continue;
                int descriptor = listener_get(info, share, chosen);
                if (descriptor >= 0) {
                        ret_descriptors[count++] = descriptor;
                        why = 0;
                        if (!chosen)
                                chosen = socket_port(descriptor);
                        continue;
                }
                /* A name may mean addresses of a family that this machine does not have. */
                if (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL) {
                        why = errno;
                        break;
                }
                why = count ? 0 : errno;
        }
        freeaddrinfo(found);
        if (count && !why)
                return count;
        while (count)
                (void)close(ret_descriptors[--count]);
        errno = why;
        error_set(err, "cannot listen on '%s': %m", address);
        return 0;
}

int socket_port(int descriptor)
{
        struct sockaddr_storage place = { .ss_family = AF_UNSPEC };
        socklen_t size = sizeof(place);
        if (getsockname(descriptor, (struct sockaddr *)&place, &size))
                return 0;
        if (place.ss_family == AF_INET6)
                return ntohs(((struct sockaddr_in6 *)&place)->sin6_port);
        return place.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)&place)->sin_port) : 0;
}
