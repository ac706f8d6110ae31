/* Platforms by the names of SDKs, and versions. */
#include "unit.h"
#include "enrich/app_platform.h"

static const struct { const char *library, *channel, *os, *platform, *language; } PLATFORMS[] = {
        { NULL, NULL, NULL, "", "" },
        { "analytics.js", NULL, NULL, "web", "webjs" },
        { "@segment/analytics-next", NULL, NULL, "", "" },
        { "RudderLabs JavaScript SDK", NULL, "Windows", "web", "webjs" },
        { "analytics-ios", NULL, "iOS", "mobile", "swift" },
        { "analytics-swift", NULL, "tvOS", "tv", "swift" },
        { "analytics-android", NULL, NULL, "mobile", "java" },
        { "com.rudderstack.android.sdk.core", NULL, "Android", "mobile", "java" },
        { "@segment/analytics-react-native", NULL, NULL, "mobile", "" },
        { "analytics_flutter", NULL, NULL, "mobile", "" },
        { "analytics-node", NULL, NULL, "server", "nodejs" },
        { "@segment/analytics-node", NULL, "Linux", "server", "nodejs" },
        { "analytics-python", NULL, NULL, "server", "python" },
        { "analytics-ruby", NULL, NULL, "server", "ruby" },
        { "analytics-php", NULL, NULL, "server", "php" },
        { "analytics-go", NULL, NULL, "server", "go" },
        { "analytics-java", NULL, NULL, "server", "java" },
        { "Analytics.NET", NULL, NULL, "server", "dotnet" },
        { "Analytics-CSharp", NULL, NULL, "server", "dotnet" },
        { "analytics-roku", NULL, NULL, "tv", "" },
        { "unity-plugin", NULL, "iOS", "mobile", "dotnet" },
        { "mongo", NULL, NULL, "", "" },
        { "javanese", NULL, NULL, "", "" },
        { NULL, "browser", NULL, "web", "" },
        { NULL, "Server", "iOS", "server", "" },
        { "analytics.js", "mobile", NULL, "mobile", "webjs" },
        { NULL, "pigeon", "Android", "mobile", "" },
        { NULL, NULL, "iPadOS", "mobile", "" },
        { NULL, NULL, "Mac OS X", "desktop", "" },
        { "analytics.js", "browser", "Tizen", "tv", "webjs" },
        { "--", "", "", "", "" },
};

static void platforms_are_found(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(PLATFORMS); i++) {
                UNIT_ROW(PLATFORMS[i].library ? PLATFORMS[i].library : "no library");
                struct app_words words = { slice_of(PLATFORMS[i].library), slice_of(PLATFORMS[i].channel),
                                           slice_of(PLATFORMS[i].os) };
                assert_true(slice_equal(app_platform(&words), slice_of(PLATFORMS[i].platform)));
                assert_true(slice_equal(library_language(words.library), slice_of(PLATFORMS[i].language)));
        }
}

static const struct { const char *text; size_t count; uint32_t parts[VERSION_PARTS]; } VERSIONS[] = {
        { "1.2.3", 3, { 1, 2, 3 } },       { "1.2", 2, { 1, 2 } },             { "7", 1, { 7 } },
        { "v4.12.0-beta+7", 3, { 4, 12 } }, { "V1.0", 2, { 1 } },               { "1.2.3.4", 3, { 1, 2, 3 } },
        { "2024.01.09", 3, { 2024, 1, 9 } }, { "1.2 (build 7)", 2, { 1, 2 } },  { "1.2+5", 2, { 1, 2 } },
        { "999999999.0", 2, { 999999999 } },
        { "", 0, { 0 } },                  { "v", 0, { 0 } },                  { "1.", 0, { 0 } },
        { ".1", 0, { 0 } },                { "1..2", 0, { 0 } },               { "1.2b", 0, { 0 } },
        { "2026-11-21", 0, { 0 } },        { "12 monkeys", 0, { 0 } },         { "1234567890.1", 0, { 0 } },
        { "1.2.x", 0, { 0 } },             { "-1.2", 0, { 0 } },               { "one", 0, { 0 } },
};

static void versions_are_split(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(VERSIONS); i++) {
                uint32_t parts[VERSION_PARTS] = { 0 };
                UNIT_ROW(VERSIONS[i].text);
                assert_int_equal(version_split(slice_of(VERSIONS[i].text), parts), VERSIONS[i].count);
                for (size_t j = 0; j < VERSIONS[i].count; j++)
                        assert_int_equal(parts[j], VERSIONS[i].parts[j]);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(platforms_are_found),
                cmocka_unit_test(versions_are_split),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
