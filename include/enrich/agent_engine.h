/* Answers what a user agent is, by uap-core's rules: in each section the first rule whose regex matches wins.
 *
 * Trying 1,200 regexes takes 160 microseconds. So one pass of the automaton finds the few rules whose rarest literal is in the
 * text, and PCRE2 tries those alone, in the order of the file: the same answer for 1 to 2 microseconds. */
#ifndef ENRICH_AGENT_ENGINE_H
#define ENRICH_AGENT_ENGINE_H
#include "enrich/agent_app.h"
#include "enrich/agent_bots.h"
#include "enrich/agent_class.h"
#include "enrich/agent_rules.h"

struct hints;
/* What was found. Texts without white space around them, empty when unknown; they lie in the text that was asked about, in
 * the engine, or in the scratch until its next question. */
struct agent {
        struct slice text;
        struct slice part[AGENT_SECTIONS][AGENT_PARTS];
        enum device_class class;   /* DEVICE_BOT just when robot.counted */
        struct bot robot;
        struct agent_app app;
        const struct hints *hints;         /* what the client said beside; NULL: nothing */
};

struct agent_engine;       /* the compiled rules: immutable, for all threads */
struct agent_scratch;      /* one a thread */

/* Takes the rules and the bots (NULL: our own words alone). `file` is for messages: every regex that does not compile is
 * named at its line. NULL then. */
struct agent_engine  *agent_engine_new(struct agent_rules *rules, struct agent_bots *bots, const char *file,
                                       struct errors *errors);
void                  agent_engine_free(struct agent_engine *engine);
/* For texts of at most `limit` bytes. */
struct agent_scratch *agent_scratch_new(const struct agent_engine *engine, size_t limit);
void                  agent_scratch_free(struct agent_scratch *scratch);
/* Any bytes; linear in their number. Longer than the scratch's limit: the rest is not looked at. */
void agent_find(const struct agent_engine *engine, struct agent_scratch *scratch, struct slice text, struct agent *ret_agent);
/* The device and its class only, robots left out. What the scratch holds of the last agent_find() stays good; at most twice for
 * each. */
void agent_find_device(const struct agent_engine *engine, struct agent_scratch *scratch, struct slice text,
                       struct agent *ret_agent);
/* Looks for a robot in another text than the agent's; it lives as long as the agent. For rare texts: every pattern is tried. */
void agent_find_robot(const struct agent_engine *engine, struct slice text, struct agent *agent);
/* The same as agent_find() by trying every rule: what tests hold the quick answer against. */
void agent_find_slowly(const struct agent_engine *engine, struct agent_scratch *scratch, struct slice text,
                       struct agent *ret_agent);
/* Takes out what is no knowledge: "K", the model of every reduced agent, and the like. The rules' own test cases want them. */
void agent_clean(struct agent *agent);

struct agent_engine_facts {
        size_t rules, literals, states, memory;    /* memory in bytes: automaton and compiled regexes */
        size_t blind;                              /* rules without any literal: tried on every text */
        bool   jit;
};
void agent_engine_describe(const struct agent_engine *engine, struct agent_engine_facts *ret_facts);
#endif
