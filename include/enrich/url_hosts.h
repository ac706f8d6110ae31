/* A worker's memory of hosts: what the public suffix list and IDNA say of them, which takes a microsecond to find out. Bounded;
 * used by one thread. */
#ifndef ENRICH_URL_HOSTS_H
#define ENRICH_URL_HOSTS_H
#include "enrich/url.h"

struct url_host_facts {
        struct url_site site;      /* slices of the host that was asked for */
        struct slice    unicode;   /* as people read it, where that differs; lives until the next question */
};
struct url_hosts;

struct url_hosts     *url_hosts_new(size_t entries);
void                  url_hosts_free(struct url_hosts *hosts);
/* Of a host of kind URL_HOST_NAME. */
struct url_host_facts url_hosts_get(struct url_hosts *hosts, struct slice host);
#endif
