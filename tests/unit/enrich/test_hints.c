/* Client hints as browsers send them, in headers and in events. */
#include "unit.h"
#include "enrich/hints.h"

#define BRANDS "\"Chromium\";v=\"131\", \"Not_A Brand\";v=\"24\""
#define EMPTY "||||||||||--"

static void list_add(struct buffer *out, const struct hint_list *list)
{
        for (size_t i = 0; i < list->count; i++)
                buffer_format(out, "%s%.*s%s%.*s", i ? "," : "", SLICE_ARGS(list->item[i].name),
                              list->item[i].version.data ? "=" : "", SLICE_ARGS(list->item[i].version));
        buffer_add_char(out, '|');
}

/* brands|full|forms|full version|platform|its version|model|architecture|bits|broken|mobile wow64 */
static const char *shown(const struct hints *hints, char *at, size_t size)
{
        const struct slice texts[] = { hints->full_version, hints->platform,     hints->platform_version,
                                       hints->model,        hints->architecture, hints->bitness };
        struct buffer out;
        buffer_wrap(&out, at, size);
        list_add(&out, &hints->brands);
        list_add(&out, &hints->full_versions);
        list_add(&out, &hints->form_factors);
        for (size_t i = 0; i < COUNT_OF(texts); i++)
                buffer_format(&out, "%.*s|", SLICE_ARGS(texts[i]));
        if (hints->broken)
                buffer_add_number(&out, hints->broken);
        buffer_format(&out, "|%c%c", "-ny"[hints->mobile], "-ny"[hints->wow64]);
        buffer_add_char(&out, '\0');
        assert_false(out.full);
        return at;
}

static const struct { const char *name; enum header header; const char *value, *want;
} HEADERS_OF[] = {
        { "brands", HEADER_sec_ch_ua, BRANDS, "Chromium=131,Not_A Brand=24||||||||||--" },
        { "a brand without version", HEADER_sec_ch_ua, "\"Brave\"", "Brave||||||||||--" },
        { "a version that is no text", HEADER_sec_ch_ua, "\"Brave\";v=131", "|||||||||1|--" },
        { "a brand that is no text", HEADER_sec_ch_ua, "131;v=\"1\"", "|||||||||1|--" },
        { "escapes in a brand", HEADER_sec_ch_ua, "\"\\\\Not\\\"A;Brand\";v=\"9\\\\9\"", "\\Not\"A;Brand=9\\9||||||||||--" },
        { "full versions", HEADER_sec_ch_ua_full_version_list, "\"Google Chrome\";v=\"131.0.6778.86\"",
          "|Google Chrome=131.0.6778.86|||||||||--" },
        { "a phone", HEADER_sec_ch_ua_mobile, "?1", "||||||||||y-" },
        { "no phone", HEADER_sec_ch_ua_mobile, "?0", "||||||||||n-" },
        { "a phone as text", HEADER_sec_ch_ua_mobile, "\"?1\"", "|||||||||1|--" },
        { "a phone without its sign", HEADER_sec_ch_ua_mobile, "1", "|||||||||1|--" },
        { "platform", HEADER_sec_ch_ua_platform, "\"Windows\"", "||||Windows||||||--" },
        { "platform as early browsers sent it", HEADER_sec_ch_ua_platform, "Windows", "||||Windows||||||--" },
        { "platform version", HEADER_sec_ch_ua_platform_version, "\"15.0.0\"", "|||||15.0.0|||||--" },
        { "model", HEADER_sec_ch_ua_model, "\"Pixel 8\"", "||||||Pixel 8||||--" },
        { "no model", HEADER_sec_ch_ua_model, "\"\"", EMPTY },
        { "architecture", HEADER_sec_ch_ua_arch, "\"x86\"", "|||||||x86|||--" },
        { "bits", HEADER_sec_ch_ua_bitness, "\"64\"", "||||||||64||--" },
        { "wow64", HEADER_sec_ch_ua_wow64, "?1", "||||||||||-y" },
        { "form factors", HEADER_sec_ch_ua_form_factors, "\"Tablet\", \"XR\"", "||Tablet,XR||||||||--" },
        { "an open quote", HEADER_sec_ch_ua_platform, "\"Windows", "|||||||||1|--" },
        { "nothing", HEADER_sec_ch_ua, "", EMPTY },
        { "two items where one belongs", HEADER_sec_ch_ua_platform, "\"a\", \"b\"", "|||||||||1|--" },
        { "as long as it may be", HEADER_sec_ch_ua_model,
          "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123"
          "456789a"
          "bcdef\"",
          "||||||0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
          "0123456789abcdef||||--" },
        { "one byte more", HEADER_sec_ch_ua_model,
          "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123"
          "456789a"
          "bcdef+\"",
          "|||||||||1|--" },
        { "as many brands as there may be", HEADER_sec_ch_ua, "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a",
          "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a||||||||||--" },
        { "one brand more", HEADER_sec_ch_ua, "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a", "|||||||||1|--" },
};

