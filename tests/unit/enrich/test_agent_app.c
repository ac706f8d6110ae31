/* Apps, views and engines, from agents as the programs send them. */
#include "unit.h"
#include "base/buffer.h"
#include "enrich/agent_engine.h"

#define RULES SOURCE_DIR "/tests/unit/enrich/rules.yaml"
#define IPHONE "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
#define ANDROID                                                                                                                  \
        "Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/131.0.6778.86 "  \
        "Mobile Safari/537.36 "

/* want: app, its version, engine, its version; "view" for a webview */
static const struct { const char *name, *text, *want;
} CASES[] = {
        { "Facebook on an iPhone", IPHONE "Mobile/15E148 [FBAN/FBIOS;FBAV/450.0.0.38.108;FBBV/564431005;FBDV/iPhone14,5]",
          "Facebook 450.0.0.38.108 WebKit 605.1.15 view" },
        { "Facebook on Android", ANDROID "[FB_IAB/FB4A;FBAV/445.0.0.34.118;IABMV/1;]",
          "Facebook 445.0.0.34.118 Blink 131.0.6778.86 view" },
        { "Messenger", ANDROID "[FB_IAB/Orca-Android;FBAV/435.0.0.42.112;]",
          "Facebook Messenger 435.0.0.42.112 Blink 131.0.6778.86 view" },
        { "Instagram",
          IPHONE "Mobile/15E148 Instagram 312.0.1.19.124 (iPhone14,5; iOS 17_2; en_GB; scale=3.00; 1170x2532; 548339486)",
          "Instagram 312.0.1.19.124 WebKit 605.1.15 view" },
        { "Threads", ANDROID "Barcelona 310.0.0.21.115 Android (34/14; 420dpi; 1080x2274)",
          "Threads 310.0.0.21.115 Blink 131.0.6778.86 view" },
        { "Instagram's own library",
          "Instagram 10.26.0 (iPhone7,2; iOS 10_1_1; en_US; en-US; scale=2.00; gamut=normal; 750x1334)",
          "Instagram 10.26.0 - -" },
        { "TikTok",
          IPHONE "Mobile/15E148 musical_ly_32.5.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/en Region/GB "
                 "isDarkMode/1 WKWebView/1 BytedanceWebview/d8a21c6 FalconTag/",
          "TikTok 32.5.0 WebKit 605.1.15 view" },
        { "the maker's kit alone", ANDROID "BytedanceWebview/d8a21c6", "- - Blink 131.0.6778.86 view" },
        { "WeChat", IPHONE "Mobile/15E148 MicroMessenger/8.0.44(0x18002c2d) NetType/WIFI Language/zh_CN",
          "WeChat 8.0.44 WebKit 605.1.15 view" },
        { "LINE", IPHONE "Mobile/15E148 Safari Line/13.20.0", "LINE 13.20.0 WebKit 605.1.15 view" },
        { "a line that is not LINE", "Mozilla/5.0 (X11; Linux) Timeline/1.0", "- - - -" },
        { "Snapchat", IPHONE "Mobile/15E148 Snapchat/12.65.0.38 (like Safari/8617.1.17.10.9, panda)",
          "Snapchat 12.65.0.38 WebKit 605.1.15 view" },
        { "Pinterest", IPHONE "Mobile/15E148 [Pinterest/iOS]", "Pinterest - WebKit 605.1.15 view" },
        { "LinkedIn", IPHONE "Mobile/15E148 [LinkedInApp]/9.29.4525", "LinkedIn 9.29.4525 WebKit 605.1.15 view" },
        { "KakaoTalk", ANDROID "KAKAOTALK/10.4.3 (INAPP)", "KakaoTalk 10.4.3 Blink 131.0.6778.86 view" },
        { "the Google app", IPHONE "GSA/295.0.590048842 Mobile/15E148 Safari/604.1",
          "Google 295.0.590048842 WebKit 605.1.15 view" },
        { "a view of an unknown app on Android", ANDROID, "- - Blink 131.0.6778.86 view" },
        { "a view of an unknown app on an iPhone", IPHONE "Mobile/15E148", "- - WebKit 605.1.15 view" },
        { "Safari", IPHONE "Version/17.2 Mobile/15E148 Safari/604.1", "- - WebKit 605.1.15" },
        { "Chrome on an iPhone draws with WebKit", IPHONE "CriOS/120.0.6099.50 Mobile/15E148 Safari/604.1",
          "- - WebKit 605.1.15" },
        { "Chrome",
          "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
          "- - Blink 131.0.0.0" },
        { "Chrome before Blink",
          "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.22 (KHTML, like Gecko) Chrome/27.0.1364.97 Safari/537.22",
          "- - WebKit 537.22" },
        { "Edge before Blink",
          "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/70.0 Safari/537.36 "
          "Edge/18.17763",
          "- - EdgeHTML 18.17763" },
        { "Firefox", "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "- - Gecko 133.0" },
        { "Internet Explorer 11", "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", "- - Trident 7.0" },
        { "Internet Explorer 6", "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)", "- - Trident -" },
        { "Opera Mini", "Opera/9.80 (Android; Opera Mini/36.2.2254/119.132; U; en) Presto/2.12.423 Version/12.16",
          "- - Presto 2.12.423" },
        { "a program", "curl/8.5.0", "- - - -" },
        { "nothing", "", "- - - -" },
        { "a mark at the very end", "Mozilla/5.0 Snapchat/", "Snapchat - - - view" },
        { "a version at the very end", "Mozilla/5.0 Chrome/131.", "- - Blink 131" },
};

static void word_add(struct buffer *buffer, struct slice text, const char *behind)
{
        buffer_add(buffer, text.size ? text : SLICE("-"));
        buffer_add(buffer, slice_of(behind));
}

static void apps_are_told(void **state)
{
        (void)state;
        struct errors errors = { 0 };
        struct agent_engine  *engine = agent_engine_new(agent_rules_load(RULES, &errors), NULL, RULES, &errors);
        struct agent_scratch *scratch = agent_scratch_new(engine, 1024);
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct agent agent;
                char got[400];
                struct buffer line;
                size_t size = strlen(CASES[i].text);
                char *text = malloc(size ? size : 1);      /* no byte behind it */
                memcpy(text, CASES[i].text, size);
                UNIT_ROW(CASES[i].name);
                agent_find(engine, scratch, (struct slice){ text, size }, &agent);
                buffer_wrap(&line, got, sizeof(got));
                word_add(&line, agent.app.name, " ");
                word_add(&line, agent.app.version, " ");
                word_add(&line, agent.app.engine, " ");
                word_add(&line, agent.app.engine_version, agent.app.webview ? " view" : "");
                buffer_add_char(&line, '\0');
                assert_string_equal(got, CASES[i].want);
                free(text);
        }
        agent_scratch_free(scratch);
        agent_engine_free(engine);
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(apps_are_told) };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
