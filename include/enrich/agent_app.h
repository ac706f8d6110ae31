/* The program around a page, from words in its user agent: the app whose window shows it, and the engine that draws it. */
#ifndef ENRICH_AGENT_APP_H
#define ENRICH_AGENT_APP_H
#include "enrich/agent_words.h"

struct agent_app {
        struct slice name, version;        /* of the app; empty: none is known */
        struct slice engine, engine_version;
        bool         webview;              /* an app's window shows the page, not a browser */
};

/* The tables of apps and engines, their words replaced by numbers. */
#define APP_ROWS_MAX 64
#define ENGINE_ROWS_MAX 16
struct app_table {
        uint16_t app[APP_ROWS_MAX], engine[ENGINE_ROWS_MAX];
        uint64_t any[(WORDS_MAX + 63) / 64];       /* bits of the apps' words */
        uint16_t page, webview, webkit, safari, apple[3];
};
/* Adds the words that the tables ask for. */
void app_words(struct word_list *words, struct app_table *ret_table);
/* `found`: the bits of the words in the text. What is answered lies in the text or lives for ever. */
void app_find(const struct app_table *table, const uint64_t *found, struct slice text, struct agent_app *ret_app);
#endif
