#include "unit.h"
#include "enrich/text_cache.h"

struct desk {
        struct text_cache *cache;
        struct layout      *layout;
        struct buffer       text;
};

static void desk_open(struct desk *desk, size_t entries)
{
        desk->cache = text_cache_new(entries);
        desk->layout = layout_new(false);
        buffer_init(&desk->text, 1 << 20);
}

static void desk_close(struct desk *desk)
{
        text_cache_free(desk->cache);
        layout_free(desk->layout);
        buffer_done(&desk->text);
}

static const struct cached *desk_add(struct desk *desk, struct slice key, struct slice name)
{
        struct field_writer writer;
        buffer_clear(&desk->text);
        writer_init(&writer, desk->layout, &desk->text);
        writer_text(&writer, FIELD_user_agent_name, name);
        writer_text(&writer, FIELD_device_class, SLICE("phone"));
        assert_true(writer_end(&writer));
        return text_cache_add(desk->cache, key, &writer, &(struct agent_traits){ .class = 3, .bot = true },
                              sizeof(struct agent_traits));
}

static struct slice numbered(char text[32], size_t number)
{
        return (struct slice){ text, (size_t)snprintf(text, 32, "agent/%zu", number) };
}

static void what_was_added_is_found(void **state)
{
        (void)state;
        struct desk desk;
        desk_open(&desk, 64);
        assert_null(text_cache_find(desk.cache, SLICE("a")));
        const struct cached *entry = desk_add(&desk, SLICE("a"), SLICE("A\"B"));
        (void)desk_add(&desk, SLICE("b"), SLICE("B"));
        assert_ptr_equal(text_cache_find(desk.cache, SLICE("a")), entry);
        assert_ptr_equal(text_cache_find(desk.cache, SLICE("a")), entry);
        assert_null(text_cache_find(desk.cache, SLICE("aa")));
        assert_int_equal(entry->count, 2);
        const struct agent_traits *traits = cached_note(entry);
        assert_int_equal(traits->class, 3);
        assert_true(traits->bot);
        struct findings findings = { .layout = desk.layout };
        char out[200];
        cached_give(entry, &findings);
        *enrich_render(&findings, out) = '\0';
        assert_string_equal(out, ",\"user_agent\":{\"name\":\"A\\\"B\"},\"device\":{\"class\":\"phone\"}");
        desk_close(&desk);
}

static void it_is_bounded_in_entries(void **state)
{
        (void)state;
        struct desk desk;
        char text[32];
        size_t kept = 0;
        desk_open(&desk, 100);     /* becomes 128 */
        for (size_t i = 0; i < 10000; i++)
                (void)desk_add(&desk, numbered(text, i), SLICE("x"));
        for (size_t i = 0; i < 10000; i++)
                kept += text_cache_find(desk.cache, numbered(text, i)) != NULL;
        assert_int_equal(kept, 128);
        desk_close(&desk);
}

/* Of few that come again and again and many that come once, the few stay. */
static void what_is_used_stays(void **state)
{
        (void)state;
        struct desk desk;
        char text[32];
        size_t missed = 0;
        desk_open(&desk, 1024);
        for (size_t round = 0; round < 200; round++)
                for (size_t i = 0; i < 100; i++) {
                        if (!text_cache_find(desk.cache, numbered(text, i))) {
                                missed += round > 0;
                                (void)desk_add(&desk, numbered(text, i), SLICE("x"));
                        }
                        (void)desk_add(&desk, numbered(text, 1000 + round * 100 + i), SLICE("x"));
                }
        assert_in_range(missed, 0, 200);   /* of 19,900 */
        desk_close(&desk);
}

static void it_is_bounded_in_bytes(void **state)
{
        (void)state;
        static char long_text[6000], huge[20000];
        struct desk desk;
        desk_open(&desk, 64);
        memset(long_text, 'x', sizeof(long_text));
        memset(huge, 'y', sizeof(huge));
        for (size_t i = 0; i < 2000; i++) {
                memcpy(long_text, &i, sizeof(i));
                const struct cached *entry = desk_add(&desk, (struct slice){ long_text, sizeof(long_text) }, SLICE("x"));
                assert_int_equal(entry->key_size, sizeof(long_text));
                assert_in_range(text_cache_bytes(desk.cache), 1, 64 * 1024);
        }
        /* Too large to keep, but good until the next. */
        const struct cached *entry = desk_add(&desk, (struct slice){ huge, sizeof(huge) }, SLICE("x"));
        assert_memory_equal(cached_key(entry).data, huge, sizeof(huge));
        assert_ptr_equal(text_cache_find(desk.cache, (struct slice){ huge, sizeof(huge) }), entry);
        (void)desk_add(&desk, SLICE("small"), SLICE("x"));
        assert_null(text_cache_find(desk.cache, (struct slice){ huge, sizeof(huge) }));
        assert_non_null(text_cache_find(desk.cache, SLICE("small")));
        desk_close(&desk);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_was_added_is_found),
                cmocka_unit_test(it_is_bounded_in_entries),
                cmocka_unit_test(what_is_used_stays),
                cmocka_unit_test(it_is_bounded_in_bytes),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
