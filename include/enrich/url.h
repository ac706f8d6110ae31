/* URLs as browsers read them: the WHATWG's URL standard (https://url.spec.whatwg.org/), for absolute ones. There is no base: a
 * relative URL is none. Time and memory are linear in the text; nothing is allocated but from the arena, except where a host
 * is an internationalised name (libidn2). No state: every function is safe in any thread.
 *
 *   https://user:secret@www.shop.example:8443/shoes/new.html?utm_source=mail&size=9#reviews
 *   scheme  user_info   host             port path            query                fragment
 *
 * The parts are normalised as the standard has them (scheme and host in lower case, "/a/../b" is "/b", a space is "%20"), so
 * that two ways to write a URL are one text. They lie in the text that was given where nothing had to change, else in the
 * arena: both must live as long as the struct. */
#ifndef ENRICH_URL_H
#define ENRICH_URL_H
#include "base/arena.h"
#include "base/buffer.h"

#define URL_MOST      65536        /* bytes of a text that is read; a longer one is no URL: cut it before (url_cut()) */
#define URL_HOST_MOST 1024         /* bytes of a host that is not plain ASCII as written; names in the DNS have 253 in ASCII */

enum url_host {
        URL_HOST_NONE,             /* no "//": about:blank, data:..., mailto:... */
        URL_HOST_EMPTY,            /* file:///, chrome-extension:/// */
        URL_HOST_NAME,             /* a domain name in ASCII, xn-- where it is internationalised */
        URL_HOST_IPV4,             /* four numbers, whatever odd notation was given */
        URL_HOST_IPV6,             /* with its brackets, shortest form */
        URL_HOST_OPAQUE,           /* of a scheme whose hosts are not in the DNS: android-app://com.example.mail */
};

/* All-zero is the valid empty URL. Of a part that is absent, data is NULL; an empty one ("http://a/?") has data and size 0. */
struct url {
        struct slice text;         /* as given, without spaces and control characters around it */
        struct slice scheme;       /* lower case, without colon */
        struct slice user_info;    /* "user:password", as written; NEVER publish it */
        struct slice host;
        struct slice port;         /* digits without leading zeros; absent when it is the scheme's default */
        struct slice path;         /* with its slash; what stands behind the colon of an opaque URL */
        struct slice query;        /* without question mark */
        struct slice fragment;     /* without number sign */
        uint16_t     port_number;  /* the scheme's default included; 0: neither given nor known */
        uint8_t      host_kind;    /* enum url_host */
        bool         web;          /* http or https */
        bool         special;      /* http, https, ws, wss, ftp, file: the standard's schemes with rules of their own */
        bool         opaque;       /* the path is no list of segments: data:, about:, mailto: */
};

/* False: no absolute URL by the standard, longer than URL_MOST, or the arena is full; *ret_url is then as it was. */
bool url_parse(struct slice text, struct arena *arena, struct url *ret_url);
/* The text cut to `limit` bytes so that no half value stands at its end: before the last parameter, segment, or character that
 * would be cut. The text itself when it is not longer. */
struct slice url_cut(struct slice text, size_t limit);
/* Writes the URL without its user info: what may be published. */
void   url_write(const struct url *url, struct buffer *out);
size_t url_write_bound(const struct url *url);     /* most bytes of that */

/* ---- hosts: url_host.c, url_site.c ---- */

/* A name's parts by the public suffix list (https://publicsuffix.org/) that libpsl was built with: slices of `host`, a host of
 * kind URL_HOST_NAME. All absent: the name is a public suffix itself, or has one label only. About a microsecond: remember it. */
struct url_site {
        struct slice registrable;  /* "shop.co.uk": what somebody has registered */
        struct slice subdomain;    /* "www" of "www.shop.co.uk"; absent when there is none */
        struct slice suffix;       /* "co.uk" */
};
struct url_site url_site(struct slice host);
/* The registrable domain alone; data NULL: none. */
struct slice    url_registrable(struct slice host);
/* The host as people read it: "münchen.example" of "xn--mnchen-3ya.example", UTF-8, in the arena. data NULL: it is the same
 * (no label is internationalised), cannot be decoded, or the arena is full. Microseconds where there is something to decode. */
struct slice    url_unicode(struct slice host, struct arena *arena);

/* ---- parameters: url_parameters.c ---- */

/* name=value&name=value: of a query, or of what url_fragment_parameters() leaves of a fragment.
 *
 *   struct url_parameters it;
 *   struct slice name, value;
 *   url_parameters_init(&it, url.query);
 *   while (url_parameters_next(&it, &name, &value))
 *           ...
 *
 * Both come raw, as they stand in the text: url_decode() makes them plain. A parameter without "=" has an absent value;
 * empty ones ("a&&b") are passed over. */
struct url_parameters {
        const char *at, *end;
};
static inline void url_parameters_init(struct url_parameters *it, struct slice query)
{
        it->at = query.data;
        it->end = query.data ? query.data + query.size : NULL;
}
bool url_parameters_next(struct url_parameters *it, struct slice *ret_name, struct slice *ret_value);
/* The part of a fragment that holds parameters: all of "at_medium=mail&...", "utm_source=a" of "/route?utm_source=a" or
 * "!/route?utm_source=a"; data NULL: it holds none. */
struct slice url_fragment_parameters(struct slice fragment);
/* A raw name or value as plain UTF-8: "+" is a space, %XX a byte, what is not UTF-8 becomes U+FFFD. The slice itself when
 * there is nothing to decode and it is valid, else in the arena; data NULL: it was absent, or the arena is full. */
struct slice url_decode(struct slice raw, struct arena *arena);
#endif
