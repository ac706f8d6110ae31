#include "enrich/channel.h"

const struct slice CHANNEL_NAMES[CHANNEL_COUNT] = {
#define CHANNEL(id, name) [CHANNEL_##id] = SLICE_INIT(name),
        CHANNELS(CHANNEL)
#undef CHANNEL
};

/* ---- sources ---- */

/* Names of sources that say more than their medium, or that nobody would find in the table of referrers; sorted. */
static const struct { const char *name; enum channel_site site; } SOURCES[] = {
        { "adwords", CHANNEL_SITE_search },         { "alibaba", CHANNEL_SITE_shopping },
        { "aliexpress", CHANNEL_SITE_shopping },    { "amazon", CHANNEL_SITE_shopping },
        { "bilibili", CHANNEL_SITE_video },         { "bol", CHANNEL_SITE_shopping },
        { "cdiscount", CHANNEL_SITE_shopping },     { "criteo", CHANNEL_SITE_display },
        { "crunchyroll", CHANNEL_SITE_video },      { "dailymotion", CHANNEL_SITE_video },
        { "disneyplus", CHANNEL_SITE_video },       { "dv360", CHANNEL_SITE_display },
        { "e mail", CHANNEL_SITE_email },           { "e-mail", CHANNEL_SITE_email },
        { "e_mail", CHANNEL_SITE_email },           { "ebay", CHANNEL_SITE_shopping },
        { "email", CHANNEL_SITE_email },            { "etsy", CHANNEL_SITE_shopping },
        { "fb", CHANNEL_SITE_social },              { "flipkart", CHANNEL_SITE_shopping },
        { "gdn", CHANNEL_SITE_display },            { "google ads", CHANNEL_SITE_search },
        { "google shopping", CHANNEL_SITE_shopping }, { "googleads", CHANNEL_SITE_search },
        { "hulu", CHANNEL_SITE_video },             { "idealo", CHANNEL_SITE_shopping },
        { "ig", CHANNEL_SITE_social },              { "insta", CHANNEL_SITE_social },
        { "iqiyi", CHANNEL_SITE_video },            { "kelkoo", CHANNEL_SITE_shopping },
        { "mercadolibre", CHANNEL_SITE_shopping },  { "mercadolivre", CHANNEL_SITE_shopping },
        { "meta", CHANNEL_SITE_social },            { "microsoft ads", CHANNEL_SITE_search },
        { "msn", CHANNEL_SITE_search },             { "netflix", CHANNEL_SITE_video },
        { "newsletter", CHANNEL_SITE_email },       { "otto", CHANNEL_SITE_shopping },
        { "outbrain", CHANNEL_SITE_display },       { "pricerunner", CHANNEL_SITE_shopping },
        { "rakuten", CHANNEL_SITE_shopping },       { "shopping.google.com", CHANNEL_SITE_shopping },
        { "shopzilla", CHANNEL_SITE_shopping },     { "taboola", CHANNEL_SITE_display },
        { "taobao", CHANNEL_SITE_shopping },        { "temu", CHANNEL_SITE_shopping },
        { "tmall", CHANNEL_SITE_shopping },         { "trivago", CHANNEL_SITE_shopping },
        { "twitch", CHANNEL_SITE_video },           { "vimeo", CHANNEL_SITE_video },
        { "walmart", CHANNEL_SITE_shopping },       { "x", CHANNEL_SITE_social },
        { "yahoo", CHANNEL_SITE_search },           { "youku", CHANNEL_SITE_video },
        { "youtube", CHANNEL_SITE_video },          { "yt", CHANNEL_SITE_video },
        { "zalando", CHANNEL_SITE_shopping },
};

static enum channel_site source_find(struct slice name)
{
        for (size_t i = 0; i < COUNT_OF(SOURCES); i++)
                if (slice_equal_nocase(name, slice_of(SOURCES[i].name)))
                        return SOURCES[i].site;
        return CHANNEL_SITE_none;
}

enum channel_site channel_site_of(enum referrer_medium medium, struct slice source)
{
        static const enum channel_site SITES[REFERRER_MEDIUM_COUNT] = {
                [REFERRER_internal] = CHANNEL_SITE_none,   [REFERRER_unknown] = CHANNEL_SITE_other,
                [REFERRER_search] = CHANNEL_SITE_search,   [REFERRER_social] = CHANNEL_SITE_social,
                [REFERRER_email] = CHANNEL_SITE_email,     [REFERRER_paid] = CHANNEL_SITE_display,
                [REFERRER_other] = CHANNEL_SITE_other,     [REFERRER_ai_assistant] = CHANNEL_SITE_ai_assistant,
        };
        /* YouTube is a social network to the lists of referrers, and a channel of its own to reports. */
        enum channel_site site = SITES[medium], named = source_find(source);
        if (site == CHANNEL_SITE_social || site == CHANNEL_SITE_search || site == CHANNEL_SITE_other)
                return named == CHANNEL_SITE_video || named == CHANNEL_SITE_shopping ? named : site;
        return site;
}

