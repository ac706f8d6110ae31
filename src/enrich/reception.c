/* The enrichment reception: when the event arrived, what its own clock had said, and how late it is. */
#include "base/clock.h"
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

#define AGE_COUNT COUNT_OF(AGES)
#define FORM_MOST 512              /* bytes of a form: four names of fields, as long as those of fields.def are, and values */
#define NOWHERE SIZE_MAX

/* The fields of events that say when they happened, and not when they were sent, as nearly all do: rendered once an age, but
 * for two holes. */
struct form {
        size_t size;
        size_t ingested;           /* where the time stands, CLOCK_TEXT bytes; NOWHERE: it is not written */
        size_t delay;              /* where the number belongs; NOWHERE: it is not written */
        char   text[FORM_MOST + READABLE_PADDING];
};
struct reception_desk { struct form form[AGE_COUNT]; };    /* a worker's */

static size_t age_of(int64_t delay)
{
        size_t i = 0;
        while (delay > AGES[i].most)
                i++;
        return i;
}

static void form_prepare(struct form *form, const struct layout *layout, size_t age)
{
        static const char TIME[CLOCK_TEXT + 1] = "0000-00-00T00:00:00.000Z";
        struct field_writer writer;
        struct buffer       out;
        buffer_wrap(&out, form->text, FORM_MOST);
        writer_init(&writer, layout, &out);
        writer_text(&writer, FIELD_event_ingested, (struct slice){ TIME, CLOCK_TEXT });
        form->ingested = out.size ? out.size - 1 - CLOCK_TEXT : NOWHERE;
        size_t before = out.size;
        writer_integer(&writer, FIELD_event_delay, 0);
        form->delay = out.size > before ? out.size - 1 : NOWHERE;
        writer_text(&writer, FIELD_event_age, AGES[age].name);
        BUG_IF(!writer_end(&writer));
        form->size = out.size;
}

static void *reception_attach(const void *state, const struct enrich_plan *plan)
{
        (void)state;
        struct reception_desk *desk = memory_get(sizeof(*desk));
        for (size_t age = 0; age < AGE_COUNT; age++)
                form_prepare(&desk->form[age], enrich_plan_layout(plan), age);
        return desk;
}

static void form_give(const struct form *form, struct subject *subject, int64_t delay)
{
        size_t first = form->delay < form->size ? form->delay : form->size, room = form->size + NUMBER_MOST + READABLE_PADDING;
        char  *start = arena_take(subject->arena, room);
        if (!start)
                return;
        char *at = slice_put_padded(start, (struct slice){ form->text, first });
        if (form->ingested < first)
                memcpy(start + form->ingested, subject->facts->received_text.data, CLOCK_TEXT);
        if (form->delay < form->size) {
                struct buffer out;
                buffer_wrap(&out, start, room);
                out.size = first;
                buffer_add_number(&out, delay);
                at = slice_put_padded(start + out.size, slice_between(form->text + first + 1, form->text + form->size));
        }
        findings_add(subject->findings, GROUP_event, slice_between(start, at));
        arena_trim(subject->arena, start, at);
}

static void reception_run(void *scratch, struct subject *subject)
{
        const struct reception_desk *forms = scratch;
        const struct facts *facts = subject->facts;
        int64_t delay = facts->received - facts->time;
        if (LIKELY(facts->time_known && !facts->skew_known && facts->received_text.size == CLOCK_TEXT)) {
                form_give(&forms->form[age_of(delay)], subject, delay);
                return;
        }
        struct slice created = facts_time_text(facts) == TIME_CORRECTED ? facts->fact[FACT_time] : (struct slice){ 0 };
        struct field_desk desk;
        if (!desk_open(&desk, subject, facts->received_text.size + 2 + created.size + 2 * NUMBER_MOST + sizeof("\"future\"")))
                return;
        writer_json(&desk.writer, FIELD_event_created, created);
        writer_text(&desk.writer, FIELD_event_ingested, facts->received_text);
        if (facts->time_known) {
                writer_integer(&desk.writer, FIELD_event_delay, delay);
                writer_text(&desk.writer, FIELD_event_age, AGES[age_of(delay)].name);
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
        .attach = reception_attach,
        .detach = free,
        .run = reception_run,
};
