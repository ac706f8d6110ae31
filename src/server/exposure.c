#include "server/exposure.h"
#include "base/address.h"
#include "server/socket.h"
#include <netinet/in.h>
#include <sys/socket.h>

struct exposure {
        struct { struct sockaddr_storage place[LISTENERS_MAX]; size_t count; } of[EXPOSED_COUNT];
};

struct exposure *exposure_new(void) { return memory_get(sizeof(struct exposure)); }
void exposure_free(struct exposure *exposure) { free(exposure); }

void exposure_add_names(struct exposure *exposure, enum exposed which, const option_list *names)
{
        for (size_t i = 0; i < names->count; i++)
                exposure->of[which].count += socket_places(names->items[i], exposure->of[which].place + exposure->of[which].count,
                                                           LISTENERS_MAX - exposure->of[which].count);
}

void exposure_add_sockets(struct exposure *exposure, enum exposed which, const struct listeners *listeners)
{
        for (size_t i = 0; i < listeners->count && exposure->of[which].count < LISTENERS_MAX; i++) {
                struct sockaddr_storage *place = &exposure->of[which].place[exposure->of[which].count];
                socklen_t size = sizeof(*place);
                *place = (struct sockaddr_storage){ .ss_family = AF_UNSPEC };
                exposure->of[which].count += getsockname(listeners->descriptor[i], (struct sockaddr *)place, &size) == 0;
        }
}

void exposure_add(struct exposure *exposure, enum exposed which, const struct listeners *listeners, const option_list *names)
{
        if (listeners->count)
                exposure_add_sockets(exposure, which, listeners);
        else
                exposure_add_names(exposure, which, names);
}

static bool is_public(const struct sockaddr_storage *place)
{
        struct address address;
        if (place->ss_family == AF_UNIX)
                return false;
        address_from_socket((const struct sockaddr *)place, &address);
        return !address.known || !address_is_loopback(&address);
}

static int port_of(const struct sockaddr_storage *place)
{
        if (place->ss_family == AF_INET6)
                return ntohs(((const struct sockaddr_in6 *)place)->sin6_port);
        return place->ss_family == AF_INET ? ntohs(((const struct sockaddr_in *)place)->sin_port) : 0;
}

static const char *text_of(const struct sockaddr_storage *place, char text[80])
{
        struct address address;
        char plain[ADDRESS_TEXT];
        address_from_socket((const struct sockaddr *)place, &address);
        plain[address_format(&address, plain)] = '\0';
        (void)snprintf(text, 80, place->ss_family == AF_INET6 ? "[%s]:%d" : "%s:%d", plain, port_of(place));
        return text;
}

/* The first that is public, or NULL. */
static const struct sockaddr_storage *find_public(const struct exposure *exposure, enum exposed which)
{
        for (size_t i = 0; i < exposure->of[which].count; i++)
                if (is_public(&exposure->of[which].place[i]))
                        return &exposure->of[which].place[i];
        return NULL;
}

static bool is_any(const struct sockaddr_storage *place)
{
        static const unsigned char ZERO[16];
        if (place->ss_family == AF_INET6)
                return memcmp(&((const struct sockaddr_in6 *)place)->sin6_addr, ZERO, 16) == 0;
        return ((const struct sockaddr_in *)place)->sin_addr.s_addr == 0;
}

/* A connection to one could be one to the other. Port 0 is one that the kernel chooses. */
static bool overlap(const struct sockaddr_storage *one, const struct sockaddr_storage *other)
{
        struct address first, second;
        if (one->ss_family != other->ss_family || port_of(one) == 0 || port_of(one) != port_of(other))
                return false;
        address_from_socket((const struct sockaddr *)one, &first);
        address_from_socket((const struct sockaddr *)other, &second);
        return is_any(one) || is_any(other) || memcmp(first.bytes, second.bytes, sizeof(first.bytes)) == 0;
}

static bool check_shared(const struct exposure *exposure, const struct config *config, struct errors *errors)
{
        char text[80];
        for (size_t i = 0; i < exposure->of[EXPOSED_ADMIN].count; i++)
                for (size_t k = 0; k < exposure->of[EXPOSED_EVENTS].count; k++)
                        if (overlap(&exposure->of[EXPOSED_ADMIN].place[i], &exposure->of[EXPOSED_EVENTS].place[k]))
                                return config_error(config, errors, "admin.listen",
                                                    "%s is an address of events (http.listen, tls.listen), too; give operators "
                                                    "their own",
                                                    text_of(&exposure->of[EXPOSED_ADMIN].place[i], text));
        return true;
}

/* Where the public address of events stands. */
static const char *blamed(const struct config *config)
{
        struct exposure plain = { 0 };
        exposure_add_names(&plain, EXPOSED_EVENTS, &config->http_listen);
        return config->tls_listen.count && !find_public(&plain, EXPOSED_EVENTS) ? "tls.listen" : "http.listen";
}

bool exposure_check(const struct exposure *exposure, const struct config *config, struct errors *errors)
{
        char text[80];
        const char *option = blamed(config);
        bool good = check_shared(exposure, config, errors);
        const struct sockaddr_storage *place = find_public(exposure, EXPOSED_EVENTS);
        if (place && !*config->keys_file && !config->keys_open)
                good = config_error(config, errors, option,
                                    "everybody who reaches %s could send events: name a file of API keys (keys.file), or listen "
                                    "on this machine only (%s: localhost:%s), or say that it shall be so (keys.open: true)",
                                    text_of(place, text), option, *option == 'h' ? "8080" : "8443");
        place = find_public(exposure, EXPOSED_ADMIN);
        if (place && !*config->admin_token)
                good = config_error(config, errors, "admin.listen",
                                    "everybody who reaches %s could read the metrics: set admin.token, or listen on this machine "
                                    "only (admin.listen: localhost:9090)",
                                    text_of(place, text));
        return good;
}
