/* What hints say over what frozen agents say. The rules are a few of our own that answer as uap-core's do. */
#include "unit.h"
#include "enrich/agent_overlay.h"

static const char RULES[] =
        "user_agent_parsers:\n"
        "  - {regex: '(Googlebot|Vivaldi|Opera Mini)/(\\d+)'}\n"
        "  - {regex: '\\[(FB)AN/', family_replacement: 'Facebook'}\n"
        "  - {regex: '; wv\\).*(Chrome)/(\\d+)\\.(\\d+)\\.(\\d+)\\.(\\d+)', family_replacement: 'Chrome Mobile WebView'}\n"
        "  - {regex: '(Edg)/(\\d+)\\.(\\d+)\\.(\\d+)\\.(\\d+)', family_replacement: 'Edge'}\n"
        "  - {regex: '(Chrome)/(\\d+)\\.(\\d+)\\.(\\d+)\\.(\\d+) Mobile', family_replacement: 'Chrome Mobile'}\n"
        "  - {regex: '(Chrome)/(\\d+)\\.(\\d+)\\.(\\d+)\\.(\\d+)'}\n"
        "  - {regex: '(Version)/(\\d+)\\.(\\d+).*Safari', family_replacement: 'Safari'}\n"
        "os_parsers:\n"
        "  - {regex: 'Windows NT 10', os_replacement: 'Windows', os_v1_replacement: '10'}\n"
        "  - {regex: 'Windows NT 6.1', os_replacement: 'Windows', os_v1_replacement: '7'}\n"
        "  - {regex: 'Mac OS X (\\d+)_(\\d+)_(\\d+)', os_replacement: 'Mac OS X', os_v1_replacement: '$1', os_v2_replacement: "
        "'$2', "
        "os_v3_replacement: '$3'}\n"
        "  - {regex: 'Android (\\d+)', os_replacement: 'Android', os_v1_replacement: '$1'}\n"
        "  - {regex: '(Ubuntu)'}\n"
        "  - {regex: '(Linux)'}\n"
        "device_parsers:\n"
        "  - {regex: 'Googlebot', device_replacement: 'Spider', brand_replacement: 'Spider', model_replacement: 'Desktop'}\n"
        "  - {regex: '; (Pixel \\d+) Build', device_replacement: '$1', brand_replacement: 'Google', model_replacement: '$1'}\n"
        "  - {regex: '; (SM-\\w+) Build', device_replacement: 'Samsung $1', brand_replacement: 'Samsung', model_replacement: "
        "'$1'}\n"
        "  - {regex: 'Android \\d+; ([^;)]+?)(?: Build[^)]*|)\\) AppleWebKit', device_replacement: '$1', brand_replacement: "
        "'Generic_Android', "
        "model_replacement: '$1'}\n";

#define WINDOWS "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
#define ANDROID "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
#define ANDROID_TABLET "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
#define VIEW                                                                                                                     \
        "Mozilla/5.0 (Linux; Android 10; K; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/131.0.0.0 Mobile "     \
        "Safari/537.36"
#define MAC                                                                                                                      \
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
#define LINUX "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
#define SAFARI                                                                                                                   \
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Safari/605.1.15"

#define LIST(key, brand, version, chromium)                                                                                      \
        "\"" key "\":[{\"brand\":\"Not;A=Brand\",\"version\":\"24\"},{\"brand\":\"Chromium\",\"version\":\"" chromium            \
        "\"},{\"brand\":\"" brand "\",\"version\":\"" version "\"}]"
#define FULL(brand, version) LIST("fullVersionList", brand, version, "131.0.6778.86")
#define MAJOR(brand, version) LIST("brands", brand, version, "131")

