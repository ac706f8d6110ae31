#define PCRE2_CODE_UNIT_WIDTH 8
#include "enrich/agent_bots.h"
#include "enrich/agent_literals.h"
#include <pcre2.h>

/* Steps that one regex may take on one text. */
#define MATCH_LIMIT 20000
#define NAME_MOST   64             /* bytes of a name that is taken out of an agent */

/* What a bit stands for: an entry of the list, or one of our words. */
struct pattern {
        const struct bot_entry *entry;     /* NULL: a word */
        const struct bot_word  *word;
        pcre2_code  *code;                 /* of an entry that is more than a literal */
        char        *literal;              /* of the others; own */
        struct slice name;                 /* of an entry by literal: without what is around it */
};
struct agent_bots {
        struct bot_list *list;
        char           **except;           /* ended by NULL; own */
        struct pattern  *patterns;
        size_t           count;
        pcre2_match_context *context;
};

/* ---- building ---- */

/* The regex as plain text when it is one, from malloc; else NULL. */
static char *literal_of(const char *regex)
{
        char *text = memory_get(strlen(regex) + 1);
        size_t size = 0;
        for (const char *at = regex; *at; at++) {
                bool letter = (at[1] >= '0' && at[1] <= '9') || (at[1] >= 'a' && at[1] <= 'z') || (at[1] >= 'A' && at[1] <= 'Z');
                if (*at == '\\' ? !at[1] || letter || (unsigned char)at[1] >= 0x80 : strchr("^$.|?*+()[]{}", *at) != NULL) {
                        free(text);
                        return NULL;
                }
                at += *at == '\\';
                text[size++] = *at;
        }
        return text;
}

/* The entry's literal without slashes and the like around it. */
static struct slice name_trim(struct slice text)
{
        static const char AROUND[] = " /\\;:,()+.\"'";
        while (text.size && strchr(AROUND, text.data[0]))
                text = (struct slice){ text.data + 1, text.size - 1 };
        while (text.size && strchr(AROUND, text.data[text.size - 1]))
                text.size--;
        return text;
}

static bool pattern_compile(struct pattern *pattern, const pcre2_match_context *context, char *ret_why, size_t size)
{
        int code;
        PCRE2_SIZE where;
        const char *regex = pattern->entry->pattern;
        pattern->code = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED, PCRE2_NEVER_UTF, &code, &where, NULL);
        if (!pattern->code) {
                char text[200];
                pcre2_get_error_message(code, (PCRE2_UCHAR *)text, sizeof(text));
                (void)snprintf(ret_why, size, "the regex is wrong at its character %zu: %s", (size_t)where + 1, text);
                return false;
        }
        (void)pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);        /* slower without, no more */
        pcre2_match_data *data = pcre2_match_data_create(1, NULL);
        BUG_IF(!data);
        int found = pcre2_match(pattern->code, (PCRE2_SPTR) "", 0, 0, 0, data, (pcre2_match_context *)context);
        pcre2_match_data_free(data);
        (void)snprintf(ret_why, size, "the regex matches every user agent");
        return found < 0;
}

struct agent_bots *agent_bots_new(struct bot_list *list, const struct text_list *except, const char *file, struct errors *errors)
{
        size_t mistakes = errors_total(errors), words = 0, entries = list ? list->count : 0;
        struct agent_bots *bots = memory_get(sizeof(*bots));
        char why[300];
        while (BOT_WORDS[words].word)
                words++;
        bots->list = list;
        bots->except = memory_get(((except ? except->count : 0) + 1) * sizeof(*bots->except));
        for (size_t i = 0; except && i < except->count; i++)
                bots->except[i] = slice_copy(slice_of(except->items[i]));
        bots->context = pcre2_match_context_create(NULL);
        BUG_IF(!bots->context);
        (void)pcre2_set_match_limit(bots->context, MATCH_LIMIT);
        bots->patterns = memory_get((words + entries) * sizeof(*bots->patterns));
        for (size_t i = 0; i < entries; i++) {
                struct pattern *pattern = &bots->patterns[bots->count++];
                pattern->entry = &list->entries[i];
                pattern->literal = literal_of(pattern->entry->pattern);
                if (pattern->literal)
                        pattern->name = name_trim(slice_of(pattern->literal));
                else if (!pattern_compile(pattern, bots->context, why, sizeof(why)))
                        (void)errors_add(errors, "%s: /%zu/pattern: %s", file, i, why);
        }
        for (size_t i = 0; i < words; i++)
                bots->patterns[bots->count++].word = &BOT_WORDS[i];
        if (errors_total(errors) == mistakes)
                return bots;
        agent_bots_free(bots);
        return NULL;
}

