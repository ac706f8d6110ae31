/* What the files of url*.c share. */
#ifndef URL_PARTS_H
#define URL_PARTS_H
#include "enrich/url.h"

/* Classes of bytes, as bits. The first are the standard's percent-encode sets: a byte of the set is written as %XX there. */
enum url_class {
        URL_C0 = 1,                        /* controls and what is not ASCII: hosts and paths that are opaque */
        URL_FRAGMENT = 2, URL_QUERY = 4, URL_SPECIAL_QUERY = 8, URL_PATH = 16,
        URL_PATH_STOP = 32,                /* worth a look in a path: those of URL_PATH, and \ . % */
        URL_HOST_PLAIN = 64,               /* a-z 0-9 - . : a name that is normal already */
        URL_HOST_FORBIDDEN = 128,          /* in hosts of any scheme */
        URL_DOMAIN_FORBIDDEN = 256,        /* in hosts of special schemes */
        URL_SCHEME = 512,                  /* a letter, a digit, + - . */
};
extern const uint16_t URL_CLASS[256];
static inline bool url_in(char c, unsigned classes) { return URL_CLASS[(unsigned char)c] & classes; }

/* The part percent-encoded; itself when nothing has to be. False: the arena is full. */
bool url_encode(struct slice part, unsigned set, struct arena *arena, struct slice *ret_part);
/* A path with its segments: "." and ".." resolved, encoded. `text` as written, with or without the slash before its first
 * segment. False: the arena is full. */
bool url_path(struct slice text, const struct url *url, struct arena *arena, struct slice *ret_path);
/* A path without segments. `more`: something stands behind it. */
bool url_path_opaque(struct slice text, bool more, struct arena *arena, struct slice *ret_path);
/* "C:" or "C|" at the start, and then a separator or the end. */
bool url_drive_letter(struct slice text);
bool url_is_file(const struct url *url);
/* Sets host and host_kind. False: not a valid host, or the arena is full. */
bool url_host(struct slice text, struct arena *arena, struct url *url);
/* True when a name in plain lower-case ASCII is more than that: a number, or internationalised. */
bool url_host_odd(struct slice host);

static inline bool url_hex(char c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }
static inline unsigned url_hex_value(char c) { return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10); }
#endif
