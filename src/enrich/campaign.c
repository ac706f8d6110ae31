/* The enrichment campaign: what brought the visitor, and by which channel. Scanning an address for the parameters is done for
 * each event; what they say is rendered once a campaign and comes from the cache, all but the click id, which never repeats. */
#include "base/utf8.h"
#include "enrich/campaign_table.h"
#include "enrich/plain.h"
#include "enrich/referrer.h"
#include "enrich/text_cache.h"
#include "json/scan.h"

struct campaign {                  /* a plan's */
        struct campaign_table *table;
        struct referrer_table *sites;          /* to know a source by its name */
        size_t     limit, click_limit, entries;
        enum field field[CAMPAIGN_SLOTS];
        size_t     slots;
};
struct note { bool cut; };
/* What is known of where the visitor was before, for the channel. */
enum { CAME_UNKNOWN, CAME_DIRECT, CAME_FROM_INSIDE, CAME_FROM, /* + enum channel_site */
       CAME_COUNT = CAME_FROM + CHANNEL_SITE_ai_assistant + 1 };
struct desk {                      /* a worker's */
        const struct campaign    *campaign;
        const struct enrich_plan *plan;
        struct text_cache        *cache;
        struct arena_pool         pool;        /* of what is needed while a campaign is rendered */
        struct buffer             key, text;
        struct slice              channel[CAME_COUNT];         /* "channel":"direct", by came_from(); empty: none */
        char                      channel_text[CAME_COUNT][64 + READABLE_PADDING];
};

static const enum field GIVES[] = {
        FIELD_campaign_source, FIELD_campaign_medium, FIELD_campaign_name, FIELD_campaign_term, FIELD_campaign_content,
        FIELD_campaign_id, FIELD_campaign_group, FIELD_campaign_placement, FIELD_campaign_source_platform,
        FIELD_campaign_creative_format, FIELD_campaign_marketing_tactic, FIELD_campaign_click_id, FIELD_campaign_click_network,
        FIELD_traffic_channel, FIELD_COUNT,
};

/* ---- loading ---- */

static void campaign_unload(void *state)
{
        struct campaign *campaign = state;
        if (!campaign)
                return;
        campaign_table_free(campaign->table);
        referrer_table_free(campaign->sites);
        free(campaign);
}

static void list_add(struct campaign *campaign, const struct enrich_setup *setup, const struct text_list *list, size_t slot,
                     struct errors *errors)
{
        char path[64];
        (void)snprintf(path, sizeof(path), "enrich.%s", FIELDS[GIVES[slot]].name);     /* option and field have one name */
        for (size_t i = 0; i < list->count; i++)
                if (!campaign_table_add(campaign->table, slice_of(list->items[i]), slot))
                        (void)config_error(setup->config, errors, path, "'%s' is no name of a parameter, or there are too many",
                                           list->items[i]);
}

static void parts_load(struct campaign *campaign, const struct enrich_setup *setup, struct errors *errors)
{
        const struct config *config = setup->config;
        const struct text_list *lists[CAMPAIGN_PART_COUNT] = {
                [CAMPAIGN_source] = &config->enrich_campaign_source,
                [CAMPAIGN_medium] = &config->enrich_campaign_medium,
                [CAMPAIGN_name] = &config->enrich_campaign_name,
                [CAMPAIGN_term] = &config->enrich_campaign_term,
                [CAMPAIGN_content] = &config->enrich_campaign_content,
                [CAMPAIGN_id] = &config->enrich_campaign_id,
                [CAMPAIGN_group] = &config->enrich_campaign_group,
                [CAMPAIGN_placement] = &config->enrich_campaign_placement,
                [CAMPAIGN_source_platform] = &config->enrich_campaign_source_platform,
                [CAMPAIGN_creative_format] = &config->enrich_campaign_creative_format,
                [CAMPAIGN_marketing_tactic] = &config->enrich_campaign_marketing_tactic,
        };
        for (size_t i = 0; i < CAMPAIGN_PART_COUNT; i++) {
                campaign->field[i] = GIVES[i];
                list_add(campaign, setup, lists[i], i, errors);
        }
        campaign->slots = CAMPAIGN_PART_COUNT;
}

