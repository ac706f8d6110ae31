#include "enrich/app_platform.h"

#define WEB     SLICE_INIT("web")
#define MOBILE  SLICE_INIT("mobile")
#define DESKTOP SLICE_INIT("desktop")
#define TV      SLICE_INIT("tv")
#define SERVER  SLICE_INIT("server")
#define NONE    { NULL, 0 }

/* Words of libraries' names; of several in one name the first row counts: analytics-react-native-js is a mobile one. */
static const struct { struct slice word, platform, language; } LIBRARIES[] = {
        { SLICE_INIT("roku"),       TV,      NONE },
        { SLICE_INIT("tvos"),       TV,      SLICE_INIT("swift") },
        { SLICE_INIT("tizen"),      TV,      SLICE_INIT("webjs") },
        { SLICE_INIT("webos"),      TV,      SLICE_INIT("webjs") },
        { SLICE_INIT("native"),     MOBILE,  NONE },               /* react-native */
        { SLICE_INIT("flutter"),    MOBILE,  NONE },
        { SLICE_INIT("cordova"),    MOBILE,  SLICE_INIT("webjs") },
        { SLICE_INIT("capacitor"),  MOBILE,  SLICE_INIT("webjs") },
        { SLICE_INIT("xamarin"),    MOBILE,  SLICE_INIT("dotnet") },
        { SLICE_INIT("ios"),        MOBILE,  SLICE_INIT("swift") },
        { SLICE_INIT("swift"),      MOBILE,  SLICE_INIT("swift") },
        { SLICE_INIT("android"),    MOBILE,  SLICE_INIT("java") },
        { SLICE_INIT("kotlin"),     MOBILE,  SLICE_INIT("java") },
        { SLICE_INIT("electron"),   DESKTOP, SLICE_INIT("nodejs") },
        { SLICE_INIT("unity"),      NONE,    SLICE_INIT("dotnet") },
        { SLICE_INIT("node"),       SERVER,  SLICE_INIT("nodejs") },
        { SLICE_INIT("nodejs"),     SERVER,  SLICE_INIT("nodejs") },
        { SLICE_INIT("python"),     SERVER,  SLICE_INIT("python") },
        { SLICE_INIT("ruby"),       SERVER,  SLICE_INIT("ruby") },
        { SLICE_INIT("php"),        SERVER,  SLICE_INIT("php") },
        { SLICE_INIT("go"),         SERVER,  SLICE_INIT("go") },
        { SLICE_INIT("golang"),     SERVER,  SLICE_INIT("go") },
        { SLICE_INIT("rust"),       SERVER,  SLICE_INIT("rust") },
        { SLICE_INIT("java"),       SERVER,  SLICE_INIT("java") },
        { SLICE_INIT("clojure"),    SERVER,  SLICE_INIT("java") },
        { SLICE_INIT("scala"),      SERVER,  SLICE_INIT("java") },
        { SLICE_INIT("net"),        SERVER,  SLICE_INIT("dotnet") },
        { SLICE_INIT("dotnet"),     SERVER,  SLICE_INIT("dotnet") },
        { SLICE_INIT("csharp"),     SERVER,  SLICE_INIT("dotnet") },
        { SLICE_INIT("elixir"),     SERVER,  SLICE_INIT("erlang") },
        { SLICE_INIT("erlang"),     SERVER,  SLICE_INIT("erlang") },
        { SLICE_INIT("server"),     SERVER,  NONE },
        { SLICE_INIT("js"),         WEB,     SLICE_INIT("webjs") },
        { SLICE_INIT("javascript"), WEB,     SLICE_INIT("webjs") },
        { SLICE_INIT("typescript"), WEB,     SLICE_INIT("webjs") },
        { SLICE_INIT("browser"),    WEB,     SLICE_INIT("webjs") },
        { SLICE_INIT("web"),        WEB,     SLICE_INIT("webjs") },
};