/* want: browser version/system version/brand, model/class/engine's version, "view" */
static const struct { const char *name, *agent, *hints, *want;
} CASES[] = {
        { "nothing said", WINDOWS, "{}", "Chrome 131.0.0.0/Windows 10/,/desktop/131.0.0.0" },
        { "Chrome in full", WINDOWS, "{" FULL("Google Chrome", "131.0.6778.87") "}",
          "Chrome 131.0.6778.87/Windows 10/,/desktop/131.0.6778.86" },
        { "majors keep the agent's version", WINDOWS, "{" MAJOR("Google Chrome", "131") "}",
          "Chrome 131.0.0.0/Windows 10/,/desktop/131.0.0.0" },
        { "another major does not", WINDOWS, "{" MAJOR("Google Chrome", "132") "}", "Chrome 132/Windows 10/,/desktop/131.0.0.0" },
        { "the old full version", WINDOWS, "{" MAJOR("Google Chrome", "131") ",\"uaFullVersion\":\"131.0.6778.9\"}",
          "Chrome 131.0.6778.9/Windows 10/,/desktop/131.0.0.0" },
        { "Edge", WINDOWS " Edg/131.0.0.0", "{" FULL("Microsoft Edge", "131.0.2903.70") "}",
          "Edge 131.0.2903.70/Windows 10/,/desktop/131.0.6778.86" },
        { "Edge in an app", WINDOWS " Edg/131.0.0.0",
          "{\"brands\":[{\"brand\":\"Microsoft Edge "
          "WebView2\",\"version\":\"131\"},{\"brand\":\"Chromium\",\"version\":\"131\"}]}",
          "Edge 131.0.0.0/Windows 10/,/desktop/131.0.0.0 view" },
        { "Opera that says no more than Chrome", WINDOWS, "{" FULL("Opera", "115.0.5322.77") "}",
          "Opera 115.0.5322.77/Windows 10/,/desktop/131.0.6778.86" },
        { "Opera on a phone", ANDROID, "{\"mobile\":true," FULL("Opera", "85.0") "}",
          "Opera Mobile 85.0/Android 10/,/phone/131.0.6778.86" },
        { "Brave", WINDOWS, "{" MAJOR("Brave", "131") "}", "Brave 131/Windows 10/,/desktop/131.0.0.0" },
        { "a brand that nobody knows", WINDOWS, "{" MAJOR("Wollmaus", "3") "}", "Wollmaus 3/Windows 10/,/desktop/131.0.0.0" },
        { "a brand without a version", WINDOWS, "{\"brands\":[{\"brand\":\"Google Chrome\"}]}",
          "Chrome 131.0.0.0/Windows 10/,/desktop/131.0.0.0" },
        { "Chromium alone", LINUX, "{\"brands\":[{\"brand\":\"Chromium\",\"version\":\"131\"}]}",
          "Chromium 131/Linux /,/desktop/131.0.0.0" },
        { "Chrome first, its parent last", WINDOWS,
          "{\"fullVersionList\":[{\"brand\":\"Google "
          "Chrome\",\"version\":\"1.2\"},{\"brand\":\"Chromium\",\"version\":\"1.1\"}]}",
          "Chrome 1.2/Windows 10/,/desktop/1.1" },
        { "brands that are none", WINDOWS,
          "{\"brands\":[{\"brand\":\" Not "
          "A;Brand\",\"version\":\"99\"},{\"brand\":\"(Not(A:Brand\",\"version\":\"8\"},{\"brand\":\"Not?A_"
          "Brand\",\"version\":\"8\"},{\"brand\":\"\\\\Not\\\"A;Brand\",\"version\":\"9\"},{\"brand\":\"\",\"version\":\"1\"}]}",
          "Chrome 131.0.0.0/Windows 10/,/desktop/131.0.0.0" },
        { "Vivaldi says that it is Chrome", WINDOWS " Vivaldi/7", "{" FULL("Google Chrome", "131.0.6778.87") "}",
          "Vivaldi 7/Windows 10/,/desktop/131.0.6778.86" },
        { "a version that is none", WINDOWS, "{" FULL("Brave", "<b>") "}", "Brave /Windows 10/,/desktop/131.0.6778.86" },
        { "a view of an app", VIEW, "{\"mobile\":true,\"platform\":\"Android\"," FULL("Android WebView", "131.0.6778.81") "}",
          "Chrome Mobile WebView 131.0.6778.81/Android 10/,/phone/131.0.6778.86 view" },
        { "an app that is known", VIEW " [FBAN/x]", "{" FULL("Android WebView", "131.0.6778.81") "}",
          "Facebook /Android 10/,/phone/131.0.6778.86 view" },

        { "Windows 11", WINDOWS, "{\"platform\":\"Windows\",\"platformVersion\":\"15.0.0\"}",
          "Chrome 131.0.0.0/Windows 11/,/desktop/131.0.0.0" },
        { "the first Windows 11", WINDOWS, "{\"platformVersion\":\"13.0.0\"}",
          "Chrome 131.0.0.0/Windows 11/,/desktop/131.0.0.0" },
        { "Windows 10", WINDOWS, "{\"platform\":\"Windows\",\"platformVersion\":\"10.0.0\"}",
          "Chrome 131.0.0.0/Windows 10/,/desktop/131.0.0.0" },
        { "the first Windows 10", WINDOWS, "{\"platform\":\"Windows\",\"platformVersion\":\"1.0.0\"}",
          "Chrome 131.0.0.0/Windows 10/,/desktop/131.0.0.0" },
        { "Windows 8.1", WINDOWS, "{\"platform\":\"Windows\",\"platformVersion\":\"0.3.0\"}",
          "Chrome 131.0.0.0/Windows 8.1/,/desktop/131.0.0.0" },
        { "Windows 8", WINDOWS, "{\"platform\":\"Windows\",\"platformVersion\":\"0.2\"}",
          "Chrome 131.0.0.0/Windows 8/,/desktop/131.0.0.0" },
        { "Windows 7", WINDOWS, "{\"platform\":\"Windows\",\"platformVersion\":\"0.1.0\"}",
          "Chrome 131.0.0.0/Windows 7/,/desktop/131.0.0.0" },
        { "an old Windows that says no more", "x (Windows NT 6.1) Chrome/109.0.0.0",
          "{\"platform\":\"Windows\",\"platformVersion\":\"0.0.0\"}", "Chrome 109.0.0.0/Windows 7/,/desktop/109.0.0.0" },
        { "macOS", MAC, "{\"platform\":\"macOS\",\"platformVersion\":\"15.1.1\"}",
          "Chrome 131.0.0.0/Mac OS X 15.1.1/,/desktop/131.0.0.0" },
        { "macOS with its zero", MAC, "{\"platform\":\"macOS\",\"platformVersion\":\"15.0.0\"}",
          "Chrome 131.0.0.0/Mac OS X 15.0/,/desktop/131.0.0.0" },
        { "macOS without version", MAC, "{\"platform\":\"macOS\"}", "Chrome 131.0.0.0/Mac OS X 10.15.7/,/desktop/131.0.0.0" },
        { "Android", ANDROID, "{\"platform\":\"Android\",\"platformVersion\":\"15.0.0\"}",
          "Chrome Mobile 131.0.0.0/Android 15/,/phone/131.0.0.0" },
        { "old Android", ANDROID, "{\"platform\":\"Android\",\"platformVersion\":\"8.1.0\"}",
          "Chrome Mobile 131.0.0.0/Android 8.1.0/,/phone/131.0.0.0" },
        { "Chrome OS", "x (X11; CrOS x86_64 14541.0.0) Chrome/131.0.0.0",
          "{\"platform\":\"Chrome OS\",\"platformVersion\":\"16033.51.0\"}",
          "Chrome 131.0.0.0/Chrome OS 16033.51.0/,/desktop/131.0.0.0" },
        { "Linux has no version", LINUX, "{\"platform\":\"Linux\",\"platformVersion\":\"6.8.0\"}",
          "Chrome 131.0.0.0/Linux /,/desktop/131.0.0.0" },
        { "Linux that is Ubuntu", "x (X11; Ubuntu) Chrome/131.0.0.0", "{\"platform\":\"Linux\"}",
          "Chrome 131.0.0.0/Ubuntu /,/desktop/131.0.0.0" },
        { "another system than the agent's", WINDOWS, "{\"platform\":\"macOS\"}",
          "Chrome 131.0.0.0/Mac OS X /,/desktop/131.0.0.0" },
        { "a system that nobody knows", LINUX, "{\"platform\":\"Plan 9\",\"platformVersion\":\"4\"}",
          "Chrome 131.0.0.0/Plan 9 4/,/desktop/131.0.0.0" },
        { "unknown", LINUX, "{\"platform\":\"Unknown\"}", "Chrome 131.0.0.0/Linux /,/desktop/131.0.0.0" },

        { "a model", ANDROID, "{\"platform\":\"Android\",\"mobile\":true,\"model\":\"Pixel 8\"}",
          "Chrome Mobile 131.0.0.0/Android 10/Google,Pixel 8/phone/131.0.0.0" },
        { "a model that no rule knows", ANDROID, "{\"platform\":\"Android\",\"mobile\":true,\"model\":\"Knopf 1\"}",
          "Chrome Mobile 131.0.0.0/Android 10/,Knopf 1/phone/131.0.0.0" },
        { "a tablet by its model", ANDROID, "{\"model\":\"SM-X700\"}",
          "Chrome Mobile 131.0.0.0/Android 10/Samsung,SM-X700/tablet/131.0.0.0" },
        { "a tablet's model", ANDROID_TABLET, "{\"mobile\":false,\"model\":\"Knopf 2\"}",
          "Chrome 131.0.0.0/Android 10/,Knopf 2/tablet/131.0.0.0" },
        { "a television by its model", ANDROID_TABLET, "{\"model\":\"BRAVIA 4K\"}",
          "Chrome 131.0.0.0/Android 10/,BRAVIA 4K/tv/131.0.0.0" },
        { "a model that would be a robot", ANDROID, "{\"model\":\"Googlebot\"}",
          "Chrome Mobile 131.0.0.0/Android 10/,Googlebot/phone/131.0.0.0" },
        { "a model on no Android", WINDOWS, "{\"model\":\"Surface\"}", "Chrome 131.0.0.0/Windows 10/,Surface/desktop/131.0.0.0" },

        { "a form factor", ANDROID, "{\"formFactors\":[\"Tablet\"]}", "Chrome Mobile 131.0.0.0/Android 10/,/tablet/131.0.0.0" },
        { "a car", ANDROID, "{\"formFactors\":[\"Desktop\",\"Automotive\"]}",
          "Chrome Mobile 131.0.0.0/Android 10/,/car/131.0.0.0" },
        { "a watch", ANDROID, "{\"formFactors\":[\"Watch\"]}", "Chrome Mobile 131.0.0.0/Android 10/,/wearable/131.0.0.0" },
        { "glasses", LINUX, "{\"formFactors\":[\"XR\"]}", "Chrome 131.0.0.0/Linux /,/xr/131.0.0.0" },
        { "electronic ink does not tell", ANDROID, "{\"formFactors\":[\"EInk\"]}",
          "Chrome Mobile 131.0.0.0/Android 10/,/phone/131.0.0.0" },
        { "nor does something new", ANDROID, "{\"formFactors\":[\"Ring\"]}",
          "Chrome Mobile 131.0.0.0/Android 10/,/phone/131.0.0.0" },
        { "a television is none of them", "x (Linux; Android 9; BRAVIA) Chrome/131.0.0.0", "{\"formFactors\":[\"Desktop\"]}",
          "Chrome 131.0.0.0/Android 9/,/tv/131.0.0.0" },
        { "no agent, but hints", "",
          "{\"mobile\":true,\"platform\":\"Android\",\"platformVersion\":\"14.0.0\",\"model\":\"Pixel 8\"," FULL(
                  "Google Chrome", "131.0.6778.81") "}",
          "Chrome Mobile 131.0.6778.81/Android 14/Google,Pixel 8/phone/" },
        { "no agent, a desktop", "", "{\"mobile\":false,\"platform\":\"Windows\"}", " /Windows /,/desktop/" },
        { "no agent, an Android that is no phone", "", "{\"mobile\":false,\"platform\":\"Android\"}", " /Android /,/tablet/" },
        { "a robot keeps its word", "Googlebot/2.1 Chrome/131.0.0.0",
          "{\"platform\":\"Android\"," FULL("Google Chrome", "131.0.6778.81") "}", "Googlebot 2/ /,/bot/131.0.0.0" },
};

