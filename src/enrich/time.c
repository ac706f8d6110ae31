/* The enrichment time: what clock and calendar of the client's place show when the event happens.
 *
 * All but the minutes and what is below them stays the same for an hour in a zone (or until its clocks change): so each worker
 * keeps two rendered texts a zone, as some events come from the hour before, and an event costs a look at the name and nine
 * digits. */
#include "enrich/enrichment.h"
#include "enrich/local_time.h"
#include "enrich/zones.h"
#include "json/scan.h"

#define HOUR_MS  ((int64_t)3600000)
#define ZONE_TEXT 64               /* bytes of a zone that are looked at */
#define FIXED    64                /* slots for offsets, by minutes modulo */
#define NAMED    256               /* texts of events whose place is remembered */

enum zone_source { SOURCE_EVENT, SOURCE_ADDRESS, SOURCES };
static const struct slice SOURCE_NAMES[SOURCES] = { SLICE_INIT("event"), SLICE_INIT("address") };

struct time_state {                /* a plan's */
        struct zones *zones;
        uint8_t  weekend;          /* bit d: weekday d (0: Monday) belongs to it */
        char     list[4096];       /* tzdata.zi's path */
};
/* A place: a zone of the database, or an offset. */
struct place {
        const struct zone_name *zone;      /* NULL: the offset */
        int32_t offset;            /* seconds */
        enum zone_source source;
};
/* The fields of one hour there. */
struct hour {
        struct place place;
        int64_t  from, until;      /* ms; good between */
        int64_t  start;            /* ms: the full hour by the clocks there, perhaps before `from` */
        size_t   hole;             /* where the minutes stand; SIZE_MAX: nowhere */
        uint8_t  count;
        uint8_t  group[2];         /* of the pieces, which lie one behind the other */
        uint32_t size[2];
        char     text[];           /* desk->room bytes */
};
/* A place's two last hours. */
struct hours {
        struct hour *newest, *other;       /* NULL: not seen yet */
};
/* A time zone as an event wrote it. */
struct named {
        struct place place;
        size_t       size;         /* 0: free */
        char         raw[ZONE_TEXT];
};
struct time_desk {                 /* a worker's */
        const struct time_state  *state;
        const struct enrich_plan *plan;
        size_t       room;
        struct named named[NAMED]; /* by a few bytes of the text: whoever makes them collide has them found again each time */
        struct hours hours[];      /* by zone, then by offset; each by source */
};

static const enum field GIVES[] = { FIELD_event_timezone, FIELD_local_time, FIELD_local_year, FIELD_local_quarter,
                                    FIELD_local_month, FIELD_local_day_of_year, FIELD_local_week, FIELD_local_week_year,
                                    FIELD_local_weekday, FIELD_local_weekday_name, FIELD_local_weekend, FIELD_local_hour,
                                    FIELD_local_part_of_day, FIELD_local_zone_source, FIELD_local_zone_abbreviation,
                                    FIELD_local_zone_offset, FIELD_local_zone_dst, FIELD_COUNT };
/* Values: two names, a time, words, and numbers. All ASCII without escapes. */
#define VALUES_MOST (ZONE_NAME + LOCAL_TIME_TEXT + 17 * 24)

static void time_unload(void *state)
{
        struct time_state *time = state;
        if (!time)
                return;
        zones_free(time->zones);
        free(time);
}

static bool weekend_read(const struct enrich_setup *setup, uint8_t *ret_weekend, struct errors *errors)
{
        const struct text_list *list = &setup->config->enrich_time_weekend;
        uint8_t weekend = 0;
        bool    good = true;
        for (size_t i = 0; i < list->count; i++) {
                size_t day = 0;
                while (day < 7 && !slice_equal_nocase(WEEKDAY_NAMES[day], slice_of(list->items[i])))
                        day++;
                if (day == 7)
                        good = errors_add(errors, "enrich.time.weekend: '%s' is none of monday, tuesday, wednesday, thursday, "
                                                  "friday, saturday, sunday", list->items[i]);
                weekend |= (uint8_t)(1u << day & 0x7f);
        }
        *ret_weekend = weekend;
        return good;
}

static void *time_load(const struct enrich_setup *setup, struct errors *errors)
{
        const char *folder = setup->config->enrich_time_zones;
        struct time_state *time = memory_get(sizeof(*time));
        bool good = weekend_read(setup, &time->weekend, errors);
        time->zones = zones_load(folder, errors);
        if (!good || !time->zones) {
                time_unload(time);
                return NULL;
        }
        if ((size_t)snprintf(time->list, sizeof(time->list), "%s/tzdata.zi", folder) < sizeof(time->list))
                setup_watch(setup, time->list);
        return time;
}

