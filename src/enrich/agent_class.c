#include "enrich/agent_class.h"

const struct slice DEVICE_CLASS_NAMES[DEVICE_CLASSES] = {
        [DEVICE_UNKNOWN] = SLICE_INIT("unknown"),
        [DEVICE_DESKTOP] = SLICE_INIT("desktop"),
        [DEVICE_PHONE] = SLICE_INIT("phone"),
        [DEVICE_TABLET] = SLICE_INIT("tablet"),
        [DEVICE_TV] = SLICE_INIT("tv"),
        [DEVICE_CONSOLE] = SLICE_INIT("console"),
        [DEVICE_WEARABLE] = SLICE_INIT("wearable"),
        [DEVICE_XR] = SLICE_INIT("xr"),
        [DEVICE_CAR] = SLICE_INIT("car"),
        [DEVICE_BOT] = SLICE_INIT("bot"),
        [DEVICE_APP] = SLICE_INIT("app"),
};

/* The first row whose words fit decides: `has`, and (unless NULL) `with`, and not `without`. \x01 and \x02 are the text's
 * start and end; words are cut at LITERAL_MAX bytes. The order is that of the claims: what calls itself a robot is one,
 * whatever it runs on; a television or a console may say Android or Linux, too; a tablet may say Mobile; desktops come last. */
