#include "server/listeners.h"
#include "base/address.h"
#include "server/loop.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* A word of the name, between anything that is no letter. */
static bool has_word(const char *name, const char *word)
{
        size_t size = strlen(word);
        for (const char *at = name; (at = strstr(at, word)); at++)
                if ((at == name || !is_letter(at[-1])) && !is_letter(at[size]))
                        return true;
        return false;
}

const char *listeners_role(const char *name)
{
        return has_word(name, "admin") ? "admin" : has_word(name, "tls") ? "events-tls" : "events";
}

void listeners_inherit(const char *name, struct listeners *ret_listeners)
{
        char **names = NULL;
        int count = sd_listen_fds_with_names(0, &names);
        *ret_listeners = (struct listeners){ .inherited = true, .shared = true };
        for (int i = 0; i < count; i++) {
                if (strcmp(listeners_role(names && names[i] ? names[i] : ""), name) == 0 && ret_listeners->count < LISTENERS_MAX)
                        ret_listeners->descriptor[ret_listeners->count++] = SD_LISTEN_FDS_START + i;
        }
        for (int i = 0; names && i < count; i++)
                free(names[i]);
        free(names);
}

bool listeners_open(const option_list *addresses, bool reuse_port, struct listeners *ret_listeners, struct errors *errors)
{
        size_t before = errors_total(errors);
        *ret_listeners = (struct listeners){ .shared = !reuse_port };
        for (size_t i = 0; i < addresses->count; i++) {
                struct error err;
                enum socket_share share = reuse_port ? SOCKET_FIRST : SOCKET_ALONE;
                size_t got = socket_listen(addresses->items[i], share, ret_listeners->descriptor + ret_listeners->count,
                                           LISTENERS_MAX - ret_listeners->count, &err);
                if (got == 0)
                        (void)errors_add(errors, "%s", err.text);
                ret_listeners->count += got;
        }
        if (errors_total(errors) == before)
                return true;
        listeners_close(ret_listeners);
        return false;
}

static bool address_of(int descriptor, char *text, size_t size)
{
        struct sockaddr_storage name = { .ss_family = AF_UNSPEC };
        socklen_t length = sizeof(name);
        struct address address;
        char plain[ADDRESS_TEXT];
        if (getsockname(descriptor, (struct sockaddr *)&name, &length) != 0)
                return false;
        address_from_socket((const struct sockaddr *)&name, &address);
        (void)address_format(&address, plain);
        (void)snprintf(text, size, name.ss_family == AF_INET6 ? "[%s]:%d" : "%s:%d", plain, socket_port(descriptor));
        return true;
}

static bool open_again(int descriptor, bool duplicate, int *ret_descriptor, struct error *err)
{
        char text[80];
        if (!duplicate && address_of(descriptor, text, sizeof(text)))
                return socket_listen(text, SOCKET_AGAIN, ret_descriptor, 1, err) == 1;
        *ret_descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
        return *ret_descriptor >= 0 || error_set(err, "cannot duplicate a listening socket: %s", strerror(errno));
}

bool listeners_of(const struct listeners *listeners, bool first, struct listeners *ret_listeners, struct error *err)
{
        *ret_listeners = (struct listeners){ .shared = listeners->shared, .secure = listeners->secure };
        for (size_t i = 0; i < listeners->count; i++) {
                if (!open_again(listeners->descriptor[i], first || listeners->shared, &ret_listeners->descriptor[i], err)) {
                        listeners_close(ret_listeners);
                        return false;
                }
                ret_listeners->count++;
        }
        return true;
}

bool listeners_share(struct listeners *listeners, size_t threads, struct errors *errors)
{
        struct error err;
        listeners->shares = memory_get(threads * sizeof(*listeners->shares));
        listeners->share_count = threads;
        for (size_t i = 0; i < threads; i++)
                if (!listeners_of(listeners, i == 0, &listeners->shares[i], &err))
                        return errors_add(errors, "%s", err.text);
        return true;
}

static void descriptors_close(struct listeners *listeners)
{
        for (size_t i = 0; i < listeners->count; i++)
                (void)close(listeners->descriptor[i]);
        listeners->count = 0;
}

void listeners_close(struct listeners *listeners)
{
        for (size_t i = 0; i < listeners->share_count; i++)
                descriptors_close(&listeners->shares[i]);
        free(listeners->shares);
        listeners->shares = NULL;
        listeners->share_count = 0;
        descriptors_close(listeners);
}

void listeners_address(const struct listeners *listeners, size_t index, char text[static LISTENER_TEXT])
{
        char plain[80];
        if (!address_of(listeners->descriptor[index], plain, sizeof(plain)))
                (void)snprintf(plain, sizeof(plain), "?");
        /* What cannot be typed into a client: the wildcard is shown as this machine. */
        bool any4 = strncmp(plain, "0.0.0.0:", 8) == 0, any6 = strncmp(plain, "[::]:", 5) == 0;
        (void)snprintf(text, LISTENER_TEXT, "http%s://%s%s", listeners->secure ? "s" : "", any4 || any6 ? "localhost" : "",
                       any4   ? plain + 7
                       : any6 ? plain + 4
                              : plain);
}
