/* IP addresses and networks. Inside, every address is 16 bytes: IPv4 lies mapped at ::ffff:0:0/96, so that one compare serves
 * both families and a mapped address is the IPv4 one. */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H
#include "base/base.h"

struct address {
        unsigned char bytes[16];
        bool          known;       /* false: there is none (a UNIX socket, an unreadable header) */
};
struct network {
        unsigned char bytes[16];
        unsigned      bits;        /* 0 to 128, counted in the mapped form */
};
#define ADDRESS_TEXT 46            /* the longest text, with its terminator */

bool   address_is_v4(const struct address *address);
bool   address_is_loopback(const struct address *address);     /* 127.0.0.0/8, ::1 */
/* "192.0.2.1", "2001:db8::1", "[2001:db8::1]"; no port, no zone. */
bool   address_parse(struct slice text, struct address *ret_address);
size_t address_format(const struct address *address, char text[ADDRESS_TEXT]); /* bytes written, without terminator; RFC 5952 */
/* "10.0.0.0/8", "2001:db8::/32", or a bare address. */
bool   network_parse(struct slice text, struct network *ret_network);
bool   network_has(const struct network *network, const struct address *address);
struct sockaddr;
void   address_from_socket(const struct sockaddr *socket, struct address *ret_address);
#endif
