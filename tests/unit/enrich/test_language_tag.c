/* Language tags and lists of them. suite.language asks for every row of the registry. */
#include "unit.h"
#include "enrich/language_tag.h"

#define CODES "/usr/share/iso-codes/json"

static const struct { const char *name, *text, *want, *script, *region; } TAGS[] = {
        { "a language", "de", "de", "", "" },
        { "a region", "de-at", "de-AT", "", "AT" },
        { "a script", "ZH-hant-tw", "zh-Hant-TW", "Hant", "TW" },
        { "an area", "es-419", "es-419", "", "419" },
        { "three letters", "deu-DEU", "de-DE", "", "DE" },
        { "the other three letters", "ger", "de", "", "" },
        { "a country by number", "de-276", "de-DE", "", "DE" },
        { "a language without two letters", "gsw-CH", "gsw-CH", "", "CH" },
        { "a family of languages", "ber", "ber", "", "" },
        { "an old language", "iw-IL", "he-IL", "", "IL" },
        { "an old region", "de-DD", "de-DE", "", "DE" },
        { "UK", "en-UK", "en-GB", "", "GB" },
        { "Kosovo", "sq-XK", "sq-XK", "", "XK" },
        { "an extended language", "zh-yue-HK", "yue-HK", "", "HK" },
        { "another language's extension", "de-yue", "de", "", "" },
        { "a tag that was renamed", "i-Klingon", "tlh", "", "" },
        { "one that was renamed to a region", "sgn-BE-FR", "sfb", "", "" },
        { "one that is renamed once its region is", "sgn-DD", "gsg", "", "" },
        { "one that nothing replaces", "i-mingo", NULL, "", "" },
        { "variants", "sl-rozaj-biske-1994", "sl-rozaj-biske-1994", "", "" },
        { "a variant twice", "de-1996-1996", "de-1996", "", "" },
        { "a variant that was renamed", "ja-Latn-hepburn-heploc", "ja-Latn-hepburn-alalc97", "Latn", "" },
        { "extensions in order", "en-u-hc-h12-a-foo", "en-a-foo-u-hc-h12", "", "" },
        { "an extension twice", "en-a-foo-a-bar", "en-a-foo", "", "" },
        { "an extension of nothing", "en-a-b-u-hc", "en-u-hc", "", "" },
        { "private use", "en-US-x-My-Own-1", "en-US-x-my-own-1", "", "US" },
        { "private use alone", "x-klingon", NULL, "", "" },
        { "a language for private use", "qaa-DE", NULL, "", "" },
        { "not known which", "und-Latn-DE", NULL, "", "" },
        { "an unknown script", "de-Abcd-DE", "de-DE", "", "DE" },
        { "an unknown region", "de-Latn-QX", "de-Latn", "Latn", "" },
        { "iOS", "zh-Hans_CN", "zh-Hans-CN", "Hans", "CN" },
        { "Java", "zh_TW_#Hant", "zh-Hant-TW", "Hant", "TW" },
        { "Java, with an extension", "th_TH_TH_#u-nu-thai", "th-TH-u-nu-thai", "", "TH" },
        { "POSIX", "de_DE.UTF-8@euro", "de-DE", "", "DE" },
        { "POSIX with a script", "sr_RS@latin", "sr-Latn-RS", "Latn", "RS" },
        { "POSIX with another", "uz_UZ.UTF-8@Cyrillic", "uz-Cyrl-UZ", "Cyrl", "UZ" },
        { "POSIX with a variant", "ca_ES@valencia", "ca-ES-valencia", "", "ES" },
        { "ICU's keywords", "en_US@calendar=buddhist", "en-US", "", "US" },
        { "C", "C", NULL, "", "" },
        { "C.UTF-8", "C.UTF-8", NULL, "", "" },
        { "POSIX itself", "POSIX", NULL, "", "" },
        { "a name", "English", NULL, "", "" },
        { "null", "null", NULL, "", "" },
        { "undefined", "undefined", NULL, "", "" },
        { "an unknown language", "xx-DE", NULL, "", "" },
        { "nothing", "", NULL, "", "" },
        { "white space", " \t", NULL, "", "" },
        { "white space around", " de-DE\t", "de-DE", "", "DE" },
        { "hyphens", "--", NULL, "", "" },
        { "an empty subtag", "de--DE", "de", "", "" },
        { "a long subtag", "de-abcdefghi-DE", "de", "", "" },
        { "other bytes", "de-DE\xff\n", "de-DE", "", "DE" },
        { "one letter", "d", NULL, "", "" },
        { "longer than a tag may be", "de-DE-u-abc-abcdefgh-abcdefgh-abcdefgh-abcdefgh-abcdefgh-abcdefgh-x-y",
          "de-DE-u-abc-abcdefgh-abcdefgh-abcdefgh-abcdefgh-abcdefgh", "", "DE" },
        { "as long as a tag may be", "de-a-bcdefgh-bcdefgh-bcdefgh-bcdefgh-bcdefgh-bcdefgh-bcdefgh-x-y",
          "de-a-bcdefgh-bcdefgh-bcdefgh-bcdefgh-bcdefgh-bcdefgh-bcdefgh-x-y", "", "" },
        { "no singleton at its end", "de-a-bcdefgh-bcdefgh-bcdefgh-bcdefgh-bcdefgh-bcdefgh-bcdefgh-x-yy",
          "de-a-bcdefgh-bcdefgh-bcdefgh-bcdefgh-bcdefgh-bcdefgh-bcdefgh", "", "" },
};

