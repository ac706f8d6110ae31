/* What goes out of URLs, and that everything else stays. */
#include "unit.h"
#include "enrich/strip.h"

struct desk {
        struct config     config;
        struct strip     *strip;
        struct arena_pool pool;
        struct arena      arena;
};

static void desk_open(struct desk *desk, const char *names, const char *mail)
{
        struct errors errors = { 0 };
        struct error  err;
        config_init(&desk->config);
        assert_true(config_set(&desk->config, "enrich.page.strip", names, &err));
        assert_true(config_set(&desk->config, "enrich.page.strip_mail", mail, &err));
        desk->strip = strip_new(&desk->config, &errors);
        errors_print(&errors, stderr);
        assert_non_null(desk->strip);
        arena_pool_init(&desk->pool, 65536, 1);
        arena_init(&desk->arena, &desk->pool, 1 << 20);
}

static void desk_close(struct desk *desk)
{
        arena_done(&desk->arena);
        arena_pool_done(&desk->pool);
        strip_free(desk->strip);
        config_done(&desk->config);
}

static const struct { const char *name, *text, *want; size_t count;
} TEXTS[] = {
        { "nothing to take", "https://a.example/b?utm_source=x&gclid=1#c", NULL, 0 },
        { "the first of two", "https://a.example/?mc_eid=1&b=2", "https://a.example/?b=2", 1 },
        { "the last of two", "https://a.example/?b=2&mc_eid=1", "https://a.example/?b=2", 1 },
        { "a form's field", "https://a.example/?user[email]=x&user%5Bpassword%5D=y&user[size]=1",
          "https://a.example/?user[size]=1", 2 },
        { "between two", "https://a.example/?a=1&token=x&b=2", "https://a.example/?a=1&b=2", 1 },
        { "the only one", "https://a.example/?token=x", "https://a.example/", 1 },
        { "several", "https://a.example/?token=x&a=1&sid=2&password=3", "https://a.example/?a=1", 3 },
        { "any case, escaped, with a line end", "https://a.example/?PHPSessID=1&%74oken=2&to\nken=3&a", "https://a.example/?a",
          3 },
        { "behind a semicolon", "https://a.example/?a=1;token=x&b", "https://a.example/?a=1&b", 1 },
        { "behind an entity", "https://a.example/?a=1&amp;token=x", "https://a.example/?a=1&amp", 1 },
        { "a suffix, a prefix", "https://a.example/?csrfToken=1&aspSessionIdABCD=2&tokens=3", "https://a.example/?tokens=3", 2 },
        { "a name without a value", "https://a.example/?token&sid", NULL, 0 },
        { "in a fragment", "https://a.example/#access_token=x&expires_in=5", "https://a.example/#expires_in=5", 1 },
        { "a fragment of nothing else", "https://a.example/#id_token=x", "https://a.example/", 1 },
        { "in a route", "https://a.example/#/reset?token=x&a=1", "https://a.example/#/reset?a=1", 1 },
        { "the last of a route", "https://a.example/#/reset?a=1&token=x", "https://a.example/#/reset?a=1", 1 },
        { "a heading of such a name", "https://a.example/#session", NULL, 0 },
        { "a session in the path", "https://a.example/cart;jsessionid=1A5B/x?b=1", "https://a.example/cart/x?b=1", 1 },
        { "another parameter of the path", "https://a.example/cart;color=red", NULL, 0 },
        { "user and password", "https://anna:secret@a.example/b", "https://a.example/b", 1 },
        { "a user and no URL", "//anna:secret@a.example/b", "a.example/b", 1 },
        { "a user of a broken one", "https:anna:secret@a b/c", "a b/c", 1 },
        { "a mail address as a value", "https://a.example/?q=anna@shop.example&b", "https://a.example/?b", 1 },
        { "escaped", "https://a.example/?q=anna%40shop.example", "https://a.example/", 1 },
        { "escaped twice", "https://a.example/?u=http%3A%2F%2Fb%2F%3Fm%3Danna%2540shop.example", "https://a.example/",
          1 },
        { "with a plus", "https://a.example/?q=anna%2Bnews%40shop.co.uk", "https://a.example/", 1 },
        { "inside a text", "https://a.example/?q=write+to+anna@shop.example+now", "https://a.example/", 1 },
        { "of another script", "https://a.example/?q=anna%40m%C3%BCnchen.example", "https://a.example/", 1 },
        { "as a name", "https://a.example/?anna@shop.example", "https://a.example/", 1 },
        { "in the fragment", "https://a.example/#anna@shop.example", "https://a.example/", 1 },
        { "in the path", "https://a.example/stop/anna@shop.example/now", "https://a.example/stop/-/now", 1 },
        { "in the path, before what looks like a host", "x:anna@shop.example//u:p@b", "x:-//u:p@b", 1 },
        { "no mail: nobody before the sign", "https://a.example/@anna.b/?q=@shop.example", NULL, 0 },
        { "no mail: a space before the sign", "https://a.example/?q=hello%20%40shop.example", NULL, 0 },
        { "no mail: no dot behind it", "https://a.example/?q=anna@localhost", NULL, 0 },
        { "no mail: a version", "https://a.example/npm/pkg@1.2.3", NULL, 0 },
        { "no mail: a place", "https://a.example/maps/x@52.52,13.40,12z", NULL, 0 },
        { "no mail: a picture", "https://a.example/logo@2x.png", NULL, 0 },
        { "no mail: an end", "https://a.example/?q=anna%40", NULL, 0 },
        { "a relative one", "/a?token=x&b=1", "/a?b=1", 1 },
        { "a broken one", "http://a b/?token=x", "http://a b/", 1 },
        { "a query and a fragment of it", "?token=x#sid=2&c=3", "#c=3", 2 },
        { "plain text", "hello", NULL, 0 },
        { "a mail link", "mailto:anna@shop.example", "mailto:-", 1 },
        { "empty", "", NULL, 0 },
        { "empty ones stay when nothing goes", "https://a.example/?&&a=1&&", NULL, 0 },
};

