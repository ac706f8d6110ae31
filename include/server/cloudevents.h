/* The attributes of an event as record headers, so that a consumer can route by them without parsing the record. */
#ifndef SERVER_CLOUDEVENTS_H
#define SERVER_CLOUDEVENTS_H
#include "base/arena.h"
#include "enrich/enrich.h"

#define CLOUDEVENTS_MAX 7

/* Sets event->attributes to `ce_id`, `ce_source`, `ce_specversion` and `ce_type`, which CloudEvents 1.0 requires, and to
 * `ce_time`, `ce_dataschema` and, when it has one, `ce_subject`: text without quotes and escapes, named as in the Kafka
 * protocol binding 1.0.2, section 3.2.3.1. The value stays the whole event, whatever the binding's content modes. `source` is
 * "millrace" when the client named none, `type` the schema's name. The event has an id and a schema. False: memory is out. */
bool cloudevents_set(struct event *event, const struct facts *facts, const struct findings *findings, struct arena *arena);
#endif