static int codes_open(void **state)
{
        struct errors errors = { 0 };
        *state = language_codes_load(CODES, &errors);
        errors_print(&errors, stderr);
        return *state ? 0 : -1;
}

static int codes_close(void **state)
{
        language_codes_free(*state);
        return 0;
}

static void every_tag_is_read(void **state)
{
        for (size_t i = 0; i < COUNT_OF(TAGS); i++) {
                struct language_tag tag;
                UNIT_ROW(TAGS[i].name);
                bool good = language_tag_read(*state, slice_of(TAGS[i].text), &tag);
                assert_int_equal(good, TAGS[i].want != NULL);
                if (!good)
                        continue;
                struct slice text = { tag.text, tag.size };
                print_message("               %.*s\n", SLICE_ARGS(text));
                assert_true(slice_equal(text, slice_of(TAGS[i].want)));
                assert_true(slice_equal((struct slice){ tag.text + tag.script, tag.script ? 4 : 0 }, slice_of(TAGS[i].script)));
                assert_true(slice_equal((struct slice){ tag.text + tag.region, tag.region_size }, slice_of(TAGS[i].region)));
        }
}

static const struct { const char *name, *header, *want; size_t known; } LISTS[] = {
        { "a browser's", "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", "de-DE de en-US en", 4 },
        { "by weight", "fr;q=0.2, de;q=0.7, en", "en de fr", 3 },
        { "of one weight, in order", "fr;q=0.5,de;q=0.5,en;q=0.5", "fr de en", 3 },
        { "thousandths", "fr;q=0.899,de;q=0.9", "de fr", 2 },
        { "more digits than allowed", "fr;q=0.8999999999,de;q=0.8991", "fr de", 2 },
        { "white space", " fr ; q = 0.5 ,\tde\t;\tQ=0.6", "de fr", 2 },
        { "none of weight 0", "fr;q=0,de;q=0.000,en;q=0.", "", 0 },
        { "weights that are none", "fr;q=2,de;q=1.1,en;q=-1,it;q=,es;q=.5,nl;q=0.x,pt;level=1,sv;,da;q", "", 0 },
        { "any language", "*,de;q=0.1", "de", 1 },
        { "unknown ones", "xx,C,und,de", "de", 1 },
        { "the same twice", "de-de,DE-DE;q=0.5,en", "de-DE en", 2 },
        { "the same twice, the better later", "de-DE;q=0.1,en;q=0.5,deu-de;q=0.9", "de-DE en", 2 },
        { "commas", ",,,de,,,", "de", 1 },
        { "nothing", "", "", 0 },
        { "more than are kept", "aa;q=0.1,ab;q=0.2,ae;q=0.3,af;q=0.4,ak;q=0.5,am;q=0.6,an;q=0.7,ar;q=0.8,as;q=0.9,av;q=0.05",
          "as ar an am ak af ae ab", 10 },
};

static void every_list_is_in_order(void **state)
{
        for (size_t i = 0; i < COUNT_OF(LISTS); i++) {
                struct language_list list;
                char   text[LANGUAGE_LIST * (LANGUAGE_TAG + 1) + 1];
                size_t size = 0;
                UNIT_ROW(LISTS[i].name);
                language_list_read(*state, slice_of(LISTS[i].header), &list);
                for (size_t j = 0; j < list.count; j++)
                        size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%.*s", j ? " " : "", list.tag[j].size,
                                                 list.tag[j].text);
                text[size] = '\0';
                assert_string_equal(text, LISTS[i].want);
                assert_int_equal(list.known, LISTS[i].known);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_tag_is_read),
                cmocka_unit_test(every_list_is_in_order),
        };
        return cmocka_run_group_tests(tests, codes_open, codes_close);
}