struct agent_bots *agent_bots_load(const struct config *config, struct errors *errors)
{
        const char *file = config->enrich_bot_list;
        struct bot_list *list = NULL;
        if (*file) {
                list = bot_list_load(file, errors);
                if (!list)
                        return NULL;
        }
        return agent_bots_new(list, &config->enrich_bot_except, file, errors);
}

void agent_bots_free(struct agent_bots *bots)
{
        if (!bots)
                return;
        for (size_t i = 0; i < bots->count; i++) {
                pcre2_code_free(bots->patterns[i].code);
                free(bots->patterns[i].literal);
        }
        for (char **except = bots->except; *except; except++)
                free(*except);
        free(bots->except);
        free(bots->patterns);
        pcre2_match_context_free(bots->context);
        bot_list_free(bots->list);
        free(bots);
}

size_t agent_bots_bits(const struct agent_bots *bots) { return bots->count; }

void agent_bots_literals(const struct agent_bots *bots, struct arena *arena, const struct bots_literals *to)
{
        for (size_t i = 0; i < bots->count; i++) {
                const struct pattern *pattern = &bots->patterns[i];
                const struct literal_clause *clause = NULL;
                if (pattern->word) {
                        to->add(to->context, slice_of(pattern->word->word), i, true);
                        continue;
                }
                clause = literals_rarest(literals_find(arena, slice_of(pattern->entry->pattern), false), NULL, LITERAL_COMMON);
                for (size_t item = 0; clause && item < clause->count; item++)
                        to->add(to->context, clause->items[item], i, false);
                if (!clause)
                        to->always(to->context, i);
        }
}

size_t agent_bots_memory(const struct agent_bots *bots)
{
        size_t sum = bots->count * sizeof(*bots->patterns) + (bots->list ? bots->list->count * sizeof(struct bot_entry) : 0);
        for (size_t i = 0; i < bots->count; i++) {
                const struct pattern *pattern = &bots->patterns[i];
                size_t code = 0, jit = 0;
                if (pattern->code) {
                        (void)pcre2_pattern_info(pattern->code, PCRE2_INFO_SIZE, &code);
                        (void)pcre2_pattern_info(pattern->code, PCRE2_INFO_JITSIZE, &jit);
                }
                sum += code + jit + (pattern->literal ? strlen(pattern->literal) + 1 : 0);
                if (pattern->entry)
                        sum += strlen(pattern->entry->pattern) + 1 + (pattern->entry->url ? strlen(pattern->entry->url) + 1 : 0);
        }
        return sum;
}

/* ---- asking ---- */

/* Where a word of ours lies in the text; data NULL: nowhere. The sentinels are left out. */
static struct slice word_find(const char *word, struct slice text)
{
        size_t size = strlen(word);
        bool start = word[0] == LITERAL_START, end = word[size - 1] == LITERAL_END;
        word += start;
        size -= start + end;
        if (size > text.size)
                return (struct slice){ NULL, 0 };
        size_t last = start ? 0 : text.size - size;
        for (size_t at = end ? text.size - size : 0; at <= last; at++) {
                size_t same = 0;
                while (same < size && literal_fold((unsigned char)text.data[at + same]) == (unsigned char)word[same])
                        same++;
                if (same == size)
                        return (struct slice){ text.data + at, size };
        }
        return (struct slice){ NULL, 0 };
}