/* "www.amazon.co.uk" is called amazon: the first label that is no prefix of hosts. */
static struct slice host_name(struct slice host)
{
        static const char *const PREFIXES[] = { "www.", "m.", "l.", "lm." };
        for (size_t i = 0; i < COUNT_OF(PREFIXES); i++)
                if (slice_starts_with(host, slice_of(PREFIXES[i])))
                        return host_name((struct slice){ host.data + strlen(PREFIXES[i]), host.size - strlen(PREFIXES[i]) });
        const char *dot = memchr(host.data, '.', host.size);
        return dot ? slice_between(host.data, dot) : host;
}

enum channel_site channel_site_named(const struct referrer_table *table, struct slice source)
{
        char lower[REFERRER_KEY_MOST];
        if (source.size == 0 || source.size > sizeof(lower))
                return CHANNEL_SITE_none;
        for (size_t i = 0; i < source.size; i++)
                lower[i] = char_lower(source.data[i]);
        source.data = lower;
        enum channel_site site = source_find(source);
        if (site != CHANNEL_SITE_none)
                return site;
        bool host = memchr(lower, '.', source.size) != NULL;
        const struct referrer_site *known = referrer_table_named(table, source);
        if (!known && host)
                known = referrer_table_find(table, source, (struct slice){ 0 }, false);
        if (known && known->kind != REFERRER_unknown && known->kind != REFERRER_other)
                return channel_site_of(known->kind, known->source);
        return host ? source_find(host_name(source)) : CHANNEL_SITE_none;
}

/* ---- rules ---- */

#define SITE(id) (1u << CHANNEL_SITE_##id)
/* A rule holds when its price does and one of sites, media, sources and names does (or none of the four is given). Words stand
 * between bars; a star at either end is anything. */
struct rule {
        enum channel channel;
        bool         paid;
        unsigned     sites;
        const char  *media, *sources;
        bool (*name)(struct slice name);
};

#define TEXT_MOST 256              /* bytes of a text that are looked at */

static bool word_matches(struct slice word, struct slice text)
{
        bool before = word.size && *word.data == '*', behind = word.size > 1 && word.data[word.size - 1] == '*';
        word = (struct slice){ word.data + before, word.size - before - behind };
        if (before && behind)
                return memmem(text.data, text.size, word.data, word.size) != NULL;
        if (word.size > text.size)
                return false;
        if (before)
                return memcmp(text.data + text.size - word.size, word.data, word.size) == 0;
        return behind ? slice_starts_with(text, word) : slice_equal(word, text);
}

static bool words_match(const char *words, struct slice text)
{
        if (!words || text.size == 0)
                return false;
        for (const char *at = words;; at++) {
                const char *end = strchrnul(at, '|');
                if (word_matches(slice_between(at, end), text))
                        return true;
                if (!*end)
                        return false;
                at = end;
        }
}

static bool name_crosses_networks(struct slice name) { return words_match("*cross-network*", name); }

/* "shopping" anywhere, or "shop" at the start of a word or behind an e: "summer-shop", "eshop", but no "bishop". */
static bool name_shops(struct slice name)
{
        if (words_match("*shopping*", name))
                return true;
        for (const char *at = name.data, *end = slice_end(name); at < end; at++) {
                at = memmem(at, (size_t)(end - at), "shop", 4);
                if (!at)
                        return false;
                char before = at > name.data ? at[-1] : ' ';
                if (before < 'a' || before > 'z' || before == 'e')
                        return true;
        }
        return false;
}