static void headers_are_read(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(HEADERS_OF); i++) {
                struct slice headers[HEADER_COUNT] = { { NULL, 0 } };
                struct hints hints;
                struct buffer text;
                char room[512], got[1024];
                headers[HEADERS_OF[i].header] = slice_of(HEADERS_OF[i].value);
                struct hint_source source = { .headers = headers };
                UNIT_ROW(HEADERS_OF[i].name);
                assert_int_equal(hints_size(&source), strlen(HEADERS_OF[i].value) + 2);
                buffer_wrap(&text, room, hints_size(&source));
                hints_read(&source, &text, &hints);
                assert_string_equal(shown(&hints, got, sizeof(got)), HEADERS_OF[i].want);
        }
}

static const struct { const char *name, *json, *want;
} EVENTS[] = {
        { "of a phone",
          "{\"brands\":[{\"brand\":\"Google Chrome\",\"version\":\"131\"},{\"brand\":\"Not_A "
          "Brand\",\"version\":\"24\"}],\"mobile\":true,\"platform\":\"Android\",\"architecture\":\"\",\"bitness\":\"\","
          "\"model\":\"Pixel "
          "8\",\"platformVersion\":\"15.0.0\",\"uaFullVersion\":\"131.0.6778.81\",\"fullVersionList\":[{\"brand\":\"Google "
          "Chrome\",\"version\":\"131.0.6778.81\"}],\"wow64\":false,\"formFactors\":[\"Mobile\"]}",
          "Google Chrome=131,Not_A Brand=24|Google Chrome=131.0.6778.81|Mobile|131.0.6778.81|Android|15.0.0|Pixel 8||||yn" },
        { "white space", " { \"mobile\" : false , \"platform\" :\n\"macOS\" } ", "||||macOS||||||n-" },
        { "escapes", "{\"platform\":\"mac\\u004fS\",\"brands\":[{\"version\":\"1\\u0032\",\"brand\":\"A\\\"B\"}]}",
          "A\"B=12||||macOS||||||--" },
        { "an escaped key is another", "{\"platfor\\u006d\":\"macOS\"}", EMPTY },
        { "null is nothing", "{\"platform\":null,\"brands\":null,\"mobile\":null}", EMPTY },
        { "other kinds", "{\"platform\":7,\"brands\":{},\"mobile\":\"yes\",\"fullVersionList\":[1],\"formFactors\":[true]}",
          "|||||||||5|--" },
        { "a brand without its name", "{\"brands\":[{\"version\":\"1\"}]}", "|||||||||1|--" },
        { "the form factor that was one text", "{\"formFactor\":\"Tablet\"}", "||Tablet||||||||--" },
        { "no form factor", "{\"formFactor\":\"\"}", EMPTY },
        { "the same twice", "{\"platform\":\"Linux\",\"platform\":\"Windows\"}", "||||Linux||||||--" },
        { "members that nobody knows", "{\"a\":{\"platform\":\"x\"},\"b\":[1,[2]],\"c\":1e9,\"platform\":\"Linux\"}",
          "||||Linux||||||--" },
        { "empty", "{}", EMPTY },
        { "no object", "\"Windows\"", "|||||||||1|--" },
        { "an array", "[]", "|||||||||1|--" },
        { "too many brands",
          "{\"formFactors\":[\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\","
          "\"a\"]}",
          "|||||||||1|--" },
};