static const struct class_row {
        enum device_class class;
        const char *has, *with, *without;
} ROWS[] = {
        { DEVICE_TV, "smart-tv", NULL, NULL },
        { DEVICE_TV, "smarttv", NULL, NULL },
        { DEVICE_TV, "smart_tv", NULL, NULL },
        { DEVICE_TV, "googletv", NULL, NULL },
        { DEVICE_TV, "google tv", NULL, NULL },
        { DEVICE_TV, "android tv", NULL, NULL },
        { DEVICE_TV, "androidtv", NULL, NULL },
        { DEVICE_TV, "appletv", NULL, NULL },
        { DEVICE_TV, "apple tv", NULL, NULL },
        { DEVICE_TV, "tvos", NULL, NULL },
        { DEVICE_TV, "hbbtv", NULL, NULL },
        { DEVICE_TV, "netcast", NULL, NULL },
        { DEVICE_TV, "web0s", NULL, NULL },
        { DEVICE_TV, "nettv", NULL, NULL },
        { DEVICE_TV, "opera tv", NULL, NULL },
        { DEVICE_TV, "viera", NULL, NULL },
        { DEVICE_TV, "aquos", "tv", "mobile" },
        { DEVICE_TV, "bravia", NULL, NULL },
        { DEVICE_TV, "roku", NULL, NULL },
        { DEVICE_TV, "crkey", NULL, NULL },
        { DEVICE_TV, "; aft", NULL, NULL },
        { DEVICE_TV, "dtv", NULL, NULL },
        { DEVICE_TV, "mibox", NULL, NULL },
        { DEVICE_TV, "mitv", NULL, NULL },
        { DEVICE_TV, "bigscreen", NULL, NULL },
        { DEVICE_TV, " tv)", NULL, NULL },
        { DEVICE_TV, " tv ", NULL, NULL },
        { DEVICE_TV, "shield andro", NULL, NULL },
        { DEVICE_TV, "; tizen", "tv", "mobile" },

        { DEVICE_CONSOLE, "playstation", NULL, NULL },
        { DEVICE_CONSOLE, "xbox", NULL, NULL },
        { DEVICE_CONSOLE, "nintendo", NULL, NULL },
        { DEVICE_CONSOLE, "steamdeck", NULL, NULL },
        { DEVICE_CONSOLE, "ouya", NULL, NULL },

        { DEVICE_XR, "oculusbrowse", NULL, NULL },
        { DEVICE_XR, "; quest", NULL, NULL },
        { DEVICE_XR, "pico neo", NULL, NULL },
        { DEVICE_XR, "picobrowser", NULL, NULL },
        { DEVICE_XR, "wolvic", NULL, NULL },
        { DEVICE_XR, "hololens", NULL, NULL },
        { DEVICE_XR, "visionos", NULL, NULL },

        { DEVICE_WEARABLE, "watchos", NULL, NULL },
        { DEVICE_WEARABLE, "apple watch", NULL, NULL },
        { DEVICE_WEARABLE, "applewatch", NULL, NULL },
        { DEVICE_WEARABLE, "watch os", NULL, NULL },
        { DEVICE_WEARABLE, "smartwatch", NULL, NULL },
        { DEVICE_WEARABLE, "; watch", NULL, NULL },
        { DEVICE_WEARABLE, "; sm-r", NULL, "build/" },
        { DEVICE_WEARABLE, " glass ", "android", NULL },

        { DEVICE_CAR, "teslabrowser", NULL, NULL },
        { DEVICE_CAR, "tesla/", NULL, NULL },
        { DEVICE_CAR, "qtcarbrowser", NULL, NULL },
        { DEVICE_CAR, "carplay", NULL, NULL },
        { DEVICE_CAR, "android auto", NULL, NULL },

        { DEVICE_TABLET, "ipad", NULL, NULL },
        { DEVICE_PHONE, "iphone", NULL, NULL },
        { DEVICE_PHONE, "ipod", NULL, NULL },
        { DEVICE_PHONE, "windows phon", NULL, NULL },
        { DEVICE_PHONE, "iemobile", NULL, NULL },
        { DEVICE_TABLET, "tablet", NULL, "tablet pc" },
        { DEVICE_TABLET, "; sm-t", NULL, NULL },
        { DEVICE_TABLET, "; sm-x", NULL, NULL },
        { DEVICE_TABLET, "; sm-p", NULL, NULL },
        { DEVICE_TABLET, "samsung sm-t", NULL, NULL },
        { DEVICE_TABLET, "samsung sm-x", NULL, NULL },
        { DEVICE_TABLET, "; gt-p", NULL, NULL },
        { DEVICE_TABLET, "; kf", NULL, NULL },
        { DEVICE_TABLET, "kindle", NULL, NULL },
        { DEVICE_TABLET, "playbook", NULL, NULL },
        { DEVICE_TABLET, "; lenovo tb", NULL, NULL },
        { DEVICE_TABLET, "mediapad", NULL, NULL },
        { DEVICE_TABLET, "matepad", NULL, NULL },
        { DEVICE_TABLET, "; nexus 7", NULL, NULL },
        { DEVICE_TABLET, "; nexus 9", NULL, NULL },
        { DEVICE_TABLET, "; nexus 10", NULL, NULL },
        { DEVICE_TABLET, "; pixel c", NULL, NULL },
        { DEVICE_TABLET, "silk/", "android", "mobile" },
        { DEVICE_PHONE, "android", "mobile", NULL },
        { DEVICE_PHONE, "dalvik", "; sm-", NULL },
        { DEVICE_APP, "dalvik/", NULL, NULL },
        { DEVICE_APP, "okhttp", NULL, NULL },
        { DEVICE_TABLET, "android", "mozilla/", NULL },
        { DEVICE_TABLET, "android", "opera/", NULL },
        { DEVICE_PHONE, "opera mini", NULL, NULL },
        { DEVICE_PHONE, "opera mobi", NULL, NULL },
        { DEVICE_PHONE, "blackberry", NULL, NULL },
        { DEVICE_PHONE, "bb10", NULL, NULL },
        { DEVICE_PHONE, "symbian", NULL, NULL },
        { DEVICE_PHONE, "series60", NULL, NULL },
        { DEVICE_PHONE, "series40", NULL, NULL },
        { DEVICE_PHONE, "nokia", NULL, NULL },
        { DEVICE_PHONE, "kaios", NULL, NULL },
        { DEVICE_PHONE, "midp", NULL, NULL },
        { DEVICE_PHONE, "webos/", NULL, NULL },
        { DEVICE_PHONE, "tizen", "mobile", NULL },
        { DEVICE_PHONE, "maemo", NULL, NULL },
        { DEVICE_PHONE, "bada", NULL, NULL },
        { DEVICE_PHONE, "openharmony", "mobile", NULL },
        { DEVICE_PHONE, "openharmony", "phone", NULL },
        { DEVICE_PHONE, "(mobile;", NULL, NULL },
        { DEVICE_PHONE, "palm", NULL, NULL },
        { DEVICE_PHONE, "up.browser", NULL, NULL },

        { DEVICE_APP, "cfnetwork", NULL, NULL },
        { DEVICE_APP, "curl/", NULL, NULL },
        { DEVICE_APP, "libcurl", NULL, NULL },
        { DEVICE_APP, "wget", NULL, NULL },
        { DEVICE_APP, "python-reque", NULL, NULL },
        { DEVICE_APP, "python-urlli", NULL, NULL },
        { DEVICE_APP, "python-httpx", NULL, NULL },
        { DEVICE_APP, "aiohttp", NULL, NULL },
        { DEVICE_APP, "analytics-py", NULL, NULL },
        { DEVICE_APP, "analytics-no", NULL, NULL },
        { DEVICE_APP, "go-http-clie", NULL, NULL },
        { DEVICE_APP, "apache-httpc", NULL, NULL },
        { DEVICE_APP, "\x01java/", NULL, NULL },
        { DEVICE_APP, "java-http-cl", NULL, NULL },
        { DEVICE_APP, "axios/", NULL, NULL },
        { DEVICE_APP, "node-fetch", NULL, NULL },
        { DEVICE_APP, "\x01node\x02", NULL, NULL },
        { DEVICE_APP, "undici", NULL, NULL },
        { DEVICE_APP, "got (", NULL, NULL },
        { DEVICE_APP, "libwww-perl", NULL, NULL },
        { DEVICE_APP, "guzzlehttp", NULL, NULL },
        { DEVICE_APP, "postmanrunti", NULL, NULL },
        { DEVICE_APP, "insomnia/", NULL, NULL },
        { DEVICE_APP, "ruby", NULL, NULL },
        { DEVICE_APP, "reqwest", NULL, NULL },
        { DEVICE_APP, "dart/", NULL, NULL },
        { DEVICE_APP, "dart:io", NULL, NULL },
        { DEVICE_APP, "unityplayer", NULL, NULL },

        { DEVICE_DESKTOP, "windows", NULL, NULL },
        { DEVICE_DESKTOP, "macintosh", NULL, NULL },
        { DEVICE_DESKTOP, "mac os x", NULL, NULL },
        { DEVICE_DESKTOP, "mac_powerpc", NULL, NULL },
        { DEVICE_DESKTOP, "cros ", NULL, NULL },
        { DEVICE_DESKTOP, "x11;", NULL, NULL },
        { DEVICE_DESKTOP, "linux x86_64", NULL, NULL },
        { DEVICE_DESKTOP, "linux i686", NULL, NULL },
        { DEVICE_DESKTOP, "linux", "mozilla/", NULL },
        { DEVICE_DESKTOP, "freebsd", NULL, NULL },
        { DEVICE_DESKTOP, "openbsd", NULL, NULL },
        { DEVICE_DESKTOP, "netbsd", NULL, NULL },
        { DEVICE_DESKTOP, "sunos", NULL, NULL },
        { DEVICE_DESKTOP, "os/2", NULL, NULL },
        { DEVICE_DESKTOP, "amigaos", NULL, NULL },
        { DEVICE_DESKTOP, "beos", NULL, NULL },
        { DEVICE_DESKTOP, "haiku", NULL, NULL },
        { DEVICE_DESKTOP, "win98", NULL, NULL },
        { DEVICE_DESKTOP, "win95", NULL, NULL },
        { DEVICE_DESKTOP, "winnt", NULL, NULL },
        { DEVICE_APP, "android", NULL, NULL },
};

