#include "unit.h"
#include "enrich/agent_engine.h"
#include "enrich/agent_literals.h"

static const struct { enum device_class want; const char *name, *text;
} CASES[] = {
        { DEVICE_DESKTOP, "Windows",
          "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36" },
        { DEVICE_DESKTOP, "Mac",
          "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 "
          "Safari/605.1.15" },
        { DEVICE_DESKTOP, "ChromeOS",
          "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36" },
        { DEVICE_DESKTOP, "Linux", "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0" },
        { DEVICE_DESKTOP, "Windows tablet PC", "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; Tablet PC 2.0)" },
        { DEVICE_PHONE, "iPhone",
          "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 Version/17.2 Mobile/15E148 Safari/604.1" },
        { DEVICE_PHONE, "Android",
          "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36" },
        { DEVICE_PHONE, "a brand that sounds like a robot",
          "Mozilla/5.0 (Linux; Android 9; CUBOT_X18) AppleWebKit/537.36 Chrome/90.0 Mobile Safari/537.36" },
        { DEVICE_PHONE, "Windows Phone",
          "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) AppleWebKit/537.36 Edge/15.15063" },
        { DEVICE_PHONE, "feature phone", "Nokia6100/1.0 (04.01) Profile/MIDP-1.0 Configuration/CLDC-1.0" },
        { DEVICE_PHONE, "Firefox on Android", "Mozilla/5.0 (Android 13; Mobile; rv:121.0) Gecko/121.0 Firefox/121.0" },
        { DEVICE_PHONE, "an app on a Samsung phone", "Dalvik/2.1.0 (Linux; U; Android 13; SM-G991B Build/TP1A.220624.014)" },
        { DEVICE_TABLET, "iPad",
          "Mozilla/5.0 (iPad; CPU OS 12_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148" },
        { DEVICE_TABLET, "Android without Mobile",
          "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36" },
        { DEVICE_TABLET, "Samsung that says Mobile",
          "Mozilla/5.0 (Linux; Android 12; SM-T500) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile Safari/537.36" },
        { DEVICE_TABLET, "Kindle Fire",
          "Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/108.1 like Chrome/108.0 "
          "Safari/537.36" },
        { DEVICE_TV, "HbbTV", "HbbTV/1.2.1 (;Panasonic;VIERA 2012;1.261;0071-3103 2000-0000;)" },
        { DEVICE_TV, "webOS",
          "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.79 Safari/537.36" },
        { DEVICE_TV, "Tizen",
          "Mozilla/5.0 (SMART-TV; LINUX; Tizen 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/5.0 TV Safari/537.36" },
        { DEVICE_TV, "Fire TV",
          "Mozilla/5.0 (Linux; Android 7.1.2; AFTMM Build/NS6265; wv) AppleWebKit/537.36 Chrome/70.0 Mobile Safari/537.36" },
        { DEVICE_TV, "Chromecast",
          "Mozilla/5.0 (X11; Linux armv7l) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0.4430.225 Safari/537.36 "
          "CrKey/1.56.500000" },
        { DEVICE_TV, "Apple TV", "AppleTV11,1/11.1" },
        { DEVICE_CONSOLE, "PlayStation",
          "Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15" },
        { DEVICE_CONSOLE, "Xbox",
          "Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) AppleWebKit/537.36 Chrome/48.0 Safari/537.36 "
          "Edge/14.14263" },
        { DEVICE_CONSOLE, "Switch",
          "Mozilla/5.0 (Nintendo Switch; WifiWebAuthApplet) AppleWebKit/606.4 (KHTML, like Gecko) NF/6.0.1.15.4" },
        { DEVICE_XR, "Quest",
          "Mozilla/5.0 (X11; Linux x86_64; Quest 3) AppleWebKit/537.36 (KHTML, like Gecko) OculusBrowser/31.0 Chrome/120.0 VR "
          "Safari/537.36" },
        { DEVICE_WEARABLE, "Apple Watch",
          "Mozilla/5.0 (Apple Watch; CPU Watch OS 7.0 like Mac OS X; WatchApp) AppleWebKit/605.1.15" },
        { DEVICE_CAR, "Tesla",
          "Mozilla/5.0 (X11; GNU/Linux) AppleWebKit/537.36 Chromium/79.0.3945.130 Chrome/79.0.3945.130 Safari/537.36 "
          "Tesla/2020.16.2.1" },
        { DEVICE_BOT, "Googlebot", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)" },
        { DEVICE_BOT, "Googlebot as a phone",
          "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36 "
          "(compatible; Googlebot/2.1; +http://www.google.com/bot.html)" },
        { DEVICE_BOT, "headless",
          "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36" },
        { DEVICE_BOT, "curl", "curl/7.88.1" },
        { DEVICE_BOT, "okhttp", "okhttp/4.12.0" },
        { DEVICE_APP, "an app of Apple's", "MyShop/42 CFNetwork/1485 Darwin/23.1.0" },
        { DEVICE_BOT, "Python", "python-requests/2.31.0" },
        { DEVICE_BOT, "Go", "Go-http-client/1.1" },
        { DEVICE_BOT, "Java", "Java/17.0.9" },
        { DEVICE_UNKNOWN, "nothing known", "Zzz/1.0" },
        { DEVICE_UNKNOWN, "nothing", "" },
};

static void classes_are_told(void **state)
{
        (void)state;
        struct errors errors = { 0 };
        const char *file = SOURCE_DIR "/tests/unit/enrich/rules.yaml";     /* the words alone decide: no rule of uap-core's */
        struct agent_engine  *engine = agent_engine_new(agent_rules_load(file, &errors), NULL, file, &errors);
        struct agent_scratch *scratch = agent_scratch_new(engine, 1024);
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct agent agent;
                UNIT_ROW(CASES[i].name);
                agent_find(engine, scratch, slice_of(CASES[i].text), &agent);
                assert_string_equal(DEVICE_CLASS_NAMES[agent.class].data, DEVICE_CLASS_NAMES[CASES[i].want].data);
                assert_int_equal(agent.robot.counted, CASES[i].want == DEVICE_BOT);
        }
        agent_scratch_free(scratch);
        agent_engine_free(engine);
}

static void words_are_lower_case_and_short(void **state)
{
        (void)state;
        static struct word_list words;
        struct class_table table;
        words.count = 0;
        class_words(&words, &table);
        assert_in_range(words.count, 50, WORDS_MAX);
        for (size_t i = 0; i < words.count; i++) {
                const char *word = words.word[i];
                UNIT_ROW(word);
                assert_in_range(strlen(word), LITERAL_MIN, LITERAL_MAX);
                for (const char *c = word; *c; c++)
                        assert_false(*c >= 'A' && *c <= 'Z');
                for (size_t j = 0; j < i; j++)
                        assert_string_not_equal(word, words.word[j]);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(classes_are_told),
                cmocka_unit_test(words_are_lower_case_and_short),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