static struct slice joined(const struct slice *parts, char at[100])
{
        struct buffer out;
        buffer_wrap(&out, at, 100);
        for (size_t i = 1; i < AGENT_PARTS && parts[i].size; i++)
                buffer_format(&out, "%s%.*s", i > 1 ? "." : "", SLICE_ARGS(parts[i]));
        return buffer_slice(&out);
}

static void agent_show(const struct agent *agent, struct buffer *out)
{
        char browser[100], os[100];
        const struct slice *device = agent->part[AGENT_DEVICE];
        buffer_format(out, "%.*s %.*s/", SLICE_ARGS(agent->part[AGENT_BROWSER][0]),
                      SLICE_ARGS(joined(agent->part[AGENT_BROWSER], browser)));
        buffer_format(out, "%.*s %.*s/", SLICE_ARGS(agent->part[AGENT_OS][0]), SLICE_ARGS(joined(agent->part[AGENT_OS], os)));
        buffer_format(out, "%.*s,%.*s/%s/%.*s%s", SLICE_ARGS(device[DEVICE_BRAND]), SLICE_ARGS(device[DEVICE_MODEL]),
                      DEVICE_CLASS_NAMES[agent->class].data, SLICE_ARGS(agent->app.engine_version),
                      agent->app.webview ? " view" : "");
        buffer_add_char(out, '\0');
        assert_false(out->full);
}