static const struct rule RULES[] = {
        { CHANNEL_direct, false, 0, NULL, "(direct)", NULL },
        { CHANNEL_cross_network, false, 0, NULL, NULL, name_crosses_networks },
        { CHANNEL_paid_shopping, true, SITE(shopping), NULL, NULL, name_shops },
        { CHANNEL_paid_search, true, SITE(search), NULL, NULL, NULL },
        { CHANNEL_paid_social, true, SITE(social), NULL, NULL, NULL },
        { CHANNEL_paid_video, true, SITE(video), NULL, NULL, NULL },
        { CHANNEL_display, true, SITE(display), NULL, NULL, NULL },
        { CHANNEL_display, false, 0, "display|banner|expandable|interstitial|cpm", NULL, NULL },
        { CHANNEL_paid_other, true, 0, NULL, NULL, NULL },
        { CHANNEL_organic_shopping, false, SITE(shopping), NULL, NULL, name_shops },
        { CHANNEL_organic_social, false, SITE(social), "social|social-network|social-media|sm|social network|social media", NULL,
          NULL },
        { CHANNEL_organic_video, false, SITE(video), "*video*", NULL, NULL },
        { CHANNEL_organic_search, false, SITE(search), "organic", NULL, NULL },
        { CHANNEL_ai_assistant, false, SITE(ai_assistant), "ai-assistant|ai_assistant|ai assistant", NULL, NULL },
        { CHANNEL_email, false, SITE(email), "email|e-mail|e_mail|e mail", NULL, NULL },
        { CHANNEL_affiliates, false, SITE(affiliate), "affiliate|affiliates", NULL, NULL },
        { CHANNEL_display, false, SITE(display), NULL, NULL, NULL },       /* behind what the medium says: awin, affiliate */
        { CHANNEL_referral, false, SITE(other), "referral|app|link", NULL, NULL },
        { CHANNEL_audio, false, 0, "audio", NULL, NULL },
        { CHANNEL_sms, false, 0, "sms", "sms", NULL },
        { CHANNEL_mobile_push, false, 0, "*push|*mobile*|*notification*", "firebase", NULL },
};

/* A medium that says that somebody paid: ^(.*cp.*|ppc|retargeting|paid.*)$ */
static bool medium_paid(struct slice medium) { return words_match("*cp*|ppc|retargeting|paid*", medium); }

static struct slice lower_text(struct slice text, char at[TEXT_MOST])
{
        size_t size = text.size < TEXT_MOST ? text.size : TEXT_MOST;
        for (size_t i = 0; i < size; i++)
                at[i] = text.data[i] >= 'A' && text.data[i] <= 'Z' ? (char)(text.data[i] | 32) : text.data[i];
        return (struct slice){ at, size };
}

enum channel channel_find(const struct channel_facts *facts)
{
        char texts[3][TEXT_MOST];
        struct slice source = lower_text(facts->source, texts[0]), medium = lower_text(facts->medium, texts[1]),
                     name = lower_text(facts->name, texts[2]);
        bool paid = medium.size ? medium_paid(medium) : facts->paid;
        for (size_t i = 0; i < COUNT_OF(RULES); i++) {
                const struct rule *rule = &RULES[i];
                if (rule->paid && !paid)
                        continue;
                bool open = !rule->sites && !rule->media && !rule->sources && !rule->name;
                if (open || rule->sites & 1u << facts->site || words_match(rule->media, medium) ||
                    words_match(rule->sources, source) || (rule->name && rule->name(name)))
                        return rule->channel;
        }
        return CHANNEL_unassigned;
}

/* ---- the manual ---- */

void channels_print_reference(FILE *out)
{
        static const char *const SITES[] = { "", "some other site", "search", "social", "video", "shopping", "email",
                                             "advertising", "affiliates", "assistants" };
        fputs("\n## Channels\n\nThe rules of `traffic.channel`; the first that holds counts. A rule holds when one of its "
              "columns does, "
              "and where it says so only for\n"
              "what is paid: by the campaign's medium (`*cp*`, `ppc`, `retargeting`, `paid*`), or without one by the click id. "
              "The sort "
              "of site is that of\n"
              "the campaign's source, else of the click's network, else of the referrer. No referrer and no campaign: `direct`. "
              "None of "
              "these rules:\n"
              "`unassigned`.\n\n| Channel | Paid | Sort of site | Medium | Source | Campaign's name |\n"
              "| --- | --- | --- | --- | --- | --- |\n",
              out);
        for (size_t i = 0; i < COUNT_OF(RULES); i++) {
                const struct rule *rule = &RULES[i];
                fprintf(out, "| `%.*s` | %s | ", SLICE_ARGS(CHANNEL_NAMES[rule->channel]), rule->paid ? "yes" : "");
                for (size_t site = 1; site < COUNT_OF(SITES); site++)
                        if (rule->sites >> site & 1)
                                fputs(SITES[site], out);
                const char *const words[] = { rule->media, rule->sources };
                for (size_t column = 0; column < COUNT_OF(words); column++) {
                        fputs(" | ", out);
                        for (const char *at = words[column]; at && *at; at += strspn(at, "|")) {
                                int size = (int)strcspn(at, "|");
                                fprintf(out, "%s`%.*s`", at == words[column] ? "" : ", ", size, at);
                                at += size;
                        }
                }
                fprintf(out, " | %s |\n",
                        rule->name == name_shops ? "`shopping`, or `shop` that begins a word or stands behind an `e`" :
                        rule->name ? "`cross-network`" : "");
        }
}
