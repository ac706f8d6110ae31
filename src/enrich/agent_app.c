#include "enrich/agent_app.h"

/* An app's mark in the agent, case and all; the mark before its version (NULL: the same); its name, as uap-core has it where
 * it has one. The first that is there decides, so an app stands before the kit that it is built with. */
static const struct { const char *mark, *version, *name; } APPS[] = {
        { "FBAN/MessengerForiOS",  "FBAV/",      "Facebook Messenger" },
        { "FB_IAB/MESSENGER",      "FBAV/",      "Facebook Messenger" },
        { "FB_IAB/Orca-Android",   "FBAV/",      "Facebook Messenger" },
        { "Barcelona ",            NULL,         "Threads" },
        { "Instagram ",            NULL,         "Instagram" },
        { "FBAN/",                 "FBAV/",      "Facebook" },
        { "FB_IAB/",               "FBAV/",      "Facebook" },
        { "musical_ly_",           NULL,         "TikTok" },
        { "musical_ly",            NULL,         "TikTok" },
        { "trill_",                NULL,         "TikTok" },
        { "aweme_",                NULL,         "Douyin" },
        { "aweme/",                NULL,         "Douyin" },
        { "MicroMessenger/",       NULL,         "WeChat" },
        { " Line/",                NULL,         "LINE" },
        { "Snapchat/",             NULL,         "Snapchat" },
        { "Snapchat ",             NULL,         "Snapchat" },
        { "[Pinterest/",           NULL,         "Pinterest" },
        { "Twitter for iPhone",    NULL,         "Twitter" },
        { "Twitter for iPad",      NULL,         "Twitter" },
        { "TwitterAndroid",        NULL,         "Twitter" },
        { "[LinkedInApp]",         NULL,         "LinkedIn" },
        { "KAKAOTALK",             NULL,         "KakaoTalk" },
        { "NAVER(inapp",           NULL,         "NAVER" },
        { "WhatsApp/",             NULL,         "WhatsApp" },
        { "Telegram-Android/",     NULL,         "Telegram" },
        { "Viber/",                NULL,         "Viber" },
        { "Zalo iOS/",             NULL,         "Zalo" },
        { "Zalo android/",         NULL,         "Zalo" },
        { "AlipayClient/",         NULL,         "Alipay" },
        { "DingTalk/",             NULL,         "DingTalk" },
        { " QQ/",                  NULL,         "QQ" },
        { "Weibo (",               "__weibo__",  "Weibo" },
        { "__weibo__",             NULL,         "Weibo" },
        { "baiduboxapp/",          NULL,         "Baidu" },
        { "Kwai/",                 NULL,         "Kwai" },
        { "VKAndroidApp/",         NULL,         "VK" },
        { "VKiOSApp/",             NULL,         "VK" },
        { "BingSapphire/",         NULL,         "Bing" },
        { "Reddit/",               NULL,         "Reddit" },
        { "discord/",              NULL,         "Discord" },
        { "Slack/",                NULL,         "Slack" },
        { "Spotify/",              NULL,         "Spotify" },
        { "Flipboard/",            NULL,         "Flipboard" },
        { "AppleNews/",            NULL,         "Apple News" },
        { "ChatGPT/",              NULL,         "ChatGPT" },
        { "GSA/",                  NULL,         "Google" },
        { "BytedanceWebview/",     NULL,         NULL },           /* an app of this maker, but which? */
};

#define BLINK_FIRST 28             /* Chrome's versions before it drew with WebKit */
/* The engine's mark; the mark before its version (NULL: the same); the least major version. The first that is there decides: each
 * engine says that it is like the ones before it. */
static const struct { const char *mark, *version, *name; unsigned least; } ENGINES[] = {
        { "Edge/",        NULL,         "EdgeHTML", 0 },
        { "Trident/",     NULL,         "Trident", 0 },
        { "MSIE ",        "Trident/",   "Trident", 0 },
        { "Presto/",      NULL,         "Presto", 0 },
        { "Goanna/",      NULL,         "Goanna", 0 },
        { "Chrome/",      NULL,         "Blink", BLINK_FIRST },
        { "Chromium/",    NULL,         "Blink", BLINK_FIRST },
        { "Gecko/",       "rv:",        "Gecko", 0 },
        { "AppleWebKit/", NULL,         "WebKit", 0 },
        { "KHTML/",       NULL,         "KHTML", 0 },
};
#define VERSION_MOST 32            /* bytes */

