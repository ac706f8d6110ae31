/* The list of robots that others keep: crawler-user-agents.json, as the packages of that name ship it. A JSON array of objects:
 * `pattern` (a regex, searched for in the agent, case-sensitive), `tags` (a list; what the robot is for), `url`. Other members
 * are passed over. */
#ifndef ENRICH_BOT_LIST_H
#define ENRICH_BOT_LIST_H
#include "enrich/bot.h"

struct bot_entry {
        char *pattern, *url;       /* url NULL: none */
        enum bot_category category;        /* of the first tag that we know; BOT_OTHER without one */
};
struct bot_list {
        struct bot_entry *entries;
        size_t count;
};

/* Every mistake becomes "FILE:LINE:COLUMN: sentence" where it is no JSON, else "FILE: /INDEX/MEMBER: sentence"; NULL then.
 * At most BOT_LIST_BYTES and BOT_LIST_ENTRIES. */
#define BOT_LIST_BYTES   ((size_t)32 << 20)
#define BOT_LIST_ENTRIES 20000
#define BOT_URL_MOST     2000      /* bytes */
struct bot_list *bot_list_load(const char *file, struct errors *errors);
struct bot_list *bot_list_read(const char *file, struct slice json, struct errors *errors);
void             bot_list_free(struct bot_list *list);
#endif