static void every_text_is_stripped(void **state)
{
        (void)state;
        struct desk desk;
        desk_open(&desk, "standard", "true");
        for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
                struct slice given = slice_of(TEXTS[i].text), text = given;
                size_t count = 0;
                UNIT_ROW(TEXTS[i].name);
                assert_true(strip_text(desk.strip, &desk.arena, &text, &count));
                if (!TEXTS[i].want)
                        assert_ptr_equal(text.data, given.data);
                print_message("             = %.*s\n", SLICE_ARGS(text));
                assert_true(slice_equal(text, TEXTS[i].want ? slice_of(TEXTS[i].want) : given));
                assert_int_equal(count, TEXTS[i].count);
        }
        desk_close(&desk);
}

static const struct { const char *name, *text, *want; } QUERIES[] = {
        { "with its mark", "?a=1&token=x", "?a=1" },
        { "without", "token=x&a=1", "a=1" },
        { "nothing else", "?token=x", "" },
        { "nothing to take", "?a=1", "?a=1" },
        { "a mark alone", "?", "?" },
        { "empty", "", "" },
};

static void every_query_is_stripped(void **state)
{
        (void)state;
        struct desk desk;
        desk_open(&desk, "standard", "true");
        for (size_t i = 0; i < COUNT_OF(QUERIES); i++) {
                struct slice query = slice_of(QUERIES[i].text);
                size_t count = 0;
                UNIT_ROW(QUERIES[i].name);
                assert_true(strip_query(desk.strip, &desk.arena, &query, &count));
                assert_true(slice_equal(query, slice_of(QUERIES[i].want)));
        }
        desk_close(&desk);
}

