/* What of a name somebody has registered: the public suffix list, by libpsl. */
#include "enrich/url.h"
#include <libpsl.h>

#define NAME_MOST 253              /* bytes of a name in the DNS, without a dot at its end */

struct url_site url_site(struct slice host)
{
        struct url_site site = { 0 };
        char name[NAME_MOST + 1];
        if (memmem(host.data, host.size, "..", 2) || slice_starts_with(host, SLICE(".")))
                return site;               /* an empty label is no name, and libpsl would make a suffix of it */
        if (host.size && host.data[host.size - 1] == '.')
                host.size--;
        if (host.size == 0 || host.size > NAME_MOST)
                return site;
        memcpy(name, host.data, host.size);
        name[host.size] = '\0';
        const char *registrable = psl_registrable_domain(psl_builtin(), name);
        const char *end = slice_end(host);
        if (!registrable || !strchr(registrable, '.'))
                return site;
        site.registrable = slice_between(host.data + (registrable - name), end);
        site.suffix = slice_between(host.data + (strchr(registrable, '.') + 1 - name), end);
        if (registrable - name > 1)
                site.subdomain = (struct slice){ host.data, (size_t)(registrable - name) - 1 };
        return site;
}

struct slice url_registrable(struct slice host) { return url_site(host).registrable; }
