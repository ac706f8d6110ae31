/* The enrichment bot: is it a robot, which, what for, and by what it was found out. What the agent alone tells is described once
 * an agent; what an event adds (a browser under remote control, a network of machines) is one of a few texts, made once a worker.
 */
#include "enrich/agent_engine.h"
#include "enrich/bot_networks.h"
#include "enrich/enrichment.h"

/* What is written for one event. ALSO: the agent names a robot that is excepted, so name and category are there. */
enum answer { ANSWER_NO, ANSWER_YES, ANSWER_WEBDRIVER, ANSWER_ALSO_WEBDRIVER, ANSWER_NETWORK, ANSWER_ALSO_NETWORK, ANSWERS };
static const struct { bool detected; enum bot_category category; enum bot_reason reason; } ANSWER_ROWS[ANSWERS] = {
        [ANSWER_NO]             = { false, BOT_NONE,       BOT_REASONS },
        [ANSWER_YES]            = { true,  BOT_NONE,       BOT_REASONS },
        [ANSWER_WEBDRIVER]      = { true,  BOT_AUTOMATION, BOT_BY_WEBDRIVER },
        [ANSWER_ALSO_WEBDRIVER] = { true,  BOT_NONE,       BOT_BY_WEBDRIVER },
        [ANSWER_NETWORK]        = { true,  BOT_HOSTING,    BOT_BY_NETWORK },
        [ANSWER_ALSO_NETWORK]   = { true,  BOT_NONE,       BOT_BY_NETWORK },
};

struct bot_state { struct bot_networks *networks; };       /* a plan's; NULL: none */
struct bot_desk {                  /* a worker's */
        const struct bot_networks *networks;
        struct address address;    /* the last one that was looked for: a request's events have one */
        bool           inside;     /* it is in a network of the list */
        struct slice   answer[ANSWERS];
        char           text[1024 + READABLE_PADDING];
};

static void bot_unload(void *pointer)
{
        struct bot_state *state = pointer;
        if (!state)
                return;
        bot_networks_free(state->networks);
        free(state);
}

/* True when the enrichment that knows AS numbers runs before this one. */
static bool geo_before(const struct config *config)
{
        for (size_t i = 0; i < config->enrich_order.count && strcmp(config->enrich_order.items[i], "bot") != 0; i++)
                if (strcmp(config->enrich_order.items[i], "geo") == 0)
                        return true;
        return false;
}

static void *bot_load(const struct enrich_setup *setup, struct errors *errors)
{
        const char *file = setup->config->enrich_bot_networks;
        struct bot_state *state = memory_get(sizeof(*state));
        if (!*file)
                return state;
        setup_watch(setup, file);
        state->networks = bot_networks_load(file, errors);
        size_t numbers = 0, ranges = 0;
        if (state->networks)
                bot_networks_count(state->networks, &numbers, &ranges);
        if (numbers > 0 && !geo_before(setup->config)) {
                (void)config_error(setup->config, errors, "enrich.bot.networks",
                                   "the file has AS numbers, which only the enrichment geo knows: put it before bot in "
                                   "enrich.order");
        } else if (state->networks) {
                if (numbers > 0 && setup->config->enrich_geo_databases.count == 0)
                        setup_note(setup, "%s: its AS numbers are never found, as enrich.geo.databases names no database", file);
                return state;
        }
        bot_unload(state);
        return NULL;
}