static bool name_char(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

/* True for "crawl" and "bot/", false for "+http" and "https://". */
static bool word_in_name(struct slice place) { return name_char(*place.data) && !memchr(place.data, ':', place.size - 1); }

static struct slice name_cut(struct slice name)
{
        name.size = name.size < NAME_MOST ? name.size : NAME_MOST;
        return name_trim(name);
}

/* Up to the version or the end of a comment's part: "Foo Reader" of "Foo Reader/1.0; ...". */
static struct slice name_until(struct slice text, const char *stop)
{
        size_t size = 0;
        while (size < text.size && !strchr(stop, text.data[size]))
                size++;
        return name_cut((struct slice){ text.data, size });
}

/* Of the address behind `at`, who it is of: "Foo" of "(Foo/1.0; +http://...)" and of "... Foo/1.0 (+http://...)". */
static struct slice name_before(struct slice text, const char *at)
{
        const char *open = at;
        while (open > text.data && open[-1] != '(')
                open--;
        struct slice inside = name_until(slice_between(open, at), "/;,");
        if (inside.size || open == text.data)
                return inside;
        for (open--; open > text.data && open[-1] == ' ';)
                open--;
        const char *start = open;
        while (start > text.data && start[-1] != ' ')
                start--;
        return name_until(slice_between(start, open), "/;,)");
}

/* The whole of the word that `place` is a part of; nothing when that is a part of an address. */
static struct slice name_around(struct slice text, struct slice place)
{
        const char *start = place.data, *end = slice_end(place), *most = slice_end(text);
        while (start > text.data && name_char(start[-1]))
                start--;
        while (end < most && name_char(*end) && name_char(end[-1]))
                end++;
        bool address = start > text.data && strchr("/@=&", start[-1]);
        return address ? (struct slice){ NULL, 0 } : name_until(slice_between(start, end), "/;:,) ");
}

/* What stands behind "compatible; ", unless that is an old browser or an address. */
static struct slice name_compatible(struct slice text)
{
        struct slice part = word_find("compatible; ", text);
        if (!part.data)
                return part;
        part = name_until(slice_between(part.data + part.size, text.data + text.size), "/;)(,");
        bool known = slice_starts_with(part, SLICE("MSIE")) || slice_starts_with(part, SLICE("http"));
        return known ? (struct slice){ NULL, 0 } : part;
}

/* How a robot that we do not know calls itself. `place`: where a word of ours was found; data NULL: none was. */
static struct slice name_guess(struct slice text, struct slice place)
{
        struct slice name = name_compatible(text);
        if (!name.size && place.data)
                name = word_in_name(place) ? name_around(text, place) : name_before(text, place.data + (*place.data == '('));
        if (slice_equal(name, SLICE("Mozilla")))
                name.size = 0;
        if (!name.size && !slice_starts_with(text, SLICE("Mozilla/")))
                name = name_until(text, "/;( ");
        return name;
}

/* True when the entry is in the text, and how it is written there. */
static bool entry_match(const struct agent_bots *bots, const struct pattern *pattern, struct slice text, struct slice *ret_name)
{
        if (pattern->literal) {
                *ret_name = pattern->name;
                return memmem(text.data, text.size, pattern->literal, strlen(pattern->literal)) != NULL;
        }
        /* A few dozen of the entries, and only when their literal is there: it may allocate. */
        pcre2_match_data *data = pcre2_match_data_create(1, NULL);
        BUG_IF(!data);
        bool found = pcre2_match(pattern->code, (PCRE2_SPTR)text.data, text.size, 0, 0, data, bots->context) >= 0;
        if (found) {
                const size_t *offsets = pcre2_get_ovector_pointer(data);
                struct slice match = name_trim(slice_between(text.data + offsets[0], text.data + offsets[1]));
                *ret_name = name_until(match, "/;()");
        }
        pcre2_match_data_free(data);
        return found;
}

static bool excepted(const struct agent_bots *bots, const struct bot *bot)
{
        for (char **except = bots->except; *except; except++) {
                struct slice item = slice_of(*except);
                if (slice_equal_nocase(item, bot->name) || slice_equal_nocase(item, BOT_CATEGORY_NAMES[bot->category]))
                        return true;
        }
        return false;
}

/* How much a finding tells: an address inside or uap-core's word; a word that is part of a name; a name of ours; the list. */
enum source { SOURCE_HINT, SOURCE_GUESS, SOURCE_NAME, SOURCE_LIST };

/* Which is the answer when several are found. First what counts and is named, last what counts by a hint alone, so that one
 * who is excepted may have an address. Among equals: the list; then what is more than the library or browser that a robot is
 * built with; then the longer word. */
static uint64_t bot_rank(const struct bot *bot, enum source source, size_t length)
{
        unsigned level = !bot->counted ? 1 : source >= SOURCE_NAME ? 3 : source == SOURCE_GUESS ? 2 : 0;
        bool itself = bot->category != BOT_HTTP_LIBRARY && bot->category != BOT_AUTOMATION;
        return (uint64_t)level << 40 | (uint64_t)source << 36 | (uint64_t)itself << 35 | (uint32_t)(length + 1);
}

struct finder {
        const struct agent_bots *bots;
        struct slice text;
        struct bot  *best;
        uint64_t     rank;
};

static void finder_offer(struct finder *finder, struct bot *bot, enum source source, size_t length)
{
        bot->counted = !excepted(finder->bots, bot);
        uint64_t rank = bot_rank(bot, source, length);
        if (rank <= finder->rank)
                return;
        *finder->best = *bot;
        finder->rank = rank;
}

static enum bot_reason category_reason(enum bot_category category)
{
        return category == BOT_HTTP_LIBRARY ? BOT_BY_LIBRARY : category == BOT_AUTOMATION ? BOT_BY_HEADLESS : BOT_BY_SPIDER;
}

static void entry_try(struct finder *finder, const struct pattern *pattern)
{
        struct bot bot = { .category = pattern->entry->category, .reason = BOT_BY_LIST, .url = slice_of(pattern->entry->url) };
        if (entry_match(finder->bots, pattern, finder->text, &bot.name))
                finder_offer(finder, &bot, SOURCE_LIST, strlen(pattern->entry->pattern));
}

static void word_try(struct finder *finder, const struct bot_word *word)
{
        struct slice place = word_find(word->word, finder->text);
        if (!place.data || (word->with && !word_find(word->with, finder->text).data))
                return;
        for (size_t i = 0; i < COUNT_OF(word->without) && word->without[i]; i++)
                if (word_find(word->without[i], finder->text).data)
                        return;
        struct bot bot = { .category = word->category, .reason = category_reason(word->category), .name = slice_of(word->name) };
        if (!word->name)
                bot.name = name_guess(finder->text, place);
        finder_offer(finder, &bot, word->name ? SOURCE_NAME : word_in_name(place) ? SOURCE_GUESS : SOURCE_HINT, place.size);
}

void agent_bots_find(const struct agent_bots *bots, const uint64_t *found, struct slice text, bool spider, struct bot *ret_bot)
{
        struct finder finder = { .bots = bots, .text = text, .best = ret_bot };
        *ret_bot = (struct bot){ .category = BOT_NONE };
        for (size_t word = 0; word * 64 < bots->count; word++) {
                size_t   end = bots->count - word * 64;
                uint64_t left = found ? found[word] : end < 64 ? ((uint64_t)1 << end) - 1 : UINT64_MAX;
                for (; left; left &= left - 1) {
                        const struct pattern *pattern = &bots->patterns[word * 64 + (size_t)__builtin_ctzll(left)];
                        if (pattern->entry)
                                entry_try(&finder, pattern);
                        else
                                word_try(&finder, pattern->word);
                }
        }
        if (spider) {
                struct bot bot = { .category = BOT_OTHER, .reason = BOT_BY_SPIDER };
                bot.name = name_guess(text, (struct slice){ NULL, 0 });
                finder_offer(&finder, &bot, SOURCE_HINT, 0);
        }
}
