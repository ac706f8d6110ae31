/* The enrichment device: class, brand and model of the agent; screen and viewport as the event says. */
#include "enrich/agent_engine.h"
#include "enrich/enrichment.h"

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

static void device_run(void *scratch, struct subject *subject)
{
        (void)scratch;
        const struct slice *facts = subject->facts->fact;
        if (!facts[FACT_screen_width].data && !facts[FACT_screen_density].data && !facts[FACT_viewport_width].data &&
            !facts[FACT_screen_height].data && !facts[FACT_viewport_height].data)
                return;
        const struct layout *layout = subject->findings->layout;
        struct buffer buffer;
        struct field_writer writer;
        size_t size = 0;
        for (size_t i = 0; i < COUNT_OF(NUMBERS); i++)
                size += layout->field[NUMBERS[i].field].key.size + layout->field[NUMBERS[i].field].open.size + DIGITS_MOST + 2;
        char *text = arena_take(subject->arena, size);
        if (!text)
                return;
        buffer_wrap(&buffer, text, size);
        writer_init(&writer, layout, &buffer);
        for (size_t i = 0; i < COUNT_OF(NUMBERS); i++)
                if (number_sane(facts[NUMBERS[i].fact], NUMBERS[i].least, NUMBERS[i].most))
                        writer_json(&writer, NUMBERS[i].field, facts[NUMBERS[i].fact]);
        if (writer_end(&writer))
                findings_take(subject->findings, &writer);
        arena_trim(subject->arena, text, text + buffer.size);
}

extern const struct enrichment ENRICHMENT_device;
const struct enrichment ENRICHMENT_device = {
        .name = "device",
        .stage = STAGE_enrich_device,
        .doc = "Class, brand and model of the device, from the user agent; screen, viewport and pixel ratio where the event "
               "carries them\n"
               "(`context.screen`). Numbers that are no size of a screen are left out.",
        .needs = (const enum field[]){ FIELD_user_agent_device_name, FIELD_COUNT },
        .gives = (const enum field[]){ FIELD_device_class, FIELD_device_manufacturer, FIELD_device_model_name,
                                       FIELD_device_screen_width, FIELD_device_screen_height, FIELD_device_screen_pixel_ratio,
                                       FIELD_device_viewport_width, FIELD_device_viewport_height, FIELD_COUNT },
        .run = device_run,
        .describe = device_describe,
};