static size_t hours_count(const struct time_state *state) { return (zones_count(state->zones) + FIXED) * SOURCES; }

static void *time_attach(const void *state, const struct enrich_plan *plan)
{
        const struct time_state *time = state;
        struct time_desk *desk = memory_get(sizeof(*desk) + hours_count(time) * sizeof(desk->hours[0]));
        desk->state = time;
        desk->plan = plan;
        desk->room = layout_keys(enrich_plan_layout(plan), GIVES) + VALUES_MOST + READABLE_PADDING;
        return desk;
}

static void time_detach(void *scratch)
{
        struct time_desk *desk = scratch;
        for (size_t i = 0; i < hours_count(desk->state); i++) {
                free(desk->hours[i].newest);
                free(desk->hours[i].other);
        }
        free(desk);
}

static void calendar_render(struct field_writer *writer, const struct local_time *local, uint8_t weekend)
{
        const struct { enum field field; int64_t value; } NUMBERS[] = {
                { FIELD_local_year, local->year },     { FIELD_local_quarter, (local->month + 2) / 3 },
                { FIELD_local_month, local->month },   { FIELD_local_day_of_year, local->day_of_year },
                { FIELD_local_week, local->week },     { FIELD_local_week_year, local->week_year },
                { FIELD_local_weekday, local->weekday },
        };
        for (size_t i = 0; i < COUNT_OF(NUMBERS); i++)
                writer_integer(writer, NUMBERS[i].field, NUMBERS[i].value);
        writer_text(writer, FIELD_local_weekday_name, WEEKDAY_NAMES[local->weekday - 1]);
        writer_boolean(writer, FIELD_local_weekend, weekend >> (local->weekday - 1) & 1);
        writer_integer(writer, FIELD_local_hour, local->hour);
        writer_text(writer, FIELD_local_part_of_day, PART_OF_DAY_NAMES[local->hour / 6]);
}

static void zone_render(struct field_writer *writer, const struct place *place, const struct zone_span *span, int32_t minutes)
{
        writer_text(writer, FIELD_local_zone_source, SOURCE_NAMES[place->source]);
        writer_text(writer, FIELD_local_zone_abbreviation, span->abbreviation);
        writer_integer(writer, FIELD_local_zone_offset, minutes);
        if (place->zone)
                writer_boolean(writer, FIELD_local_zone_dst, span->dst);
}

/* Nothing when the time there is out of all calendars. */
static void hour_render(const struct time_desk *desk, struct hour *hour, const struct zone_span *span, int64_t ms)
{
        struct buffer       out;
        struct field_writer writer;
        struct local_time   local;
        char text[LOCAL_TIME_TEXT];
        hour->count = 0;
        hour->hole = SIZE_MAX;
        if (!local_time_init(&local, ms, span->offset))
                return;
        local_time_format(&local, text);
        buffer_wrap(&out, hour->text, desk->room - READABLE_PADDING);
        writer_init(&writer, enrich_plan_layout(desk->plan), &out);
        struct slice offset = { text + LOCAL_TIME_TEXT - 6, 6 };
        writer_text(&writer, FIELD_event_timezone, hour->place.zone ? hour->place.zone->text : offset);
        size_t before = out.size;
        writer_text(&writer, FIELD_local_time, (struct slice){ text, LOCAL_TIME_TEXT });
        if (out.size > before)
                hour->hole = out.size - 1 - LOCAL_TIME_TEXT + LOCAL_TIME_MINUTE;
        calendar_render(&writer, &local, desk->state->weekend);
        zone_render(&writer, &hour->place, span, local.offset);
        if (!writer_end(&writer))
                return;
        for (; hour->count < writer.count; hour->count++) {
                hour->group[hour->count] = (uint8_t)writer.piece[hour->count].group;
                hour->size[hour->count] = (uint32_t)writer.piece[hour->count].size;
        }
}

/* Seconds as ms, no farther than int64_t goes. */
static int64_t to_ms(int64_t seconds)
{
        int64_t ms;
        return !__builtin_mul_overflow(seconds, 1000, &ms) ? ms : seconds < 0 ? INT64_MIN : INT64_MAX;
}

static void hour_fill(const struct time_desk *desk, struct hour *hour, int64_t ms)
{
        struct zone_span span = { INT64_MIN, INT64_MAX, hour->place.offset, false, { 0 } };
        if (hour->place.zone)
                zone_find(hour->place.zone->zone, ms / 1000 - (ms % 1000 < 0), &span);
        int64_t shift = (int64_t)(span.offset / 60) * 60000, local = ms + shift;
        hour->start = local - ((local % HOUR_MS + HOUR_MS) % HOUR_MS) - shift;
        hour->from = to_ms(span.from) > hour->start ? to_ms(span.from) : hour->start;
        hour->until = to_ms(span.until) < hour->start + HOUR_MS ? to_ms(span.until) : hour->start + HOUR_MS;
        hour_render(desk, hour, &span, ms);
}

