#include "base/address.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static const unsigned char MAPPED[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF };

bool address_is_v4(const struct address *address)
{
        return address->known && memcmp(address->bytes, MAPPED, sizeof(MAPPED)) == 0;
}

bool address_is_loopback(const struct address *address)
{
        static const unsigned char LOOPBACK6[16] = { [15] = 1 };
        return address_is_v4(address) ? address->bytes[12] == 127 : memcmp(address->bytes, LOOPBACK6, sizeof(LOOPBACK6)) == 0;
}

bool address_parse(struct slice text, struct address *ret_address)
{
        char copy[INET6_ADDRSTRLEN];
        struct address address = { .known = true };
        if (text.size >= 2 && text.data[0] == '[' && text.data[text.size - 1] == ']')
                text = (struct slice){ text.data + 1, text.size - 2 };
        if (text.size == 0 || text.size >= sizeof(copy) || memchr(text.data, '\0', text.size))
                return false;
        memcpy(copy, text.data, text.size);
        copy[text.size] = '\0';
        memcpy(address.bytes, MAPPED, sizeof(MAPPED));
        if (inet_pton(AF_INET, copy, address.bytes + 12) != 1 && inet_pton(AF_INET6, copy, address.bytes) != 1)
                return false;
        *ret_address = address;
        return true;
}

size_t address_format(const struct address *address, char text[ADDRESS_TEXT])
{
        text[0] = '\0';
        if (!address->known)
                return 0;
        bool v4 = address_is_v4(address);
        (void)inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? address->bytes + 12 : address->bytes, text, ADDRESS_TEXT);
        return strlen(text);
}

bool network_parse(struct slice text, struct network *ret_network)
{
        const char *slash = text.size ? memchr(text.data, '/', text.size) : NULL;
        struct address address;
        if (!address_parse(slash ? slice_between(text.data, slash) : text, &address))
                return false;
        unsigned bits = 128, base = address_is_v4(&address) && !memchr(text.data, ':', text.size) ? 96 : 0;
        if (slash) {
                const char *end = slice_end(text), *at = slash + 1;
                if (at == end || end - at > 3)
                        return false;
                bits = 0;
                for (; at < end; at++) {
                        if (*at < '0' || *at > '9')
                                return false;
                        bits = bits * 10 + (unsigned)(*at - '0');
                }
                bits += base;
                if (bits > 128)
                        return false;
        }
        memcpy(ret_network->bytes, address.bytes, 16);
        ret_network->bits = bits;
        return true;
}

bool network_has(const struct network *network, const struct address *address)
{
        unsigned whole = network->bits / 8, rest = network->bits % 8;
        if (!address->known || memcmp(network->bytes, address->bytes, whole) != 0)
                return false;
        if (rest == 0)
                return true;
        unsigned char mask = (unsigned char)(0xFF << (8 - rest));
        return ((network->bytes[whole] ^ address->bytes[whole]) & mask) == 0;
}

void address_from_socket(const struct sockaddr *socket, struct address *ret_address)
{
        *ret_address = (struct address){ 0 };
        if (socket->sa_family == AF_INET) {
                memcpy(ret_address->bytes, MAPPED, sizeof(MAPPED));
                memcpy(ret_address->bytes + 12, &((const struct sockaddr_in *)socket)->sin_addr, 4);
                ret_address->known = true;
        } else if (socket->sa_family == AF_INET6) {
                memcpy(ret_address->bytes, &((const struct sockaddr_in6 *)socket)->sin6_addr, 16);
                ret_address->known = true;
        }
}