struct bench { struct agent_engine *engine; struct agent_scratch *scratch; };

static int bench_open(void **state)
{
        struct errors errors = { 0 };
        struct bench *bench = memory_get(sizeof(*bench));
        bench->engine = agent_engine_new(agent_rules_read("rules", SLICE(RULES), &errors), NULL, "rules", &errors);
        errors_print(&errors, stderr);
        assert_non_null(bench->engine);
        bench->scratch = agent_scratch_new(bench->engine, 1024);
        *state = bench;
        return 0;
}

static int bench_close(void **state)
{
        struct bench *bench = *state;
        agent_scratch_free(bench->scratch);
        agent_engine_free(bench->engine);
        free(bench);
        return 0;
}

static void hints_are_laid_over(void **state)
{
        struct bench *bench = *state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct hint_source source = { .event = slice_of(CASES[i].hints) };
                struct hints  hints;
                struct buffer text, out;
                struct agent  agent;
                char room[1024], overlay[OVERLAY_TEXT], got[500];
                UNIT_ROW(CASES[i].name);
                buffer_wrap(&text, room, sizeof(room));
                buffer_wrap(&out, got, sizeof(got));
                hints_read(&source, &text, &hints);
                assert_int_equal(hints.broken, 0);
                agent_find(bench->engine, bench->scratch, slice_of(CASES[i].agent), &agent);
                agent_clean(&agent);
                agent_overlay(bench->engine, bench->scratch, &hints, overlay, &agent);
                agent_show(&agent, &out);
                assert_string_equal(got, CASES[i].want);
        }
}

