/* Any bytes as client hints over an agent. The first line is the agent, the second is for the events' JSON (taken where it is
 * some), and each further one a header: which, by its first letter, and its value. What is read lies in the source or in the room
 * for texts, and laying it over the agent ends. */
#include "enrich/agent_overlay.h"
#include "json/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct slice line_take(struct slice *left)
{
        const char *end = left->size ? memchr(left->data, '\n', left->size) : NULL;
        struct slice line = end ? slice_between(left->data, end) : *left;
        size_t used = line.size + (end != NULL);
        *left = (struct slice){ left->data + used, left->size - used };
        return line;
}

static void inside(struct slice text, struct slice a, struct slice b)
{
        BUG_IF(text.size > HINT_TEXT_MOST);
        BUG_IF(text.size && !(text.data >= a.data && text.data + text.size <= a.data + a.size) &&
               !(text.data >= b.data && text.data + text.size <= b.data + b.size));
}

static void check(const struct hints *hints, struct slice source, struct slice room)
{
        const struct hint_list *const LISTS[] = { &hints->brands, &hints->full_versions, &hints->form_factors };
        const struct slice TEXTS[] = { hints->full_version, hints->platform,     hints->platform_version,
                                       hints->model,        hints->architecture, hints->bitness };
        for (size_t i = 0; i < COUNT_OF(LISTS); i++) {
                BUG_IF(LISTS[i]->count > HINT_ITEMS);
                for (size_t j = 0; j < LISTS[i]->count; j++) {
                        inside(LISTS[i]->item[j].name, source, room);
                        if (LISTS[i] != &hints->form_factors)
                                inside(LISTS[i]->item[j].version, source, room);
                }
        }
        for (size_t i = 0; i < COUNT_OF(TEXTS); i++)
                inside(TEXTS[i], source, room);
}

static void overlay(const struct hints *hints, struct slice text)
{
        static struct agent_engine  *engine;       /* libFuzzer calls from one thread */
        static struct agent_scratch *scratch;
        if (!engine) {
                struct errors errors = { 0 };
                const char *file = getenv("AGENT_RULES") ? getenv("AGENT_RULES") : "/usr/share/uap-core/regexes.yaml";
                struct agent_rules *rules = agent_rules_load(file, &errors);
                engine = rules ? agent_engine_new(rules, NULL, file, &errors) : NULL;
                errors_print(&errors, stderr);
                BUG_IF(!engine);
                scratch = agent_scratch_new(engine, 1024);
        }
        struct agent agent;
        char room[OVERLAY_TEXT];
        size_t read = 0;
        agent_find(engine, scratch, text, &agent);
        agent_clean(&agent);
        agent_overlay(engine, scratch, hints, room, &agent);
        agent_overlay_touch(&agent);
        for (size_t section = 0; section < AGENT_SECTIONS; section++)      /* every byte of it can be read */
                for (size_t part = 0; part < AGENT_PARTS; part++)
                        for (size_t i = 0; i < agent.part[section][part].size; i++)
                                read += (unsigned char)agent.part[section][part].data[i];
        BUG_IF(agent.class >= DEVICE_CLASSES || read == SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const struct scan_limits LIMITS = { 64, 4096 };
        struct slice headers[HEADER_COUNT] = { { NULL, 0 } };
        struct scan_error err;
        char *exact = malloc(size ? size : 1);     /* no byte more, so that a read past its end is seen */
        BUG_IF(!exact);
        memcpy(exact, data, size);
        struct slice whole = { exact, size }, left = whole, agent = line_take(&left), json = line_take(&left);
        struct hint_source source = { .headers = headers };
        if (json.size && *json.data != 'n' && scan_text(json, &LIMITS, &err))
                source.event = json;
        while (left.size) {
                struct slice line = line_take(&left);
                if (line.size)
                        headers[(unsigned char)*line.data % HEADER_COUNT] = (struct slice){ line.data + 1, line.size - 1 };
        }
        size_t bytes = hints_size(&source);
        char  *key = malloc(bytes ? bytes : 1), *room = malloc(bytes ? bytes : 1);
        BUG_IF(!key || !room || hints_key(&source, key) != key + bytes);
        struct buffer text;
        struct hints  hints;
        buffer_wrap(&text, room, bytes);
        hints_read(&source, &text, &hints);
        check(&hints, whole, (struct slice){ room, bytes });
        overlay(&hints, agent);
        free(key);
        free(room);
        free(exact);
        return 0;
}