/* A parameter that becomes a field of its own. */
static void extra_load(struct campaign *campaign, const struct enrich_setup *setup, const char *parameter, struct errors *errors)
{
        char name[160] = "campaign.extra.", doc[160];
        size_t size = strlen(name);
        for (const char *at = strncmp(parameter, "at_", 3) ? parameter : parameter + 3; *at && size < 120; at++)
                name[size++] = *at >= 'A' && *at <= 'Z' ? (char)(*at | 32) : *at;
        (void)snprintf(doc, sizeof(doc), "The parameter `%.64s` of the page's address.", parameter);
        enum field field = campaign->slots < CAMPAIGN_SLOTS ? layout_own(setup->layout, name, "keyword", doc) : FIELD_NONE;
        if (field == FIELD_NONE || !campaign_table_add(campaign->table, slice_of(parameter), campaign->slots))
                (void)config_error(setup->config, errors, "enrich.campaign.extra",
                                   "'%s' cannot be the field %s: wanted are letters, digits and '_', each name once, at most %d",
                                   parameter, name, CAMPAIGN_EXTRAS);
        else
                campaign->field[campaign->slots++] = field;
}

static void clicks_load(struct campaign *campaign, const struct enrich_setup *setup, struct errors *errors)
{
        const struct text_map *map = &setup->config->enrich_campaign_click_ids;
        for (size_t i = 0; i < map->count; i++) {
                struct campaign_click click = { .network = slice_of(map->items[i].value) };
                click.site = channel_site_named(campaign->sites, click.network);
                click.paid = true;
                if (!campaign_table_add_click(campaign->table, slice_of(map->items[i].key), &click))
                        (void)config_error(setup->config, errors, "enrich.campaign.click_ids",
                                           "'%s' is no name of a parameter, or there are too many", map->items[i].key);
        }
        campaign_table_add_own_clicks(campaign->table);
}

/* The table of referrers; where the enrichment referrer reads it too, it has told the mistakes. */
static struct referrer_table *sites_load(const struct enrich_setup *setup, struct errors *errors)
{
        struct errors own = { 0 };
        const struct text_list *order = &setup->config->enrich_order;
        for (size_t i = 0; i < order->count; i++)
                if (strcmp(order->items[i], "referrer") == 0)
                        errors = &own;
        struct referrer_table *sites = referrer_table_load(setup, errors);
        errors_done(&own);
        return sites ? sites : referrer_table_new();
}

static void *campaign_load(const struct enrich_setup *setup, struct errors *errors)
{
        const struct config *config = setup->config;
        size_t mistakes = errors_total(errors);
        struct campaign *campaign = memory_get(sizeof(*campaign));
        campaign->table = campaign_table_new();
        campaign->sites = sites_load(setup, errors);
        campaign->limit = (size_t)config->enrich_campaign_limit;
        campaign->click_limit = (size_t)config->enrich_campaign_click_limit;
        campaign->entries = (size_t)config->enrich_campaign_cache;
        parts_load(campaign, setup, errors);
        for (size_t i = 0; i < config->enrich_campaign_extra.count; i++)
                extra_load(campaign, setup, config->enrich_campaign_extra.items[i], errors);
        clicks_load(campaign, setup, errors);
        if (errors_total(errors) == mistakes)
                return campaign;
        campaign_unload(campaign);
        return NULL;
}

/* The channel of a visit without campaign and click; CHANNEL_COUNT: it has none. */
static enum channel channel_plain(uint8_t from)
{
        if (from == CAME_FROM_INSIDE || from == CAME_UNKNOWN)
                return CHANNEL_COUNT;
        if (from == CAME_DIRECT)
                return CHANNEL_direct;
        return channel_find(&(struct channel_facts){ .site = (enum channel_site)(from - CAME_FROM) });
}

static void campaign_detach(void *scratch)
{
        struct desk *desk = scratch;
        text_cache_free(desk->cache);
        buffer_done(&desk->key);
        buffer_done(&desk->text);
        arena_pool_done(&desk->pool);
        free(desk);
}

static void *campaign_attach(const void *state, const struct enrich_plan *plan)
{
        struct desk *desk = memory_get(sizeof(*desk));
        desk->campaign = state;
        desk->plan = plan;
        desk->cache = text_cache_new(desk->campaign->entries);
        arena_pool_init(&desk->pool, 16384, 1);
        buffer_init(&desk->key, CAMPAIGN_SLOTS * (8 * desk->campaign->limit + 16));
        buffer_init(&desk->text, CAMPAIGN_SLOTS * (6 * desk->campaign->limit + 128) + 4096);
        for (unsigned from = 0; from < CAME_COUNT; from++) {
                struct field_writer writer;
                struct buffer       out;
                enum channel channel = channel_plain((uint8_t)from);
                buffer_wrap(&out, desk->channel_text[from], 64);
                writer_init(&writer, enrich_plan_layout(plan), &out);
                if (channel != CHANNEL_COUNT)
                        writer_text(&writer, FIELD_traffic_channel, CHANNEL_NAMES[channel]);
                BUG_IF(!writer_end(&writer));
                desk->channel[from] = buffer_slice(&out);
        }
        return desk;
}

