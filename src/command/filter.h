/* Inside the room: --where, an expression (docs/reference/expressions.md) over one record; and what other flags
 * have in common. */
#ifndef COMMAND_FILTER_H
#define COMMAND_FILTER_H
#include "enrich/expression.h"

struct filter;
/* `names`, ended by NULL, are those that an expression may use, with everything below them: "client" allows client.user_agent.
 * With `pointers` "/cart/total" is one into the record, too. NULL and a sentence with the column. */
struct filter *filter_new(const char *text, const char *const *names, bool pointers, struct error *err);
void           filter_free(struct filter *filter);         /* takes NULL */
/* The names are members of `object`, pointers lead into `record`; both are JSON. Texts are made in the arena. NULL: true. */
bool           filter_holds(const struct filter *filter, struct slice object, struct slice record, struct arena *arena);

/* "2026-11-21T08:00:00Z", "2026-11-21", or so long ago: "2h", "1d". False and a sentence. */
bool count_parse(const char *text, uint64_t *ret_count);   /* digits alone */
bool moment_parse(const char *text, int64_t now, int64_t *ret_ms, struct error *err);
/* Of --rate: bytes a second as spool.drain_rate has them, "1MiB"; 0: no limit. False and a sentence. */
bool rate_parse(const char *text, int64_t *ret_rate, struct error *err);
#endif