static const char *const APPLE[] = { "iphone", "ipad", "ipod" };

void app_words(struct word_list *words, struct app_table *ret_table)
{
        _Static_assert(COUNT_OF(APPS) <= APP_ROWS_MAX, "the compiled table has room for every app");
        _Static_assert(COUNT_OF(ENGINES) <= ENGINE_ROWS_MAX, "the compiled table has room for every engine");
        memset(ret_table, 0, sizeof(*ret_table));
        for (size_t i = 0; i < COUNT_OF(APPS); i++) {
                uint16_t word = ret_table->app[i] = word_number(words, APPS[i].mark);
                ret_table->any[word / 64] |= (uint64_t)1 << word % 64;
        }
        for (size_t i = 0; i < COUNT_OF(ENGINES); i++)
                ret_table->engine[i] = word_number(words, ENGINES[i].mark);
        for (size_t i = 0; i < COUNT_OF(APPLE); i++)
                ret_table->apple[i] = word_number(words, APPLE[i]);
        ret_table->page = word_number(words, "\x01mozilla/");
        ret_table->webview = word_number(words, "; wv)");
        ret_table->webkit = word_number(words, "applewebkit/");
        ret_table->safari = word_number(words, "safari/");
}

/* Behind the mark; NULL: it is not there. */
static const char *mark_find(struct slice text, const char *mark)
{
        size_t size = strlen(mark);
        const char *at = memmem(text.data, text.size, mark, size);
        return at ? at + size : NULL;
}

/* A version starts with a digit, perhaps behind one byte that parts it from its mark, behind which `at` stands; NULL: there is no
 * mark. */
static struct slice version_at(struct slice text, const char *at)
{
        const char *end = slice_end(text);
        if (at && at < end && (*at == '/' || *at == ' ' || *at == '_'))
                at++;
        if (!at || at == end || *at < '0' || *at > '9')
                return (struct slice){ NULL, 0 };
        const char *start = at;
        while (at < end && at < start + VERSION_MOST && ((*at >= '0' && *at <= '9') || *at == '.'))
                at++;
        return slice_between(start, at[-1] == '.' ? at - 1 : at);
}

/* True when there is a row for the text. */
static bool name_find(const struct app_table *table, const uint64_t *found, struct slice text, struct agent_app *app)
{
        uint64_t any = 0;
        for (size_t i = 0; i < COUNT_OF(table->any); i++)
                any |= table->any[i] & found[i];
        for (size_t i = 0; any && i < COUNT_OF(APPS); i++) {
                const char *behind = word_found(found, table->app[i]) ? mark_find(text, APPS[i].mark) : NULL;
                if (!behind)
                        continue;
                app->name = slice_of(APPS[i].name);
                if (app->name.data)
                        app->version = version_at(text, APPS[i].version ? mark_find(text, APPS[i].version) : behind);
                return true;
        }
        return false;
}

static unsigned version_major(struct slice version)
{
        unsigned major = 0;
        for (size_t i = 0; i < version.size && i < 6 && version.data[i] != '.'; i++)
                major = major * 10 + (unsigned)(version.data[i] - '0');
        return major;
}

static void engine_find(const struct app_table *table, const uint64_t *found, struct slice text, struct agent_app *app)
{
        for (size_t i = 0; i < COUNT_OF(ENGINES); i++) {
                const char *behind = word_found(found, table->engine[i]) ? mark_find(text, ENGINES[i].mark) : NULL;
                if (!behind)
                        continue;
                struct slice version = version_at(text, ENGINES[i].version ? mark_find(text, ENGINES[i].version) : behind);
                if (version.size && version_major(version) < ENGINES[i].least)
                        continue;
                app->engine = slice_of(ENGINES[i].name);
                app->engine_version = version;
                return;
        }
}

void app_find(const struct app_table *table, const uint64_t *found, struct slice text, struct agent_app *ret_app)
{
        *ret_app = (struct agent_app){ 0 };
        bool apple = false, known = name_find(table, found, text, ret_app);
        for (size_t i = 0; i < COUNT_OF(APPLE); i++)
                apple |= word_found(found, table->apple[i]);
        engine_find(table, found, text, ret_app);
        /* An app's own library says no "Mozilla/": what it fetches is no page. Apple's browsers say "Safari/", its views do not.
         */
        ret_app->webview = word_found(found, table->webview) || (known && word_found(found, table->page)) ||
                           (apple && word_found(found, table->webkit) && !word_found(found, table->safari));
}