struct word_row { struct slice word, platform; };
static const struct word_row CHANNELS[] = {
        { SLICE_INIT("browser"), WEB },     { SLICE_INIT("web"), WEB }, { SLICE_INIT("mobile"), MOBILE },
        { SLICE_INIT("desktop"), DESKTOP }, { SLICE_INIT("tv"), TV },   { SLICE_INIT("server"), SERVER },
        { SLICE_INIT("sources"), SERVER },
};
static const struct word_row TELEVISIONS[] = {
        { SLICE_INIT("tvos"), TV },    { SLICE_INIT("tizen"), TV },   { SLICE_INIT("webos"), TV },   { SLICE_INIT("roku"), TV },
        { SLICE_INIT("roku os"), TV }, { SLICE_INIT("fire tv"), TV }, { SLICE_INIT("android tv"), TV },
};
static const struct word_row SYSTEMS[] = {
        { SLICE_INIT("ios"), MOBILE },     { SLICE_INIT("ipados"), MOBILE },    { SLICE_INIT("iphone os"), MOBILE },
        { SLICE_INIT("android"), MOBILE }, { SLICE_INIT("windows"), DESKTOP },  { SLICE_INIT("macos"), DESKTOP },
        { SLICE_INIT("mac os"), DESKTOP }, { SLICE_INIT("mac os x"), DESKTOP }, { SLICE_INIT("linux"), DESKTOP },
        { SLICE_INIT("chrome os"), DESKTOP }, { SLICE_INIT("chromeos"), DESKTOP },
};

static struct slice row_find(const struct word_row *rows, size_t count, struct slice text)
{
        for (size_t i = 0; i < count; i++)
                if (slice_equal_nocase(rows[i].word, text))
                        return rows[i].platform;
        return (struct slice){ 0 };
}

static bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/* The row of LIBRARIES for the name, or their number. */
static size_t library_find(struct slice name)
{
        size_t best = COUNT_OF(LIBRARIES);
        const char *at = name.data, *end = slice_end(name);
        while (at < end) {
                const char *start = at;
                while (at < end && is_word(*at))
                        at++;
                for (size_t i = 0; i < best; i++)
                        if (slice_equal_nocase(LIBRARIES[i].word, slice_between(start, at)))
                                best = i;
                at += at < end;
        }
        return best;
}

struct slice app_platform(const struct app_words *words)
{
        struct slice platform = row_find(TELEVISIONS, COUNT_OF(TELEVISIONS), words->os);
        size_t       library = platform.data ? 0 : library_find(words->library);
        if (!platform.data)
                platform = row_find(CHANNELS, COUNT_OF(CHANNELS), words->channel);
        if (!platform.data && library < COUNT_OF(LIBRARIES))
                platform = LIBRARIES[library].platform;
        return platform.data ? platform : row_find(SYSTEMS, COUNT_OF(SYSTEMS), words->os);
}

struct slice library_language(struct slice library)
{
        size_t row = library_find(library);
        return row < COUNT_OF(LIBRARIES) ? LIBRARIES[row].language : (struct slice){ 0 };
}

size_t version_split(struct slice text, uint32_t parts[VERSION_PARTS])
{
        if (text.size == 0)
                return 0;
        const char *at = text.data, *end = slice_end(text);
        size_t count = 0;
        at += at < end && (*at == 'v' || *at == 'V');
        for (;;) {
                const char *start = at;
                uint32_t    number = 0;
                for (; at < end && *at >= '0' && *at <= '9' && at - start < 9; at++)
                        number = number * 10 + (uint32_t)(*at - '0');
                if (at == start || (at < end && *at >= '0' && *at <= '9'))
                        return 0;
                if (count < VERSION_PARTS)
                        parts[count] = number;
                count++;
                if (at == end || *at != '.')
                        break;
                at++;
        }
        /* What is no version as a whole says so after its first number: "2026-11-21", "12 monkeys". */
        if (at < end && (count == 1 || !strchr("-+ (", *at)))
                return 0;
        return count < VERSION_PARTS ? count : VERSION_PARTS;
}
