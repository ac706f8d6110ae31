/* Robots: the words in which they are told. */
#ifndef ENRICH_BOT_H
#define ENRICH_BOT_H
#include "base/base.h"

/* What a robot is for. */
enum bot_category {
        BOT_NONE,                  /* none is known */
        BOT_SEARCH, BOT_AI_CRAWLER, BOT_SEO, BOT_MONITORING, BOT_SOCIAL_PREVIEW, BOT_FEED, BOT_HTTP_LIBRARY, BOT_AUTOMATION,
        BOT_SCANNER, BOT_ARCHIVER, BOT_ACADEMIC, BOT_ADVERTISING, BOT_HOSTING, BOT_OTHER, BOT_CATEGORIES,
};
extern const struct slice BOT_CATEGORY_NAMES[BOT_CATEGORIES];

/* By what it was found out. */
enum bot_reason { BOT_BY_LIST, BOT_BY_SPIDER, BOT_BY_HEADLESS, BOT_BY_LIBRARY, BOT_BY_WEBDRIVER, BOT_BY_NETWORK, BOT_REASONS };
extern const struct slice BOT_REASON_NAMES[BOT_REASONS];

/* What a user agent says of a robot. */
struct bot {
        struct slice name, url;    /* empty: unknown. They lie in the agent's text or live as long as its engine */
        enum bot_category category;
        enum bot_reason   reason;
        bool              counted; /* it is a robot; false with a category: known, but not a robot here (enrich.bot.except) */
};

/* Our own words, lower-case; \x01 and \x02 are the agent's start and end, and what is longer than LITERAL_MAX is cut. */
struct bot_word {
        const char *word;
        const char *name;          /* NULL: the word says only that it is a robot */
        enum bot_category category;
        const char *with;          /* a word that must be there, too; NULL: none */
        const char *without[2];    /* words that must not */
};
extern const struct bot_word BOT_WORDS[];  /* ended by word NULL */
#endif