static size_t word_number(const char **words, size_t *count, const char *word)
{
        size_t i = 0;
        while (i < *count && strcmp(words[i], word) != 0)
                i++;
        if (i == *count) {
                BUG_IF(*count == CLASS_WORDS_MAX);
                words[(*count)++] = word;
        }
        return i;
}

size_t class_words(const char *words[CLASS_WORDS_MAX], struct class_table *ret_table)
{
        size_t count = 0;
        _Static_assert(COUNT_OF(ROWS) <= CLASS_ROWS_MAX, "the compiled table has room for every row");
        ret_table->count = COUNT_OF(ROWS);
        for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
                struct class_rule *rule = &ret_table->rule[i];
                rule->class = ROWS[i].class;
                rule->has = (uint16_t)word_number(words, &count, ROWS[i].has);
                rule->with = ROWS[i].with ? (uint16_t)word_number(words, &count, ROWS[i].with) : CLASS_NO_WORD;
                rule->without = ROWS[i].without ? (uint16_t)word_number(words, &count, ROWS[i].without) : CLASS_NO_WORD;
        }
        return count;
}

static inline bool has(const uint64_t *found, uint16_t word) { return found[word / 64] >> word % 64 & 1; }

enum device_class class_of_words(const struct class_table *table, const uint64_t *found)
{
        for (const struct class_rule *rule = table->rule; rule < table->rule + table->count; rule++)
                if (has(found, rule->has) && (rule->with == CLASS_NO_WORD || has(found, rule->with)) &&
                    (rule->without == CLASS_NO_WORD || !has(found, rule->without)))
                        return rule->class;
        return DEVICE_UNKNOWN;
}