static void a_full_arena_is_told(void **state)
{
        (void)state;
        struct desk desk;
        struct arena full;
        size_t count = 0;
        desk_open(&desk, "standard", "true");
        for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
                struct slice text = slice_of(TEXTS[i].text);
                UNIT_ROW(TEXTS[i].name);
                arena_init(&full, &desk.pool, 0);
                bool good = strip_text(desk.strip, &full, &text, &count);
                assert_true(!good || !TEXTS[i].want);      /* never a text that still has what must go */
                arena_done(&full);
        }
        struct slice query = SLICE("?token=1&a=2");
        arena_init(&full, &desk.pool, 0);
        assert_false(strip_query(desk.strip, &full, &query, &count));
        arena_done(&full);
        desk_close(&desk);
}

static void users_go_even_when_nothing_is_listed(void **state)
{
        (void)state;
        struct desk desk;
        size_t count = 0;
        struct slice text = SLICE("https://anna@a.example/?token=x&q=anna@shop.example");
        desk_open(&desk, "", "false");
        assert_true(strip_text(desk.strip, &desk.arena, &text, &count));
        assert_true(slice_equal(text, SLICE("https://a.example/?token=x&q=anna@shop.example")));
        assert_int_equal(count, 1);
        desk_close(&desk);
}

/* What a parameter is judged by is the same for a campaign's fields. */
static void a_parameter_is_judged_alone(void **state)
{
        (void)state;
        struct desk desk;
        desk_open(&desk, "standard, utm_term", "true");
        assert_true(strip_takes(desk.strip, SLICE("utm_term"), SLICE("shoes")));
        assert_true(strip_takes(desk.strip, SLICE("utm_source"), SLICE("anna%40shop.example")));
        assert_true(strip_takes(desk.strip, SLICE("anna@shop.example"), (struct slice){ NULL, 0 }));
        assert_false(strip_takes(desk.strip, SLICE("utm_source"), SLICE("mail")));
        assert_false(strip_takes(desk.strip, SLICE("token"), (struct slice){ NULL, 0 }));
        desk_close(&desk);
}

/* A megabyte of what might begin a mail address: one look at each byte. */
static void hostile_texts_take_linear_time(void **state)
{
        (void)state;
        static const char *const PIECES[] = { "a%40", "a@", "a@a.", "%2525", "a%2540a%2e", "a@a%", "&=;?" };
        static char text[1 << 20];
        struct desk desk;
        desk_open(&desk, "standard", "true");
        for (size_t i = 0; i < COUNT_OF(PIECES); i++) {
                size_t size = strlen(PIECES[i]), count = 0;
                for (size_t at = 0; at + size <= sizeof(text); at += size)
                        memcpy(text + at, PIECES[i], size);
                struct slice query = { text, sizeof(text) - sizeof(text) % size };
                UNIT_ROW(PIECES[i]);
                (void)strip_query(desk.strip, &desk.arena, &query, &count);
        }
        desk_close(&desk);
}

/* Sixteen bytes are looked at at once, and what is left over: each sign in each place of texts of each length. */
static void a_suspect_is_seen_wherever_it_stands(void **state)
{
        (void)state;
        char text[50];
        for (size_t size = 0; size <= sizeof(text); size++) {
                memset(text, 'x', sizeof(text));
                assert_false(strip_suspects((struct slice){ text, size }));
                for (unsigned c = 1; c < 256; c++)
                        for (size_t at = 0; at < size; at++) {
                                text[at] = (char)c;
                                assert_int_equal(strip_suspects((struct slice){ text, size }), strchr("?#@;%\\", (int)c) != NULL);
                                text[at] = 'x';
                        }
                if (size < sizeof(text)) {
                        text[size] = '?';              /* behind its end */
                        assert_false(strip_suspects((struct slice){ text, size }));
                        text[size] = 'x';
                }
        }
        assert_false(strip_suspects((struct slice){ 0 }));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_suspect_is_seen_wherever_it_stands),
                cmocka_unit_test(every_text_is_stripped),
                cmocka_unit_test(every_query_is_stripped),
                cmocka_unit_test(a_full_arena_is_told),
                cmocka_unit_test(users_go_even_when_nothing_is_listed),
                cmocka_unit_test(a_parameter_is_judged_alone),
                cmocka_unit_test(hostile_texts_take_linear_time),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
