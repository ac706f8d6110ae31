/* The enrichment device: class, brand and model of the agent; screen, viewport and touch as the event says. */
#include "enrich/agent_overlay.h"
#include "enrich/enrichment.h"

static const enum field GIVES[] = {
        FIELD_device_class, FIELD_device_manufacturer, FIELD_device_model_name, FIELD_device_form_factor,
        FIELD_device_cpu_architecture, FIELD_device_cpu_bits, FIELD_device_touch, FIELD_device_touch_points,
        FIELD_device_screen_width, FIELD_device_screen_height, FIELD_device_screen_pixel_ratio, FIELD_device_screen_orientation,
        FIELD_device_screen_color_depth, FIELD_device_viewport_width, FIELD_device_viewport_height,
        FIELD_device_viewport_size_class, FIELD_COUNT,
};

static void hints_describe(const struct hints *hints, struct field_writer *writer)
{
        struct slice bits = hints->bitness;
        writer_text(writer, FIELD_device_form_factor, agent_form_factor(hints));
        writer_text(writer, FIELD_device_cpu_architecture, hints->architecture);
        if (slice_equal(bits, SLICE("64")) || slice_equal(bits, SLICE("32")))
                writer_json(writer, FIELD_device_cpu_bits, bits);
}

static void device_describe(const void *state, const struct agent *agent, struct field_writer *writer)
{
        (void)state;
        const struct slice *part = agent->part[AGENT_DEVICE];
        writer_text(writer, FIELD_device_class, DEVICE_CLASS_NAMES[agent->class]);
        writer_text(writer, FIELD_device_manufacturer, part[DEVICE_BRAND]);
        writer_text(writer, FIELD_device_model_name, part[DEVICE_MODEL]);
        if (agent->hints)
                hints_describe(agent->hints, writer);
}

/* Numbers of the event, and what is believable, in thousandths. The order is that of writing. */
enum number {
        TOUCH_POINTS,
        SCREEN_WIDTH,
        SCREEN_HEIGHT,
        PIXEL_RATIO,
        COLOR_DEPTH,
        VIEWPORT_WIDTH,
        VIEWPORT_HEIGHT,
        NUMBER_COUNT
};
static const struct {
        enum field field;
        enum fact  fact;
        uint64_t   least, most;
        bool       whole;          /* no fraction */
} NUMBERS[NUMBER_COUNT] = {
        [TOUCH_POINTS] =    { FIELD_device_touch_points,       FACT_device_touch_points, 0,    256000,   true },
        [SCREEN_WIDTH] =    { FIELD_device_screen_width,       FACT_screen_width,        1000, 65536000, false },
        [SCREEN_HEIGHT] =   { FIELD_device_screen_height,      FACT_screen_height,       1000, 65536000, false },
        [PIXEL_RATIO] =     { FIELD_device_screen_pixel_ratio, FACT_screen_density,      100,  32000,    false },
        [COLOR_DEPTH] =     { FIELD_device_screen_color_depth, FACT_screen_color_depth,  1000, 128000,   true },
        [VIEWPORT_WIDTH] =  { FIELD_device_viewport_width,     FACT_viewport_width,      1000, 65536000, false },
        [VIEWPORT_HEIGHT] = { FIELD_device_viewport_height,    FACT_viewport_height,     1000, 65536000, false },
};
/* All that an event may say, for a quick look. */
static const enum fact SAID[] = {
        FACT_screen_width, FACT_screen_height, FACT_screen_density, FACT_viewport_width, FACT_viewport_height,
        FACT_screen_orientation, FACT_screen_color_depth, FACT_device_orientation, FACT_device_touch, FACT_device_touch_points,
        FACT_device_manufacturer, FACT_device_model,
};
#define WHOLE_MOST 6               /* digits before the point */
#define DIGITS_MOST 24             /* bytes of a number; doubles print in no more */
#define INSANE UINT64_MAX

