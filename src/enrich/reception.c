/* The enrichment reception: when the event arrived, and what its own clock had said. */
#include "enrich/enrichment.h"

static void reception_run(void *scratch, struct subject *subject)
{
        (void)scratch;
        const struct facts *facts = subject->facts;
        struct slice created = facts->time_known && facts->fact[FACT_sent_at].data ? facts->fact[FACT_time] : (struct slice){ 0 };
        struct field_desk desk;
        if (!desk_open(&desk, subject, facts->received_text.size + 2 + created.size))
                return;
        writer_json(&desk.writer, FIELD_event_created, created);
        writer_text(&desk.writer, FIELD_event_ingested, facts->received_text);
        desk_close(&desk, subject);
}

extern const struct enrichment ENRICHMENT_reception;
const struct enrichment ENRICHMENT_reception = {
        .name = "reception",
        .stage = STAGE_enrich_reception,
        .doc = "When the event arrived. Where the clock's skew was taken out of the event's `time` (it came with `sentAt`), also "
               "the time\n"
               "that the client had written.",
        .gives = (const enum field[]){ FIELD_event_created, FIELD_event_ingested, FIELD_COUNT },
        .run = reception_run,
};
