/* The enrichment reception: when the event arrived, and what its own clock had said. */
#include "enrich/enrichment.h"

static void reception_run(void *scratch, struct subject *subject)
{
        (void)scratch;
        const struct layout *layout = subject->findings->layout;
        const struct facts  *facts = subject->facts;
        struct slice created = facts->time_known && facts->fact[FACT_sent_at].data ? facts->fact[FACT_time] : (struct slice){ 0 };
        struct buffer buffer;
        struct field_writer writer;
        size_t keys = layout->field[FIELD_event_ingested].key.size + layout->field[FIELD_event_created].key.size;
        size_t size = keys + facts->received_text.size + created.size + 8;
        char *text = arena_take(subject->arena, size);
        if (!text)
                return;
        buffer_wrap(&buffer, text, size);
        writer_init(&writer, layout, &buffer);
        writer_json(&writer, FIELD_event_created, created);
        writer_text(&writer, FIELD_event_ingested, facts->received_text);
        if (writer_end(&writer))
                findings_take(subject->findings, &writer);
        arena_trim(subject->arena, text, text + buffer.size);
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