/* A plain number, digits with or without a fraction, in thousandths: it goes into the record as the client wrote it. */
static uint64_t number_read(struct slice text, enum number number)
{
        uint64_t thousandths = 0, weight = 1000;
        size_t   at = 0;
        if (text.size == 0 || text.size > DIGITS_MOST)
                return INSANE;
        for (; at < text.size && text.data[at] >= '0' && text.data[at] <= '9'; at++)
                thousandths = thousandths * 10 + (uint64_t)(text.data[at] - '0');
        thousandths *= 1000;
        if (at == 0 || at > WHOLE_MOST)
                return INSANE;
        if (at < text.size && text.data[at] == '.' && !NUMBERS[number].whole)
                for (at++; at < text.size && text.data[at] >= '0' && text.data[at] <= '9'; at++)
                        thousandths += (uint64_t)(text.data[at] - '0') * (weight /= 10);
        return at == text.size && thousandths >= NUMBERS[number].least && thousandths <= NUMBERS[number].most ? thousandths
                                                                                                              : INSANE;
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

/* What the event says, read. */
struct sizes { uint64_t value[NUMBER_COUNT]; };    /* thousandths, or INSANE */

static void numbers_write(struct field_writer *writer, const struct slice *facts, const struct sizes *sizes, enum number first,
                          enum number last)
{
        for (enum number i = first; i <= last; i++)
                if (sizes->value[i] != INSANE)
                        writer_json(writer, NUMBERS[i].field, facts[NUMBERS[i].fact]);
}

static void touch_write(struct field_writer *writer, const struct slice *facts, const struct sizes *sizes)
{
        struct slice touch = facts[FACT_device_touch];
        if (touch.data)
                writer_boolean(writer, FIELD_device_touch, *touch.data == 't');
        else if (sizes->value[TOUCH_POINTS] != INSANE)
                writer_boolean(writer, FIELD_device_touch, sizes->value[TOUCH_POINTS] > 0);
        numbers_write(writer, facts, sizes, TOUCH_POINTS, TOUCH_POINTS);
}

/* As JSON. */
#define PORTRAIT  SLICE("\"portrait\"")
#define LANDSCAPE SLICE("\"landscape\"")

static struct slice orientation_of(uint64_t width, uint64_t height)
{
        if (width == INSANE || height == INSANE || width == height)
                return (struct slice){ NULL, 0 };
        return width < height ? PORTRAIT : LANDSCAPE;
}

/* "portrait", or a browser's "portrait-primary"; else by the sizes. A phone's browser may not turn the screen's sizes when the
 * phone is turned, so there the window's tell more; a desktop's window may have any form. */
static struct slice orientation_find(const struct subject *subject, const struct sizes *sizes)
{
        static const enum fact WORDS[] = { FACT_screen_orientation, FACT_device_orientation };
        const struct agent_traits *agent = subject->findings->agent;
        const uint64_t *value = sizes->value;
        for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
                struct slice word = subject->facts->fact[WORDS[i]];
                if (slice_starts_with(word, SLICE("\"portrait")))
                        return PORTRAIT;
                if (slice_starts_with(word, SLICE("\"landscape")))
                        return LANDSCAPE;
        }
        bool held = agent && (agent->class == DEVICE_PHONE || agent->class == DEVICE_TABLET);
        struct slice window = orientation_of(value[VIEWPORT_WIDTH], value[VIEWPORT_HEIGHT]);
        struct slice screen = orientation_of(value[SCREEN_WIDTH], value[SCREEN_HEIGHT]);
        return (held && window.data) || !screen.data ? window : screen;
}

/* From these widths of the window on, in thousandths: Android's and Material's window size classes. */
static const struct { uint64_t from; struct slice json; } SIZE_CLASSES[] = {
        { 1600000, SLICE_INIT("\"extra_large\"") },
        { 1200000, SLICE_INIT("\"large\"") },
        { 840000,  SLICE_INIT("\"expanded\"") },
        { 600000,  SLICE_INIT("\"medium\"") },
        { 0,       SLICE_INIT("\"compact\"") },
};

static void size_class_write(struct field_writer *writer, uint64_t width)
{
        size_t i = 0;
        if (width == INSANE)
                return;
        while (width < SIZE_CLASSES[i].from)
                i++;
        writer_json(writer, FIELD_device_viewport_size_class, SIZE_CLASSES[i].json);
}

static void device_run(void *scratch, struct subject *subject)
{
        (void)scratch;
        const struct slice *facts = subject->facts->fact;
        struct field_desk desk;
        struct sizes sizes;
        size_t said = 0;
        while (said < COUNT_OF(SAID) && !facts[SAID[said]].data)
                said++;
        if (said == COUNT_OF(SAID) || !desk_open(&desk, subject, 2 * TEXT_MOST + NUMBER_COUNT * DIGITS_MOST + 32))
                return;
        for (enum number i = 0; i < NUMBER_COUNT; i++)
                sizes.value[i] = number_read(facts[NUMBERS[i].fact], i);
        names_write(&desk.writer, subject);
        touch_write(&desk.writer, facts, &sizes);
        numbers_write(&desk.writer, facts, &sizes, SCREEN_WIDTH, PIXEL_RATIO);
        writer_json(&desk.writer, FIELD_device_screen_orientation, orientation_find(subject, &sizes));
        numbers_write(&desk.writer, facts, &sizes, COLOR_DEPTH, COLOR_DEPTH);
        numbers_write(&desk.writer, facts, &sizes, VIEWPORT_WIDTH, VIEWPORT_HEIGHT);
        size_class_write(&desk.writer, sizes.value[VIEWPORT_WIDTH]);
        desk_close(&desk, subject);
}

extern const struct enrichment ENRICHMENT_device;
const struct enrichment ENRICHMENT_device = {
        .name = "device",
        .stage = STAGE_enrich_device,
        .doc = "Class, brand and model of the device, from the user agent and the client's hints, else (brand and model) from\n"
               "`context.device`; form factor and processor from the hints; touch, screen, viewport and pixel ratio where the "
               "event carries\n"
               "them (`context.screen`, `context.device`). Numbers that are no size of a screen are left out.",
        .needs = (const enum field[]){ FIELD_user_agent_device_name, FIELD_COUNT },
        .gives = GIVES,
        .run = device_run,
        .describe = device_describe,
};
