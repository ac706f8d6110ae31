/* What a person sees after the start: where it listens, and lines to paste. */
#ifndef SERVER_BANNER_H
#define SERVER_BANNER_H
#include "server/listeners.h"
#include "server/plan.h"
#include "sink/sink.h"

void banner_print(const struct plan *plan, const struct listeners *events, const struct listeners *secure,
                  const struct listeners *admin, const char *brokers, FILE *out);
#endif