static void *bot_attach(const void *pointer, const struct enrich_plan *plan)
{
        const struct bot_state *state = pointer;
        struct bot_desk *desk = memory_get(sizeof(*desk));
        struct buffer    buffer;
        desk->networks = state->networks;
        buffer_wrap(&buffer, desk->text, sizeof(desk->text) - READABLE_PADDING);
        for (size_t i = 0; i < ANSWERS; i++) {
                struct field_writer writer;
                writer_init(&writer, enrich_plan_layout(plan), &buffer);
                writer_boolean(&writer, FIELD_bot_detected, ANSWER_ROWS[i].detected);
                writer_text(&writer, FIELD_bot_category, BOT_CATEGORY_NAMES[ANSWER_ROWS[i].category]);
                if (ANSWER_ROWS[i].reason != BOT_REASONS)
                        writer_text(&writer, FIELD_bot_reason, BOT_REASON_NAMES[ANSWER_ROWS[i].reason]);
                BUG_IF(!writer_end(&writer));
                if (writer.count)
                        desk->answer[i] = (struct slice){ desk->text + writer.piece[0].start, writer.piece[0].size };
        }
        return desk;
}

static void bot_detach(void *scratch) { free(scratch); }

static bool fact_true(struct slice fact) { return fact.size == 4 && memcmp(fact.data, "true", 4) == 0; }

static bool network_listed(struct bot_desk *desk, const struct subject *subject)
{
        const struct address *address = &subject->client->address;
        if (!desk->networks)
                return false;
        if (address->known &&
            (!desk->address.known || memcmp(address->bytes, desk->address.bytes, sizeof(address->bytes)) != 0)) {
                desk->address = *address;
                desk->inside = bot_networks_has_address(desk->networks, address);
        }
        return (address->known && desk->inside) || bot_networks_has_number(desk->networks, subject->findings->as_number);
}

static void bot_run(void *scratch, struct subject *subject)
{
        struct bot_desk *desk = scratch;
        struct findings *findings = subject->findings;
        const struct agent_traits *agent = findings->agent;
        const struct slice *facts = subject->facts->fact;
        enum answer answer = ANSWER_NO;
        if (agent && agent->bot)
                answer = ANSWER_YES;
        else if (fact_true(facts[FACT_webdriver]) || fact_true(facts[FACT_device_webdriver]))
                answer = ANSWER_WEBDRIVER;
        else if (network_listed(desk, subject))
                answer = ANSWER_NETWORK;
        else if (!agent)
                return;
        if (answer > ANSWER_YES && agent && agent->robot)
                answer++;
        if (answer != ANSWER_NO) {
                findings->bot = true;
                subject_count(subject, METRIC_bots, 1);
        }
        findings_add(findings, GROUP_bot, desk->answer[answer]);
}

static void bot_describe(const void *state, const struct agent *agent, struct field_writer *writer)
{
        (void)state;
        const struct bot *robot = &agent->robot;
        if (robot->category == BOT_NONE)
                return;
        writer_text(writer, FIELD_bot_name, robot->name);
        writer_text(writer, FIELD_bot_category, BOT_CATEGORY_NAMES[robot->category]);
        if (robot->counted)
                writer_text(writer, FIELD_bot_reason, BOT_REASON_NAMES[robot->reason]);
        writer_text(writer, FIELD_bot_url, robot->url);
}

extern const struct enrichment ENRICHMENT_bot;
const struct enrichment ENRICHMENT_bot = {
        .name = "bot",
        .stage = STAGE_enrich_bot,
        .doc = "Whether a robot sent the event, which one, what it is for, and how that is known: by the list "
               "`enrich.bot.list`, by our own\n"
               "words and uap-core's `Spider`, by a browser that says that it runs without a screen or under remote control "
               "(`navigator.webdriver`\n"
               "in `context.webdriver` or `context.device.webdriver`), or by the networks `enrich.bot.networks`. Programs' HTTP "
               "libraries count\n"
               "as robots; those of apps (okhttp, CFNetwork, Dalvik) do not: `enrich.bot.except`.",
        .needs = (const enum field[]){ FIELD_user_agent_original, FIELD_COUNT },
        .gives = (const enum field[]){ FIELD_bot_detected, FIELD_bot_name, FIELD_bot_category, FIELD_bot_reason, FIELD_bot_url,
                                       FIELD_COUNT },
        .load = bot_load,
        .unload = bot_unload,
        .attach = bot_attach,
        .detach = bot_detach,
        .run = bot_run,
        .describe = bot_describe,
};
