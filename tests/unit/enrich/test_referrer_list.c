/* The layouts of public lists, and what is wrong with a list. */
#include "unit.h"
#include "enrich/referrer_list.h"

static const struct { const char *name, *medium, *list, *host, *path, *want;
} GOOD[] = {
        { "by medium, YAML", "",
          "search:\n  Loom:\n    parameters:\n      - Q\n      - query\n    domains:\n      - www.loom.example\n",
          "www.loom.example", "/", "search|Loom|q query" },
        { "by medium, JSON", "",
          "{\"search\":{\"Loom\":{\"domains\":[\"loom.example\"],\"parameters\":[\"q\"]}},\"email\":"
          "{\"Loom Mail\":{\"domains\":[\"mail.loom.example\"]}}}",
          "mail.loom.example", "/", "email|Loom Mail|" },
        { "by medium, JSON with tabs", "",
          "{\n\t\"paid\": {\n\t\t\"Loom \\u00dc\": {\n\t\t\t\"domains\": [\n\t\t\t\t\"ads.loom.example\"\n"
          "\t\t\t]\n\t\t}\n\t}\n}\n",
          "ads.loom.example", "/", "paid|Loom \xC3\x9C|" },
        { "a medium of their own", "", "podcast:\n  Loom: { domains: [pod.example] }\n", "pod.example", "/", "podcast|Loom|" },
        { "a synonym", "", "chatbot:\n  Loom: { domains: [chat.example] }\n", "chat.example", "/", "ai-assistant|Loom|" },
        { "with a path", "", "email:\n  Loom: { domains: [loom.example/webmail/] }\n", "loom.example", "/webmail/x",
          "email|Loom|" },
        { "by host", "", "{ \"loom.example\": {\"medium\": \"search\", \"source\": \"Loom\"} }", "www.loom.example", "/",
          "search|Loom|" },
        { "by host, without a source's name", "", "{ \"loom.example\": {\"medium\": \"social\", \"source\": \"\"} }",
          "loom.example", "/", "social||" },
        { "engines", "",
          "Loom:\n  -\n    urls:\n      - 'loom.{}'\n    params:\n      - q\n      - '/s\\/([^\\/]+)/'\n"
          "    backlink: 'search?q={k}'\n    charsets:\n      - iso-8859-2\n  - urls: [loom.org]\n    params: [text]\n",
          "loom.co.uk", "/", "search|Loom|q /" },
        { "engines, the second block", "",
          "Loom:\n  - urls: [a.example]\n    params: [q]\n  - urls: [b.example]\n    params: [text]\n", "b.example", "/",
          "search|Loom|text" },
        { "engines without parameters", "", "Loom:\n  - urls: [a.example]\n    params: []\n", "a.example", "/", "search|Loom|" },
        { "hosts", "social", "Loom:\n  - loom.example\n  - loom.test\nOther: [other.example]\n", "loom.test", "/",
          "social|Loom|" },
        { "hosts, second source", "AI_Assistant", "Loom: [loom.example]\nOther:\n  - x.example/i/loom\n", "x.example",
          "/i/loom/1", "ai-assistant|Other|" },
        { "the medium of the file's name is for those that tell none", "social", "email:\n  Loom: { domains: [loom.example] }\n",
          "loom.example", "/", "email|Loom|" },
        { "the last one counts", "", "search:\n  A: { domains: [loom.example] }\n  B: { domains: [loom.example] }\n",
          "loom.example", "/", "search|B|" },
};

static void every_layout_is_read(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(GOOD); i++) {
                struct referrer_table *table = referrer_table_new();
                struct errors errors = { 0 };
                char text[300];
                UNIT_ROW(GOOD[i].name);
                bool good = referrer_list_read(table, "list", slice_of(GOOD[i].medium), slice_of(GOOD[i].list), &errors);
                errors_print(&errors, stderr);
                assert_true(good && errors_total(&errors) == 0);
                const struct referrer_site *site =
                        referrer_table_find(table, slice_of(GOOD[i].host), slice_of(GOOD[i].path), false);
                assert_non_null(site);
                size_t size =
                        (size_t)snprintf(text, sizeof(text), "%.*s|%.*s|", SLICE_ARGS(site->medium), SLICE_ARGS(site->source));
                for (size_t term = 0; term < site->term_count; term++)
                        size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%.*s", term ? " " : "",
                                                 site->terms[term].pattern ? 1 : (int)site->terms[term].name.size,
                                                 site->terms[term].pattern ? "/" : site->terms[term].name.data);
                assert_string_equal(text, GOOD[i].want);
                referrer_table_free(table);
        }
}

