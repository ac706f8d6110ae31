#include "enrich/url_hosts.h"
#include "enrich/text_cache.h"

#define UNICODE_MOST 512           /* bytes of a name as people read it: 253 in ASCII stand for no more characters */
#define NAME_MOST    254           /* bytes of a host that is remembered: no name is longer, its last dot included */

/* What is kept of a host: where its parts begin, counted from its end, which leaves a dot at the end out of it. */
struct host_note {
        uint16_t registrable, suffix, subdomain;           /* bytes */
        uint16_t unicode_size;
        char     unicode[UNICODE_MOST];
};
struct url_hosts {
        struct text_cache *cache;
        struct arena_pool  pool;
};

struct url_hosts *url_hosts_new(size_t entries)
{
        struct url_hosts *hosts = memory_get(sizeof(*hosts));
        hosts->cache = text_cache_new(entries);
        arena_pool_init(&hosts->pool, 4096, 1);
        return hosts;
}

void url_hosts_free(struct url_hosts *hosts)
{
        if (!hosts)
                return;
        text_cache_free(hosts->cache);
        arena_pool_done(&hosts->pool);
        free(hosts);
}

static const struct cached *host_learn(struct url_hosts *hosts, struct slice host)
{
        static const struct field_writer nothing = { 0 };
        struct host_note note = { 0 };
        struct arena arena;
        struct url_site site = url_site(host);
        note.registrable = (uint16_t)site.registrable.size;
        note.suffix = (uint16_t)site.suffix.size;
        note.subdomain = (uint16_t)site.subdomain.size;
        arena_init(&arena, &hosts->pool, 65536);
        struct slice unicode = url_unicode(host, &arena);
        if (unicode.size && unicode.size <= UNICODE_MOST) {
                memcpy(note.unicode, unicode.data, unicode.size);
                note.unicode_size = (uint16_t)unicode.size;
        }
        arena_done(&arena);
        return text_cache_add(hosts->cache, host, &nothing, &note, sizeof(note));
}

struct url_host_facts url_hosts_get(struct url_hosts *hosts, struct slice host)
{
        struct url_host_facts facts = { 0 };
        if (host.size == 0 || host.size > NAME_MOST)
                return facts;
        const struct cached *cached = text_cache_find(hosts->cache, host);
        if (!cached)
                cached = host_learn(hosts, host);
        const struct host_note *note = cached_note(cached);
        const char *end = host.data + host.size - (host.data[host.size - 1] == '.');
        if (note->registrable)
                facts.site.registrable = slice_between(end - note->registrable, end);
        if (note->suffix)
                facts.site.suffix = slice_between(end - note->suffix, end);
        if (note->subdomain)
                facts.site.subdomain = (struct slice){ host.data, note->subdomain };
        if (note->unicode_size)
                facts.unicode = (struct slice){ note->unicode, note->unicode_size };
        return facts;
}
