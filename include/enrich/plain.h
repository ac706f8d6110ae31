/* Values that strangers write into addresses, made fit to be published. */
#ifndef ENRICH_PLAIN_H
#define ENRICH_PLAIN_H
#include "base/base.h"

/* Without the spaces and control characters around it. */
struct slice plain_trim(struct slice text);
/* True when there is something like somebody@example.org in it. */
bool         plain_has_mail(struct slice text);
#endif