static const struct { const char *name, *list, *want;
} BAD[] = {
        { "empty", "", "list: the list is empty" },
        { "no YAML", "a: [b\n", "list:2:1: not YAML or JSON: did not find expected ',' or ']'" },
        { "cut JSON", "{\"search\":{\"Loom\":{\"domains\":[\"loom",
          "list:1:36: not YAML or JSON: found unexpected end of stream" },
        { "a text", "hello", "list:1:1: a mapping is expected: media, hosts or sources" },
        { "a list", "[a.example]", "list:1:1: a mapping is expected: media, hosts or sources" },
        { "no hosts", "search: {}", "list: the list has no hosts" },
        { "a text for a medium", "search: google.com",
          "list:1:9: no layout of referrers is known that has a text here, for 'search'" },
        { "a block without hosts", "search:\n  Loom:\n    parameters: [q]\n",
          "list:3:5: there is neither 'domains' nor 'urls' for 'Loom'" },
        { "a text for a block", "search:\n  Loom: loom.example\n", "list:2:9: a mapping with the hosts is expected for 'Loom'" },
        { "hosts in a mapping", "search:\n  Loom: { domains: { a: b } }\n", "list:2:20: a list of hosts is expected here" },
        { "a host in a list", "search:\n  Loom: { domains: [[a.example]] }\n", "list:2:21: a host is expected here" },
        { "no host", "search:\n  Loom: { domains: ['a b'] }\n", "list:2:21: this is no host: 'a b'" },
        { "no name of a parameter", "search:\n  Loom: { domains: [a.example], parameters: [{}] }\n",
          "list:2:46: the name of a parameter is expected here" },
        { "no pattern", "Loom:\n  - urls: [a.example]\n    params: ['/((/']\n", "list:3:14: this is no pattern: '(('" },
        { "a medium without a name", "loom.example: { medium, source: Loom }\n",
          "list:1:23: the name of a medium is expected here" },
        { "no source", "loom.example: { medium: search }\n", "list:1:15: there is no 'source' for 'loom.example'" },
        { "a source that is no text", "loom.example: { medium: search, source: [] }\n",
          "list:1:41: the name of a source is expected here" },
        { "a medium that is no text", "[a]: { Loom: { domains: [a.example] } }\n",
          "list:1:1: the name of a medium is expected here" },
        { "hosts without a medium", "Loom: [a.example]\nMore: [b.example]\n",
          "list:1:1: nothing tells the medium of these hosts: name the file as MEDIUM=FILE, for example social=FILE; first "
          "source: 'Loom'" },
        { "a list that contains itself", "search: &a\n  Loom: *a\n",
          "list:1:9: there is neither 'domains' nor 'urls' for 'Loom'" },
};

static void every_mistake_has_its_place(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(BAD); i++) {
                struct referrer_table *table = referrer_table_new();
                struct errors errors = { 0 };
                UNIT_ROW(BAD[i].name);
                assert_false(referrer_list_read(table, "list", (struct slice){ 0 }, slice_of(BAD[i].list), &errors));
                assert_int_equal(errors_total(&errors), 1);
                assert_string_equal(errors.items[0].text, BAD[i].want);
                errors_done(&errors);
                referrer_table_free(table);
        }
}

static void several_mistakes_are_told_together(void **state)
{
        (void)state;
        struct referrer_table *table = referrer_table_new();
        struct errors errors = { 0 };
        assert_false(referrer_list_read(table, "list", (struct slice){ 0 },
                                        SLICE("search:\n  A: { domains: ['.'] }\n  B: 1\n  C: { domains: [c.example] }\nx: y\n"),
                                        &errors));
        assert_int_equal(errors_total(&errors), 3);
        errors_done(&errors);
        referrer_table_free(table);
}

/* A few bytes of aliases that unfold to more than anybody has hosts. */
static void aliases_do_not_multiply(void **state)
{
        (void)state;
        size_t room = 1 << 20, size = 0;
        char  *text = malloc(room);
        assert_non_null(text);
        size += (size_t)snprintf(text + size, room - size, "search:\n  A: &a { domains: [");
        for (size_t i = 0; i < 10000; i++)
                size += (size_t)snprintf(text + size, room - size, "h%zu.example, ", i);
        size += (size_t)snprintf(text + size, room - size, "] }\n");
        for (size_t i = 0; i < 5000; i++)
                size += (size_t)snprintf(text + size, room - size, "  S%zu: *a\n", i);
        struct referrer_table *table = referrer_table_new();
        struct errors errors = { 0 };
        assert_false(referrer_list_read(table, "list", (struct slice){ 0 }, (struct slice){ text, size }, &errors));
        assert_string_equal(errors.items[0].text, "list: more than 1000000 hosts");
        errors_done(&errors);
        referrer_table_free(table);
        free(text);
}

static void files_that_cannot_be_read(void **state)
{
        (void)state;
        struct referrer_table *table = referrer_table_new();
        struct errors errors = { 0 };
        assert_false(referrer_list_load(table, SOURCE_DIR "/no-such-list.yaml", (struct slice){ 0 }, &errors));
        assert_false(referrer_list_load(table, SOURCE_DIR, (struct slice){ 0 }, &errors));
        assert_int_equal(errors_total(&errors), 2);
        assert_non_null(strstr(errors.items[0].text, "enrich.referrer.lists: cannot read '"));
        assert_non_null(strstr(errors.items[1].text, "it is not a regular file"));
        errors_done(&errors);
        referrer_table_free(table);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_layout_is_read),
                cmocka_unit_test(every_mistake_has_its_place),
                cmocka_unit_test(several_mistakes_are_told_together),
                cmocka_unit_test(aliases_do_not_multiply),
                cmocka_unit_test(files_that_cannot_be_read),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
