/* Pages about tables of rooms that print none themselves. */
#include "command/command.h"
#include "event/event.h"
#include "sink/spool.h"

void reasons_print_reference(FILE *out)
{
        static const struct { enum event_end end; const char *title, *text; } ENDS[] = {
                { END_PUBLISHED, "Published", "The event is where it belongs." },
                { END_REJECTED, "Rejected", "The event went to the bad-events topic with the reason and its original bytes. "
                                            "Sending it again "
                  "changes nothing." },
                { END_REFUSED, "Refused", "The event was not taken. The client is told to send it again, and should." },
        };
        fputs("# Reasons\n\n<!-- Printed by `millrace reference reasons` from include/event/reasons.def; do not edit. -->\n\n"
              "Every event that is received ends exactly once, for one of these reasons. The metrics count them by this name, "
              "records on the\n"
              "bad-events topic carry it, and verbose answers show it. *Status* is the HTTP status of a request that ends so "
              "as a whole; one\n"
              "rejected event among others does not change the status of its request.\n", out);
        for (size_t i = 0; i < COUNT_OF(ENDS); i++) {
                fprintf(out, "\n## %s\n\n%s\n\n| reason | status | meaning |\n| --- | --- | --- "
                             "|\n", ENDS[i].title, ENDS[i].text);
                for (size_t j = 0; j < REASON_COUNT; j++)
                        if (REASONS[j].end == ENDS[i].end)
                                fprintf(out, "| `%s` | %d | %s |\n", REASONS[j].name, REASONS[j].status, REASONS[j].doc);
        }
}

void envelope_print_reference(FILE *out)
{
        static const char *const KINDS[] = {
                [FACT_KIND_STRING] = "string", [FACT_KIND_NUMBER] = "number", [FACT_KIND_BOOLEAN] = "boolean",
                [FACT_KIND_ANY] = "any",
        };
        fputs("# The envelope\n\n<!-- Printed by `millrace reference envelope` from include/event/facts.def; do not edit. -->\n\n"
              "What millrace itself reads of an event, when it is there: the attributes of CloudEvents 1.0, who and when, and "
              "a `context` in the\n"
              "shape of Segment's specification. `data` must be there, and `dataschema` or `type` to name the schema; the others "
              "need not. Every\n"
              "other member is passed on as it is. How an event names its schema, and what else is promised about these members: "
              "[HTTP\n"
              "API](../howto/http-api.md).\n\n| member | type |\n| --- | --- |\n", out);
        for (size_t i = 0; i < FACT_COUNT; i++)
                fprintf(out, "| `%s` | %s |\n", FACTS[i].path, KINDS[FACTS[i].kind]);
}

void faults_print_reference(FILE *out)
{
        static const struct { const char *name; int status; const char *message; } FAULTS[] = {
#define FAULT(id, status, message) { #id, status, message },
#include "server/faults.def"
#undef FAULT
        };
        fputs("# HTTP errors\n\n<!-- Printed by `millrace reference http-errors` from include/server/faults.def; do not edit. "
              "-->\n\n"
              "What can be wrong with a request before its events are looked at. The answer is "
              "`{\"error\":NAME,\"message\":SENTENCE}` with this\n"
              "status, and the connection is closed after most of them. What can be wrong with events: [reasons](reasons.md).\n\n"
              "| error | status | meaning |\n| --- | --- | --- |\n", out);
        for (size_t i = 0; i < COUNT_OF(FAULTS); i++)
                fprintf(out, "| `%s` | %d | %s |\n", FAULTS[i].name, FAULTS[i].status, FAULTS[i].message);
}

void sinks_print_reference(FILE *out)
{
        fputs("# Sinks\n\n<!-- Printed by `millrace reference sinks` from the table of sinks; do not edit. -->\n\n"
              "Where events go, chosen by `sink.type`.\n\n| sink | what it does |\n| --- | --- |\n", out);
        for (const struct sink_type *const *sink = SINKS; *sink; sink++)
                fprintf(out, "| `%s` | %s |\n", (*sink)->name, (*sink)->doc);
        for (const struct sink_type *const *sink = SINKS; *sink; sink++) {
                if (!(*sink)->metrics_reference)
                        continue;
                fprintf(out, "\n## Metrics of %s\n\nBeside [those of millrace](metrics.md).\n\n"
                             "| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n", (*sink)->name);
                (*sink)->metrics_reference(out);
        }
        fputs("\n## Metrics of the spool\n\nThere when `spool.path` is set.\n\n| metric | type | labels | meaning |\n"
              "| --- | --- | --- | --- |\n", out);
        spool_metrics_reference(out);
}
