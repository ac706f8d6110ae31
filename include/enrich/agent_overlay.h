/* Lays what a client says by its hints (enrich/hints.h) over what its frozen user agent says. */
#ifndef ENRICH_AGENT_OVERLAY_H
#define ENRICH_AGENT_OVERLAY_H
#include "enrich/agent_engine.h"
#include "enrich/hints.h"

#define OVERLAY_TEXT 512           /* bytes */
/* After agent_find() of the same scratch and agent_clean(); once for each. `text` is room that lives as long as the agent, and so
 * do the hints. A robot keeps what it says of itself. */
void agent_overlay(const struct agent_engine *engine, struct agent_scratch *scratch, const struct hints *hints,
                   char text[static OVERLAY_TEXT], struct agent *agent);
/* Safari on an iPad says that it is a Mac; but no Mac has a screen to touch. Does nothing to any other agent. */
void agent_overlay_touch(struct agent *agent);
/* The one of several form factors that says most; empty: none is known. */
struct slice agent_form_factor(const struct hints *hints);
#endif
