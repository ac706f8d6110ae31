/* Finds the robot in a user agent: by the entries of a list (enrich/bot_list.h), by our own words, by what uap-core's rules say.
 * The literals of both are looked for by the engine's automaton, in the same pass as those of its rules. */
#ifndef ENRICH_AGENT_BOTS_H
#define ENRICH_AGENT_BOTS_H
#include "base/arena.h"
#include "config/config.h"
#include "enrich/bot_list.h"

struct agent_bots;         /* compiled: immutable, for all threads */

/* Takes the list; NULL: our own words alone. `except` (may be NULL) has names and categories that are no robots, case
 * disregarded. `file` is for messages: every pattern that does not compile, or that everything matches, is named at its
 * place. NULL then. */
struct agent_bots *agent_bots_new(struct bot_list *list, const struct text_list *except, const char *file, struct errors *errors);
/* The same by the options enrich.bot.*. */
struct agent_bots *agent_bots_load(const struct config *config, struct errors *errors);
void               agent_bots_free(struct agent_bots *bots);

/* How many bits the bots need, and their literals: `add` is called with each. A bit without literal is tried on every agent. */
size_t agent_bots_bits(const struct agent_bots *bots);
struct bots_literals {
        void  *context;
        void (*add)(void *context, struct slice text, size_t bit, bool whole);     /* text: not folded, with sentinels */
        void (*always)(void *context, size_t bit);
};
void   agent_bots_literals(const struct agent_bots *bots, struct arena *arena, const struct bots_literals *to);

/* `found`: bit i says that a literal of bit i is in the text; NULL: everything is tried. `spider`: other rules say that it is a
 * robot. Linear in the text. */
void   agent_bots_find(const struct agent_bots *bots, const uint64_t *found, struct slice text, bool spider, struct bot *ret_bot);
size_t agent_bots_memory(const struct agent_bots *bots);   /* bytes */
#endif
