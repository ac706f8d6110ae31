/* Any bytes as the URL of a page: what is left has no parameter that must go, and stripping a URL again changes nothing. */
#include "base/utf8.h"
#include "enrich/strip.h"

/* A name that was judged in pieces. */
static bool is_parted(struct slice name) { return memchr(name.data, ';', name.size) || memchr(name.data, '?', name.size); }

static void left_check(const struct strip *strip, struct slice left, struct arena *arena)
{
        struct slice twice = left;
        size_t again = 0;
        struct url url;
        struct url_parameters it;
        struct slice name, value;
        if (!url_parse(left, arena, &url))
                return;
        BUG_IF(url.user_info.size);
        BUG_IF(!strip_text(strip, arena, &twice, &again));
        BUG_IF(utf8_valid(left) && again);         /* what is none becomes something else once it is escaped */
        const struct slice parts[] = { url.query, url_fragment_parameters(url.fragment) };
        for (size_t i = 0; i < COUNT_OF(parts); i++) {
                url_parameters_init(&it, parts[i]);
                while (url_parameters_next(&it, &name, &value))
                        BUG_IF(strip_takes(strip, name, value) && !is_parted(name) && utf8_valid(left));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct strip *strip;                /* libFuzzer calls from one thread */
        static struct config config;
        if (!strip) {
                struct errors errors = { 0 };
                config_init(&config);
                strip = strip_new(&config, &errors);
                BUG_IF(!strip);
        }
        struct arena_pool pool;
        struct arena arena;
        size_t count = 0;
        char *copy = memory_get(size + 1);         /* of its own, so that a read past its end is seen */
        memcpy(copy, data, size);
        arena_pool_init(&pool, 65536, 0);
        arena_init(&arena, &pool, 1 << 22);
        struct slice text = { copy, size }, query = text;
        BUG_IF(!strip_text(strip, &arena, &text, &count));
        BUG_IF(count == 0 && text.data != copy);
        left_check(strip, text, &arena);
        BUG_IF(!strip_query(strip, &arena, &query, &count) || query.size > size);
        arena_done(&arena);
        arena_pool_done(&pool);
        free(copy);
        return 0;
}
