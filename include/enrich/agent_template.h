/* Texts with holes: "Galaxy $1" filled from the groups of a match. */
#ifndef ENRICH_AGENT_TEMPLATE_H
#define ENRICH_AGENT_TEMPLATE_H
#include "base/buffer.h"

struct template_piece { struct slice text; unsigned group; };      /* group 0: the text itself */
struct template {
        struct template_piece *pieces;     /* own */
        size_t count;              /* 0: gives nothing */
};
/* A match: the subject, and the pairs of offsets that PCRE2 leaves; count of them, the whole match included. */
struct template_match {
        const char   *subject;
        const size_t *offsets;
        size_t        count;
};
/* "$1" to "$9" are groups. The text is borrowed. NULL: the whole of group `standard`, or nothing when that is 0. */
void template_init(struct template *template, const char *text, unsigned standard);
void template_done(struct template *template);
/* Without white space around it; empty when nothing is left. The answer lies in the subject, in the template's text, or in
 * the scratch, which is appended to; empty when it does not fit. */
struct slice template_fill(const struct template *template, const struct template_match *match, struct buffer *scratch);
#endif