static void events_are_read(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(EVENTS); i++) {
                size_t size = strlen(EVENTS[i].json);
                char  *json = malloc(size), room[1024], got[1024];         /* no byte behind it */
                struct hint_source source = { .event = { json, size } };
                struct hints  hints;
                struct buffer text;
                memcpy(json, EVENTS[i].json, size);
                buffer_wrap(&text, room, sizeof(room));
                UNIT_ROW(EVENTS[i].name);
                hints_read(&source, &text, &hints);
                assert_string_equal(shown(&hints, got, sizeof(got)), EVENTS[i].want);
                free(json);
        }
}

static void the_events_word_goes_first_hint_by_hint(void **state)
{
        (void)state;
        struct slice headers[HEADER_COUNT] = { { NULL, 0 } };
        struct hints  hints;
        struct buffer text;
        char room[512], got[512];
        headers[HEADER_sec_ch_ua_platform] = SLICE("\"Windows\"");
        headers[HEADER_sec_ch_ua_model] = SLICE("\"X\"");
        struct hint_source source = { SLICE("{\"platform\":\"Linux\",\"mobile\":false}"), headers };
        buffer_wrap(&text, room, sizeof(room));
        hints_read(&source, &text, &hints);
        assert_string_equal(shown(&hints, got, sizeof(got)), "||||Linux||X||||n-");
}

/* Different hints never have the same key, wherever their bytes stand. */
static void keys_tell_hints_apart(void **state)
{
        (void)state;
        static const struct { const char *event, *brands, *mobile, *model; } KEYS[] = {
                { NULL, NULL, NULL, NULL },        { "{}", NULL, NULL, NULL },     { NULL, "{}", NULL, NULL },
                { NULL, NULL, "?1", NULL },        { NULL, NULL, NULL, "?1" },     { NULL, "?1", NULL, NULL },
                { NULL, "a", "b", NULL },          { NULL, "ab", NULL, NULL },     { NULL, "", "ab", NULL },
                { NULL, NULL, "", NULL },          { "{}", "a", NULL, NULL },      { "{}", NULL, "a", NULL },
                { "{\"a\":1}", NULL, NULL, NULL }, { NULL, NULL, NULL, "Aa" },
        };
        char   key[COUNT_OF(KEYS)][64];
        size_t size[COUNT_OF(KEYS)];
        for (size_t i = 0; i < COUNT_OF(KEYS); i++) {
                struct slice headers[HEADER_COUNT] = { { NULL, 0 } };
                headers[HEADER_sec_ch_ua] = slice_of(KEYS[i].brands);
                headers[HEADER_sec_ch_ua_mobile] = slice_of(KEYS[i].mobile);
                headers[HEADER_sec_ch_ua_model] = slice_of(KEYS[i].model);
                struct hint_source source = { slice_of(KEYS[i].event), headers };
                size[i] = (size_t)(hints_key(&source, key[i]) - key[i]);
                assert_int_equal(size[i], hints_size(&source));
                for (size_t j = 0; j < i; j++)
                        assert_false(size[i] == size[j] && memcmp(key[i], key[j], size[i]) == 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(headers_are_read),
                cmocka_unit_test(events_are_read),
                cmocka_unit_test(the_events_word_goes_first_hint_by_hint),
                cmocka_unit_test(keys_tell_hints_apart),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
