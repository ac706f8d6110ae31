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

/* 0 to 255. */
static char *octet_put(char *at, unsigned octet)
{
        if (octet >= 100) {
                *at++ = (char)('0' + octet / 100);
                octet %= 100;
                *at++ = (char)('0' + octet / 10);
        } else if (octet >= 10) {
                *at++ = (char)('0' + octet / 10);
        }
        *at++ = (char)('0' + octet % 10);
        return at;
}

static char *octets_put(char *at, const unsigned char octets[4])
{
        at = octet_put(at, octets[0]);
        for (size_t i = 1; i < 4; i++) {
                *at++ = '.';
                at = octet_put(at, octets[i]);
        }
        return at;
}

/* A part of an IPv6 address in hexadecimal without leading zeros. */
static char *part_put(char *at, unsigned part)
{
        static const char DIGITS[] = "0123456789abcdef";
        unsigned shift = part > 0xFFF ? 12 : part > 0xFF ? 8 : part > 0xF ? 4 : 0;
        for (;; shift -= 4) {
                *at++ = DIGITS[part >> shift & 15];
                if (shift == 0)
                        return at;
        }
}

static inline unsigned part_of(const unsigned char *bytes, size_t i) { return (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1]; }

/* The longest run of parts that are zero, the first of several; one alone is none. Their number. */
static size_t zeros_find(const unsigned char bytes[16], size_t *ret_start)
{
        size_t best = 1, run = 0;
        for (size_t i = 0; i < 8; i++) {
                run = part_of(bytes, i) ? 0 : run + 1;
                if (run > best) {
                        best = run;
                        *ret_start = i + 1 - run;
                }
        }
        return best > 1 ? best : 0;
}

/* As RFC 5952, section 4, has it; the IPv4-compatible addresses of old (::192.0.2.1) with their octets, as inet_ntop() does. */
static char *parts_put(char *at, const unsigned char bytes[16])
{
        size_t start = 0, zeros = zeros_find(bytes, &start);
        if (zeros == 6 && start == 0) {
                *at++ = ':';
                *at++ = ':';
                return octets_put(at, bytes + 12);
        }
        for (size_t i = 0; i < 8; i++) {
                if (zeros && i == start) {
                        *at++ = ':';
                        i += zeros - 1;
                        if (i == 7)
                                *at++ = ':';
                        continue;
                }
                if (i)
                        *at++ = ':';
                at = part_put(at, part_of(bytes, i));
        }
        return at;
}

size_t address_format(const struct address *address, char text[ADDRESS_TEXT])
{
        char *end = text;
        if (address->known)
                end = address_is_v4(address) ? octets_put(text, address->bytes + 12) : parts_put(text, address->bytes);
        *end = '\0';
        return (size_t)(end - text);
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
