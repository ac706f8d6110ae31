/* The enrichment reception: when the event arrived, what its own clock had said, and how late it is. */
#include "enrich/enrichment.h"

#define MINUTE ((int64_t)60000)
#define NUMBER_MOST 20             /* bytes of an integer */

/* By the delay, up to and with `most` ms. */
static const struct { int64_t most; struct slice name; } AGES[] = {
        { -MINUTE - 1,      SLICE_INIT("future") },
        { MINUTE,           SLICE_INIT("live") },
        { 60 * MINUTE,      SLICE_INIT("recent") },
        { 24 * 60 * MINUTE, SLICE_INIT("late") },
        { INT64_MAX,        SLICE_INIT("old") },
};

static struct slice age_of(int64_t delay)
{
        size_t i = 0;
        while (delay > AGES[i].most)
                i++;
        return AGES[i].name;
}

static void reception_run(void *scratch, struct subject *subject)
{
        (void)scratch;
        const struct facts *facts = subject->facts;
        struct slice created = facts_time_text(facts) == TIME_CORRECTED ? facts->fact[FACT_time] : (struct slice){ 0 };
        struct field_desk desk;
        if (!desk_open(&desk, subject, facts->received_text.size + 2 + created.size + 2 * NUMBER_MOST + sizeof("\"future\"")))
                return;
        writer_json(&desk.writer, FIELD_event_created, created);
        writer_text(&desk.writer, FIELD_event_ingested, facts->received_text);
        if (facts->time_known) {
                int64_t delay = facts->received - facts->time;
                writer_integer(&desk.writer, FIELD_event_delay, delay);
                writer_text(&desk.writer, FIELD_event_age, age_of(delay));
        }
        if (facts->skew_known)
                writer_integer(&desk.writer, FIELD_event_clock_skew, facts->skew);
        desk_close(&desk, subject);
}

extern const struct enrichment ENRICHMENT_reception;
const struct enrichment ENRICHMENT_reception = {
        .name = "reception",
        .stage = STAGE_enrich_reception,
        .doc = "When the event arrived, and how long after it happened. Where the clock's skew was taken out of the event's "
               "`time` "
               "(it came\n"
               "with `sentAt`), also the time that the client had written, and the skew.",
        .gives = (const enum field[]){ FIELD_event_created, FIELD_event_ingested, FIELD_event_delay, FIELD_event_age,
                                       FIELD_event_clock_skew, FIELD_COUNT },
        .run = reception_run,
};
