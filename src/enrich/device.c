/* The enrichment device: class, brand and model of the agent; screen and viewport as the event says. */
#include "enrich/agent_engine.h"
#include "enrich/enrichment.h"

static const enum field GIVES[] = { FIELD_device_class, FIELD_device_manufacturer, FIELD_device_model_name,
                                    FIELD_device_screen_width, FIELD_device_screen_height, FIELD_device_screen_pixel_ratio,
                                    FIELD_device_viewport_width, FIELD_device_viewport_height, FIELD_COUNT };

static void device_describe(const void *state, const struct agent *agent, struct field_writer *writer)
{
        (void)state;
        const struct slice *part = agent->part[AGENT_DEVICE];
        writer_text(writer, FIELD_device_class, DEVICE_CLASS_NAMES[agent->class]);
        writer_text(writer, FIELD_device_manufacturer, part[DEVICE_BRAND]);
        writer_text(writer, FIELD_device_model_name, part[DEVICE_MODEL]);
}

/* Numbers of the event, and what is believable, in thousandths. */
static const struct {
        enum field field;
        enum fact  fact;
        uint64_t   least, most;
} NUMBERS[] = {
        { FIELD_device_screen_width,       FACT_screen_width,    1000, 65536000 },
        { FIELD_device_screen_height,      FACT_screen_height,   1000, 65536000 },
        { FIELD_device_screen_pixel_ratio, FACT_screen_density,  100,  32000 },
        { FIELD_device_viewport_width,     FACT_viewport_width,  1000, 65536000 },
        { FIELD_device_viewport_height,    FACT_viewport_height, 1000, 65536000 },
};
#define WHOLE_MOST 6               /* digits before the point */
#define DIGITS_MOST 24             /* bytes of a number; doubles print in no more */

/* A plain number, digits with or without a fraction: it goes into the record as the client wrote it. */
static bool number_sane(struct slice text, uint64_t least, uint64_t most)
{
        uint64_t thousandths = 0, weight = 1000;
        size_t   at = 0;
        if (text.size > DIGITS_MOST)
                return false;
        for (; at < text.size && text.data[at] >= '0' && text.data[at] <= '9'; at++)
                thousandths = thousandths * 10 + (uint64_t)(text.data[at] - '0') * 1000;
        if (at > WHOLE_MOST)
                return false;
        if (at < text.size && text.data[at] == '.')
                for (at++; at < text.size && text.data[at] >= '0' && text.data[at] <= '9'; at++)
                        thousandths += (uint64_t)(text.data[at] - '0') * (weight /= 10);
        return at == text.size && thousandths >= least && thousandths <= most;
}

#define TEXT_MOST 256              /* bytes of a brand or a model as written; none is longer */

static bool text_sane(struct slice raw) { return raw.data && raw.size > 2 && raw.size <= TEXT_MOST && *raw.data == '"'; }

/* The event's own brand and model, where the agent does not tell them: apps have a library's agent. */
static void names_write(struct field_writer *writer, const struct subject *subject)
{
        const struct agent_traits *agent = subject->findings->agent;
        const struct slice *facts = subject->facts->fact;
        if (!(agent && agent->brand) && text_sane(facts[FACT_device_manufacturer]))
                writer_json(writer, FIELD_device_manufacturer, facts[FACT_device_manufacturer]);
        if (!(agent && agent->model) && text_sane(facts[FACT_device_model]))
                writer_json(writer, FIELD_device_model_name, facts[FACT_device_model]);
}

static void numbers_write(struct field_writer *writer, const struct slice *facts)
{
        for (size_t i = 0; i < COUNT_OF(NUMBERS); i++)
                if (number_sane(facts[NUMBERS[i].fact], NUMBERS[i].least, NUMBERS[i].most))
                        writer_json(writer, NUMBERS[i].field, facts[NUMBERS[i].fact]);
}

static void device_run(void *scratch, struct subject *subject)
{
        (void)scratch;
        const struct slice *facts = subject->facts->fact;
        if (!facts[FACT_screen_width].data && !facts[FACT_screen_density].data && !facts[FACT_viewport_width].data &&
            !facts[FACT_screen_height].data && !facts[FACT_viewport_height].data && !facts[FACT_device_manufacturer].data &&
            !facts[FACT_device_model].data)
                return;
        struct field_desk desk;
        if (!desk_open(&desk, subject, 2 * TEXT_MOST + COUNT_OF(NUMBERS) * DIGITS_MOST))
                return;
        names_write(&desk.writer, subject);
        numbers_write(&desk.writer, facts);
        desk_close(&desk, subject);
}

extern const struct enrichment ENRICHMENT_device;
const struct enrichment ENRICHMENT_device = {
        .name = "device",
        .stage = STAGE_enrich_device,
        .doc = "Class, brand and model of the device, from the user agent, else (brand and model) from `context.device`; "
               "screen,\n"
               "viewport and pixel ratio where the event carries them (`context.screen`). Numbers that are no size of a screen "
               "are\n"
               "left out.",
        .needs = (const enum field[]){ FIELD_user_agent_device_name, FIELD_COUNT },
        .gives = GIVES,
        .run = device_run,
        .describe = device_describe,
};
