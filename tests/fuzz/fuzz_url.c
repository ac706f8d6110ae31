/* Any bytes as a URL: what it is written as is read as the same again, and is ASCII. */
#include "enrich/url.h"

static void parts_check(const struct url *url, struct arena *arena)
{
        struct url_parameters it;
        struct slice name, value;
        const struct slice parts[] = { url->query, url_fragment_parameters(url->fragment) };
        for (size_t i = 0; i < COUNT_OF(parts); i++) {
                url_parameters_init(&it, parts[i]);
                while (url_parameters_next(&it, &name, &value)) {
                        (void)url_decode(name, arena);
                        (void)url_decode(value, arena);
                }
        }
        if (url->host_kind == URL_HOST_NAME) {
                struct url_site site = url_site(url->host);
                BUG_IF(site.registrable.size > url->host.size || site.suffix.size > site.registrable.size);
                (void)url_unicode(url->host, arena);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct arena_pool pool;
        struct arena arena;
        struct url url, again;
        struct buffer text, twice;
        char *copy = memory_get(size + 1);         /* of its own, so that a read past its end is seen */
        memcpy(copy, data, size);
        arena_pool_init(&pool, 65536, 0);
        arena_init(&arena, &pool, 1 << 22);
        buffer_init(&text, 1 << 22);
        buffer_init(&twice, 1 << 22);
        struct slice given = { copy, size };
        BUG_IF(url_cut(given, size / 2).size > size / 2);
        if (url_parse(given, &arena, &url)) {
                parts_check(&url, &arena);
                url_write(&url, &text);
                BUG_IF(text.size > url_write_bound(&url));
                for (size_t i = 0; i < text.size; i++)
                        BUG_IF((unsigned char)text.data[i] >= 0x7F || (unsigned char)text.data[i] < ' ');
                if (text.size <= URL_MOST) {
                        BUG_IF(!url_parse(buffer_slice(&text), &arena, &again));
                        url_write(&again, &twice);
                        BUG_IF(!slice_equal(buffer_slice(&text), buffer_slice(&twice)) || again.user_info.data);
                        BUG_IF(again.host_kind != url.host_kind || again.port_number != url.port_number);
                }
        }
        buffer_done(&text);
        buffer_done(&twice);
        arena_done(&arena);
        arena_pool_done(&pool);
        free(copy);
        return 0;
}