/* ---- what an event has ---- */

static uint8_t came_from(const struct findings *findings)
{
        const struct referrer_traits *referrer = findings->referrer;
        if (!referrer)
                return findings->page ? CAME_DIRECT : CAME_UNKNOWN;
        return referrer->medium == REFERRER_internal ? CAME_FROM_INSIDE : (uint8_t)(CAME_FROM + referrer->site);
}

/* The event's own words, plain text, where the address says nothing. */
static bool facts_find(const struct desk *desk, const struct subject *subject, struct campaign_found *found)
{
        static const struct { enum fact fact; enum campaign_part part; } FACTS_OF[] = {
                { FACT_campaign_source, CAMPAIGN_source },   { FACT_campaign_medium, CAMPAIGN_medium },
                { FACT_campaign_name, CAMPAIGN_name },       { FACT_campaign_term, CAMPAIGN_term },
                { FACT_campaign_content, CAMPAIGN_content },
        };
        for (size_t i = 0; i < COUNT_OF(FACTS_OF); i++) {
                struct slice raw = subject->facts->fact[FACTS_OF[i].fact];
                if (raw.size <= 2 || *raw.data != '"')
                        continue;
                struct slice plain = scan_plain(raw, subject->arena);
                if (plain.size == 0)
                        continue;
                /* More than the limit, so that it shows that something was cut. */
                found->value[FACTS_OF[i].part] = utf8_cut(plain, 2 * desk->campaign->limit);
                found->slots |= (uint64_t)1 << FACTS_OF[i].part;
        }
        return found->slots != 0;
}

/* Everything that the rendered text depends on. */
static struct slice key_make(struct desk *desk, const struct campaign_found *found, bool plain, uint8_t from)
{
        struct buffer *key = &desk->key;
        size_t most = 6 * desk->campaign->limit;       /* what is behind is cut anyway, however it is encoded */
        buffer_clear(key);
        buffer_add_char(key, (char)(from | plain << 7));
        buffer_add_char(key, found->click.data ? (char)found->click_number : (char)UINT8_MAX);
        for (uint64_t left = found->slots; left; left &= left - 1) {
                size_t slot = (size_t)__builtin_ctzll(left),
                       size = found->value[slot].size < most ? found->value[slot].size : most;
                char   head[] = { (char)slot, (char)(size & 255), (char)(size >> 8) };
                buffer_add(key, (struct slice){ head, sizeof(head) });
                buffer_add(key, (struct slice){ found->value[slot].data, size });
        }
        return buffer_slice(key);
}

/* ---- a campaign for the first time ---- */

/* A value as it is published; empty: it is not. */
static struct slice value_plain(const struct desk *desk, struct slice value, bool plain, struct arena *arena, struct note *note)
{
        size_t limit = desk->campaign->limit;
        struct slice cut = { value.data, value.size < 6 * limit ? value.size : 6 * limit };
        struct slice text = plain_trim(plain ? cut : url_decode(cut, arena));
        if (plain_has_mail(text))
                return (struct slice){ 0 };
        note->cut |= text.size > limit;
        return plain_trim(utf8_cut(text, limit));
}

static enum channel channel_of(const struct campaign *campaign, const struct slice *value, const struct campaign_click *click,
                               uint8_t from)
{
        struct channel_facts facts = { .source = value[CAMPAIGN_source], .medium = value[CAMPAIGN_medium],
                                       .name = value[CAMPAIGN_name] };
        if (!click && !facts.source.size && !facts.medium.size && !facts.name.size)
                return channel_plain(from);
        facts.site = channel_site_named(campaign->sites, facts.source);
        facts.paid = click && click->paid;
        if (facts.site == CHANNEL_SITE_none && click)
                facts.site = click->site;
        if (facts.site == CHANNEL_SITE_none && !facts.source.size && from > CAME_FROM)
                facts.site = (enum channel_site)(from - CAME_FROM);
        return channel_find(&facts);
}

