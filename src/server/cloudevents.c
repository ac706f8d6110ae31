#include "server/cloudevents.h"
#include "base/clock.h"
#include "enrich/edit.h"
#include "json/scan.h"
#include "server/record.h"

/* data NULL: memory is out. */
static struct slice dataschema_of(struct slice key, struct arena *arena)
{
        char *text = arena_take(arena, key.size + RECORD_URI_EXTRA);
        return text ? slice_between(text, record_put_uri(text, key)) : (struct slice){ 0 };
}

/* As in the record. */
static struct slice time_of(const struct facts *facts, struct arena *arena)
{
        if (facts_time_text(facts) == TIME_OF_CLIENT)
                return scan_plain(facts->fact[FACT_time], arena);
        char *text = arena_take(arena, CLOCK_TEXT);
        if (text)
                clock_format(facts->time, text);
        return (struct slice){ text, CLOCK_TEXT };
}

/* The client's text where there is one, else ours; `otherwise` without data: no header. */
static bool add(struct event *event, struct slice name, struct slice raw, struct slice otherwise, struct arena *arena)
{
        bool theirs = raw.data && *raw.data == '"' && raw.size > 2;
        struct slice value = theirs ? scan_plain(raw, arena) : otherwise;
        if (!value.data)
                return !theirs;
        event->attributes[event->attribute_count++] = (struct record_header){ name, value };
        return true;
}

bool cloudevents_set(struct event *event, const struct facts *facts, const struct findings *findings, struct arena *arena)
{
        const struct slice none = { 0 };
        const struct slice dataschema = dataschema_of(event->schema, arena), time = time_of(facts, arena);
        struct slice source, subject;
        event->attribute_count = 0;
        event->attributes = arena_take(arena, CLOUDEVENTS_MAX * sizeof(*event->attributes));
        if (!event->attributes || !dataschema.data || !time.data ||
            !edit_apply(findings, facts->fact[FACT_source], arena, &source) ||
            !edit_apply(findings, facts->fact[FACT_subject], arena, &subject))
                return false;
        return add(event, SLICE("ce_dataschema"), none, dataschema, arena) &&
               add(event, SLICE("ce_id"), none, event->id_text, arena) &&
               add(event, SLICE("ce_source"), source, SLICE("millrace"), arena) &&
               add(event, SLICE("ce_specversion"), facts->fact[FACT_specversion], SLICE("1.0"), arena) &&
               add(event, SLICE("ce_subject"), subject, none, arena) &&
               add(event, SLICE("ce_time"), none, time, arena) &&
               add(event, SLICE("ce_type"), facts->fact[FACT_type], record_type(event->schema), arena);
}