static bool hour_is(const struct hour *hour, const struct place *place, int64_t ms)
{
        return hour && ms >= hour->from && ms < hour->until && hour->place.zone == place->zone &&
               hour->place.offset == place->offset && hour->place.source == place->source;
}

/* The place's text of the hour at `ms`. */
static struct hour *hour_get(struct time_desk *desk, const struct place *place, int64_t ms)
{
        size_t number = place->zone ? place->zone->number
                                    : zones_count(desk->state->zones) + (size_t)(place->offset / 60 + 86400) % FIXED;
        struct hours *hours = &desk->hours[number * SOURCES + place->source];
        if (LIKELY(hour_is(hours->newest, place, ms)))
                return hours->newest;
        struct hour *hour = hours->other;
        hours->other = hours->newest;
        hours->newest = hour;
        if (hour_is(hour, place, ms))
                return hour;
        if (!hour)
                hour = hours->newest = memory_get(sizeof(*hour) + desk->room);
        hour->place = *place;
        hour_fill(desk, hour, ms);
        return hour;
}

/* `raw` with quotes. */
static bool place_of_event(const struct time_desk *desk, const struct subject *subject, struct slice raw, struct place *ret_place)
{
        struct slice text = { raw.data + 1, raw.size - 2 };
        struct place place = { .source = SOURCE_EVENT };
        if (raw.size > ZONE_TEXT)
                return false;
        if (memchr(text.data, '\\', text.size))        /* PHP's "Europe\/Berlin" */
                text = scan_plain(raw, subject->arena);
        place.zone = zones_find(desk->state->zones, text);
        if (!place.zone && !zone_offset_parse(text, &place.offset))
                return false;
        *ret_place = place;
        return true;
}

static struct named *named_slot(struct time_desk *desk, struct slice raw)
{
        uint64_t word = 0;                 /* the last ones differ most */
        size_t   size = raw.size - 2 < 8 ? raw.size - 2 : 8;
        memcpy(&word, raw.data + raw.size - 1 - size, size);
        return &desk->named[((word + raw.size) * 0x9e3779b97f4a7c15u) >> 56 & (NAMED - 1)];
}

/* False: nobody knows. */
static bool place_find(struct time_desk *desk, const struct subject *subject, struct place *ret_place)
{
        struct slice raw = subject->facts->fact[FACT_timezone], zone = subject->findings->zone;
        struct place place = { .source = SOURCE_ADDRESS };
        if (raw.size > 2 && *raw.data == '"') {
                struct named *named = named_slot(desk, raw);
                if (LIKELY(raw.size == named->size && memcmp(raw.data, named->raw, raw.size) == 0)) {
                        *ret_place = named->place;
                        return true;
                }
                if (place_of_event(desk, subject, raw, &named->place)) {
                        memcpy(named->raw, raw.data, raw.size);
                        named->size = raw.size;
                        *ret_place = named->place;
                        return true;
                }
                subject_count(subject, METRIC_zone_unknown, 1);
        }
        if (zone.size == 0 || !(place.zone = zones_find(desk->state->zones, zone)))
                return false;
        *ret_place = place;
        return true;
}

static void time_run(void *scratch, struct subject *subject)
{
        struct time_desk *desk = scratch;
        struct place place;
        int64_t ms = subject->facts->time;
        if (!place_find(desk, subject, &place))
                return;
        struct hour *hour = hour_get(desk, &place, ms);
        char *at = hour->text;
        if (hour->hole != SIZE_MAX)
                local_time_format_rest(ms - hour->start, at + hour->hole);
        for (size_t i = 0; i < hour->count; at += hour->size[i++])
                findings_add(subject->findings, (enum group)hour->group[i], (struct slice){ at, hour->size[i] });
}

extern const struct enrichment ENRICHMENT_time;
const struct enrichment ENRICHMENT_time = {
        .name = "time",
        .stage = STAGE_enrich_time,
        .doc = "What the clocks and the calendar of the client's place show when the event happens. The time zone is "
               "`context.timezone` "
               "of\n"
               "the event (a name of the tz database in letters of any case, or an offset such as `+02:00`), else that of the "
               "address, as an\n"
               "enrichment before this one finds it. The zones are those of the system (`enrich.time.zones`).",
        .gives = GIVES,
        .load = time_load,
        .unload = time_unload,
        .attach = time_attach,
        .detach = time_detach,
        .run = time_run,
};
