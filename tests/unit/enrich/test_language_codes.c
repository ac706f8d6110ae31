/* The codes of Debian's iso-codes, and folders that are none. */
#include "unit.h"
#include "enrich/language_codes.h"
#include <unistd.h>

static const struct { const char *code, *want, *name;
} LANGUAGES[] = {
        { "de", "de", "German" },         { "deu", "de", "German" },
        { "ger", "de", "German" },        { "gsw", "gsw", "Swiss German" },
        { "he", "he", "Hebrew" },         { "iw", "he", "Hebrew" },
        { "mo", "ro", "Romanian" },       { "nb", "nb", "Norwegian Bokm\xc3\xa5l" },
        { "bn", "bn", "Bangla" },         { "zh", "zh", "Chinese" },
        { "sh", "sh", "Serbo-Croatian" }, { "cel", "cel", "Celtic languages" },
};
static const char *const NO_LANGUAGES[] = { "", "d", "DE", "xx", "und", "qaa", "deut", "d1", "\xc3\xa4" };

static const struct { const char *code, *want;
} REGIONS[] = {
        { "de", "DE" }, { "deu", "DE" }, { "276", "DE" },  { "dd", "DE" },   { "uk", "GB" }, { "eu", "EU" },
        { "xk", "XK" }, { "an", "AN" },  { "001", "001" }, { "419", "419" }, { "zr", "CD" }, { "aa", "" },
        { "DE", "" },   { "000", "" },   { "xyz", "" },    { "1", "" },      { "d1", "" },   { "27x", "" },
};

static void codes_are_found(void **state)
{
        (void)state;
        struct errors errors = { 0 };
        struct language_codes *codes = language_codes_load("/usr/share/iso-codes/json", &errors);
        errors_print(&errors, stderr);
        assert_non_null(codes);
        for (size_t i = 0; i < COUNT_OF(LANGUAGES); i++) {
                UNIT_ROW(LANGUAGES[i].code);
                const struct language *language = language_find(codes, slice_of(LANGUAGES[i].code));
                assert_non_null(language);
                assert_string_equal(language->code, LANGUAGES[i].want);
                assert_string_equal(language->name.data, LANGUAGES[i].name);
        }
        for (size_t i = 0; i < COUNT_OF(NO_LANGUAGES); i++)
                assert_null(language_find(codes, slice_of(NO_LANGUAGES[i])));
        for (size_t i = 0; i < COUNT_OF(REGIONS); i++) {
                UNIT_ROW(REGIONS[i].code);
                assert_true(slice_equal(region_find(codes, slice_of(REGIONS[i].code)), slice_of(REGIONS[i].want)));
        }
        assert_true(script_known(codes, SLICE("latn")) && script_known(codes, SLICE("hant")));
        assert_false(script_known(codes, SLICE("Latn")) || script_known(codes, SLICE("abcd")) ||
                     script_known(codes, SLICE("lat")));
        language_codes_free(codes);
}

static void the_registry_is_known(void **state)
{
        (void)state;
        assert_true(language_extends(SLICE("zh"), SLICE("yue")) && language_extends(SLICE("zh"), SLICE("cdo")));
        assert_true(language_extends(SLICE("sgn"), SLICE("zsl")));
        assert_false(language_extends(SLICE("zh"), SLICE("min")) || language_extends(SLICE("de"), SLICE("yue")));
        assert_false(language_extends(SLICE("zh"), SLICE("yu")) || language_extends(SLICE("zh"), SLICE("")));
        assert_true(slice_equal(language_renamed(SLICE("zh-min-nan")), SLICE("nan")));
        assert_null(language_renamed(SLICE("zh-min")).data);
}

static const struct { const char *name, *text, *want; } BROKEN[] = {
        { "no file", NULL, "Debian package iso-codes" },
        { "no JSON", "{", "iso_639-3.json'" },
        { "another file", "{\"639-1\":[]}", "has no list \"639-3\"" },
        { "an empty list", "{\"639-3\":[]}", "has no list \"639-3\"" },
        { "odd members", "{\"639-3\":[1,{},{\"alpha_3\":\"abcd\",\"name\":\"x\"},{\"alpha_3\":7},{\"alpha_3\":\"abc\"},"
                         "{\"alpha_3\":\"abd\",\"alpha_2\":\"toolong\",\"bibliographic\":\"?\",\"name\":\"n\"}]}",
          "iso_639-2.json" },
};

static void broken_folders_are_refused(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(BROKEN); i++) {
                struct errors errors = { 0 };
                char folder[] = "/tmp/codes-XXXXXX", path[64];
                UNIT_ROW(BROKEN[i].name);
                assert_non_null(mkdtemp(folder));
                snprintf(path, sizeof(path), "%s/iso_639-3.json", folder);
                FILE *file = BROKEN[i].text ? fopen(path, "we") : NULL;
                if (file) {
                        fputs(BROKEN[i].text, file);
                        fclose(file);
                }
                assert_null(language_codes_load(folder, &errors));
                assert_int_equal(errors.count, 1);
                assert_non_null(strstr(errors.items[0].text, BROKEN[i].want));
                errors_done(&errors);
                (void)unlink(path);
                assert_int_equal(rmdir(folder), 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(codes_are_found),
                cmocka_unit_test(the_registry_is_known),
                cmocka_unit_test(broken_folders_are_refused),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