static const struct cached *campaign_learn(struct desk *desk, const struct campaign_found *found, bool plain, uint8_t from)
{
        struct slice value[CAMPAIGN_SLOTS] = { { 0 } };
        struct note  note = { 0 };
        struct arena arena;
        struct field_writer writer;
        const struct campaign *campaign = desk->campaign;
        const struct campaign_click *click =
                found->click.data ? campaign_table_click(campaign->table, found->click_number) : NULL;
        arena_init(&arena, &desk->pool, (size_t)16 << 20);
        buffer_clear(&desk->text);
        writer_init(&writer, enrich_plan_layout(desk->plan), &desk->text);
        for (uint64_t left = found->slots; left; left &= left - 1) {
                size_t slot = (size_t)__builtin_ctzll(left);
                value[slot] = value_plain(desk, found->value[slot], plain, &arena, &note);
        }
        for (size_t slot = 0; slot < CAMPAIGN_PART_COUNT; slot++)
                writer_text(&writer, campaign->field[slot], value[slot]);
        if (click)
                writer_text(&writer, FIELD_campaign_click_network, click->network);
        for (size_t slot = CAMPAIGN_PART_COUNT; slot < campaign->slots; slot++)
                writer_text(&writer, campaign->field[slot], value[slot]);
        enum channel channel = channel_of(campaign, value, click, from);
        if (channel != CHANNEL_COUNT)
                writer_text(&writer, FIELD_traffic_channel, CHANNEL_NAMES[channel]);
        if (!writer_end(&writer))
                writer.count = 0;
        const struct cached *entry = text_cache_add(desk->cache, buffer_slice(&desk->key), &writer, &note, sizeof(note));
        arena_done(&arena);
        return entry;
}

/* ---- each event ---- */

static void click_write(const struct desk *desk, struct subject *subject, struct slice raw)
{
        struct field_desk out;
        struct slice text = plain_trim(url_decode(raw, subject->arena));
        if (text.size > desk->campaign->click_limit) {
                subject_count(subject, METRIC_campaign_truncated, 1);
                return;
        }
        if (plain_has_mail(text) || !desk_open(&out, subject, 6 * text.size + 2))
                return;
        writer_text(&out.writer, FIELD_campaign_click_id, text);
        desk_close(&out, subject);
}

static void campaign_run(void *scratch, struct subject *subject)
{
        struct desk           *desk = scratch;
        struct findings       *findings = subject->findings;
        const struct url      *page = findings->page;
        uint8_t                from = came_from(findings);
        struct campaign_found  found;
        found.slots = 0;
        found.click = (struct slice){ 0 };
        if (page && (page->query.size || page->fragment.size))
                (void)campaign_table_find(desk->campaign->table, page->query, page->fragment, &found);
        bool plain = !found.slots && facts_find(desk, subject, &found);
        if (!found.slots && !found.click.data) {
                findings_add(findings, GROUP_traffic, desk->channel[from]);
                return;
        }
        struct slice         key = key_make(desk, &found, plain, from);
        const struct cached *entry = text_cache_find(desk->cache, key);
        subject_count(subject, entry ? METRIC_campaign_hits : METRIC_campaign_misses, 1);
        if (!entry)
                entry = campaign_learn(desk, &found, plain, from);
        cached_give(entry, findings);
        if (((const struct note *)cached_note(entry))->cut)
                subject_count(subject, METRIC_campaign_truncated, 1);
        if (found.click.data)
                click_write(desk, subject, found.click);
}

extern const struct enrichment ENRICHMENT_campaign;
const struct enrichment ENRICHMENT_campaign = {
        .name = "campaign",
        .stage = STAGE_enrich_campaign,
        .doc = "What brought the visitor: the campaign parameters and the click id of the page's address (its query and its "
               "fragment,\n"
               "before anything is taken out of it; the enrichment `page` stands before this one), else the event's "
               "`context.campaign`; and by\n"
               "which channel, with the help of the enrichment `referrer` where that stands before this one. Parameters of Piano "
               "Analytics\n"
               "(`at_...`) count where both `at_medium` and `at_campaign` are there. Each worker remembers the last\n"
               "`enrich.campaign.cache` campaigns.",
        .gives = GIVES,
        .load = campaign_load,
        .unload = campaign_unload,
        .attach = campaign_attach,
        .detach = campaign_detach,
        .run = campaign_run,
};