static const struct { const char *name, *agent, *platform, *want; } TOUCHED[] = {
        { "Safari", SAFARI, "", "Mobile Safari 17.2/iPadOS /Apple,iPad/tablet/605.1.15" },
        { "another browser keeps its name", MAC, "", "Chrome 131.0.0.0/iPadOS /Apple,iPad/tablet/131.0.0.0" },
        { "a Mac by its hints", MAC, "macOS", "Chrome 131.0.0.0/Mac OS X 10.15.7/,/desktop/131.0.0.0" },
        { "Windows with a screen to touch", WINDOWS, "", "Chrome 131.0.0.0/Windows 10/,/desktop/131.0.0.0" },
        { "an Android", ANDROID, "", "Chrome Mobile 131.0.0.0/Android 10/,/phone/131.0.0.0" },
};

static void an_ipad_is_no_mac(void **state)
{
        struct bench *bench = *state;
        for (size_t i = 0; i < COUNT_OF(TOUCHED); i++) {
                struct hints  hints = { .platform = slice_of(TOUCHED[i].platform) };
                struct agent  agent;
                struct buffer out;
                char got[500];
                UNIT_ROW(TOUCHED[i].name);
                buffer_wrap(&out, got, sizeof(got));
                agent_find(bench->engine, bench->scratch, slice_of(TOUCHED[i].agent), &agent);
                agent_clean(&agent);
                agent.hints = &hints;
                agent_overlay_touch(&agent);
                agent_show(&agent, &out);
                assert_string_equal(got, TOUCHED[i].want);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(hints_are_laid_over),
                cmocka_unit_test(an_ipad_is_no_mac),
        };
        return cmocka_run_group_tests(tests, bench_open, bench_close);
}
