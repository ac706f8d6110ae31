#define PCRE2_CODE_UNIT_WIDTH 8
#include "enrich/agent_engine.h"
#include "enrich/agent_automaton.h"
#include "enrich/agent_template.h"
#include <pcre2.h>

/* Steps that one regex may take on one text; the dearest of the published cases takes a few thousand. */
#define MATCH_LIMIT 20000
#define STACK_MOST  ((size_t)512 << 10)    /* bytes of a thread's stack for compiled regexes */

/* A second clause is used when at most this many of the common agents satisfy it, and it is not longer than that. */
#define SECOND_COMMON 3
#define SECOND_LONGEST 200
#define EXACT_LONGEST 4            /* literals that are looked for one by one */
#define NO_BIT UINT32_MAX

struct engine_rule {
        pcre2_code     *code;
        struct template part[AGENT_PARTS];
        uint32_t        with;      /* the bit of the rule's second clause, which must be set, too; or NO_BIT */
        uint32_t        exact_count;
        char            exact[EXACT_LONGEST][LITERAL_MAX];         /* one of these must be there, case and all; NUL-padded */
};
struct agent_engine {
        struct agent_rules *rules;         /* owns the templates' texts */
        struct agent_bots  *bots;
        struct engine_rule *rule[AGENT_SECTIONS];
        size_t              count[AGENT_SECTIONS];
        size_t              first_word[AGENT_SECTIONS];    /* of the rules' bits; each section starts a word */
        size_t              own_word;                      /* of the bits of our own tables' words */
        size_t              second_word;                   /* of the second clauses' bits, one for each rule */
        size_t              bot_word;                      /* of the robots' bits */
        struct automaton   *automaton;
        uint64_t           *always;        /* bits of the rules that have no literal */
        struct class_table  classes;
        struct app_table    apps;
        uint32_t            captures;      /* most groups of a rule */
        bool                jit;           /* every regex is machine code */
        struct agent_engine_facts facts;
};
struct agent_scratch {
        pcre2_match_data    *data;
        pcre2_match_context *context;
        pcre2_jit_stack     *stack;
        uint64_t            *words;
        struct buffer        text;         /* filled templates; never grows */
        size_t               limit;
};

/* ---- building ---- */

struct builder {
        struct agent_engine      *engine;
        const char               *file;
        struct errors            *errors;
        struct automaton_literal *literals;
        size_t                    count, room;
        struct arena_pool         pool;
        struct arena              arena;
};

/* Folds it, as the automaton disregards case. */
static void literal_add(struct builder *builder, struct slice text, size_t bit, bool whole)
{
        char *folded = arena_take(&builder->arena, text.size);
        BUG_IF(!folded);
        for (size_t i = 0; i < text.size; i++)
                folded[i] = (char)literal_fold((unsigned char)text.data[i]);
        if (builder->count == builder->room) {
                builder->room = builder->room ? 2 * builder->room : 4096;
                builder->literals = memory_grow(builder->literals, builder->room * sizeof(*builder->literals));
        }
        builder->literals[builder->count++] = (struct automaton_literal){ { folded, text.size }, (uint32_t)bit, whole };
}

/* True when the text is found whenever another of the clause is. */
static bool literal_redundant(const struct literal_clause *clause, size_t which)
{
        struct slice text = clause->items[which];
        for (size_t i = 0; i < clause->count; i++) {
                struct slice other = clause->items[i];
                if (i == which || other.size > text.size || (other.size == text.size && i > which))
                        continue;
                if (memmem(text.data, text.size, other.data, other.size))
                        return true;
        }
        return false;
}

static void clause_add(struct builder *builder, const struct literal_clause *clause, size_t bit)
{
        for (size_t i = 0; i < clause->count; i++)
                if (!literal_redundant(clause, i))
                        literal_add(builder, clause->items[i], bit, false);
}

/* What must be in a text before the regex is tried on it. */
static void rule_literals(struct builder *builder, struct engine_rule *compiled, size_t bit, const struct agent_rule *rule)
{
        struct agent_engine *engine = builder->engine;
        const struct literal_clause *all = literals_find(&builder->arena, slice_of(rule->regex), rule->nocase);
        const struct literal_clause *first = literals_rarest(all, NULL, LITERAL_COMMON);
        const struct literal_clause *second = literals_rarest(all, first, SECOND_COMMON);
        compiled->with = NO_BIT;
        if (!first) {
                engine->always[bit / 64] |= (uint64_t)1 << bit % 64;
                engine->facts.blind++;
                return;
        }
        clause_add(builder, first, bit);
        if (second && second->count <= SECOND_LONGEST) {
                compiled->with = (uint32_t)(engine->second_word * 64 + bit);
                clause_add(builder, second, compiled->with);
        }
        bool look = !rule->nocase && first->count <= EXACT_LONGEST && literals_case_tells(first);
        for (size_t i = 0; i < first->count; i++)
                look &= first->items[i].data[0] != LITERAL_START && first->items[i].data[first->items[i].size - 1] != LITERAL_END;
        for (size_t i = 0; i < first->count && look; i++)
                memcpy(compiled->exact[compiled->exact_count++], first->items[i].data, first->items[i].size);
}

static void rule_compile(struct builder *builder, enum agent_section section, size_t number, const struct agent_rule *rule)
{
        struct agent_engine *engine = builder->engine;
        struct engine_rule  *compiled = &engine->rule[section][number];
        int        code;
        PCRE2_SIZE where;
        /* $ is the very end, as in every language that has an implementation of these rules. */
        uint32_t options = PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_UTF | (rule->nocase ? PCRE2_CASELESS : 0);
        compiled->code = pcre2_compile((PCRE2_SPTR)rule->regex, PCRE2_ZERO_TERMINATED, options, &code, &where, NULL);
        if (!compiled->code) {
                char text[200];
                pcre2_get_error_message(code, (PCRE2_UCHAR *)text, sizeof(text));
                (void)errors_add(builder->errors, "%s:%zu:%zu: the regex is wrong at its character %zu: %s", builder->file,
                                 rule->line, rule->column, (size_t)where + 1, text);
                return;
        }
        uint32_t captures = 0;
        (void)pcre2_pattern_info(compiled->code, PCRE2_INFO_CAPTURECOUNT, &captures);
        engine->captures = captures > engine->captures ? captures : engine->captures;
        size_t   machine_code = 0;         /* bytes; none for a regex that forbids it by (*NO_JIT) */
        engine->jit &= pcre2_jit_compile(compiled->code, PCRE2_JIT_COMPLETE) == 0 &&
                       pcre2_pattern_info(compiled->code, PCRE2_INFO_JITSIZE, &machine_code) == 0 && machine_code > 0;
        for (size_t part = 0; part < AGENT_PARTS; part++)
                template_init(&compiled->part[part], rule->part[part], AGENT_SECTION_ROWS[section].part[part].standard);
        rule_literals(builder, compiled, engine->first_word[section] * 64 + number, rule);
}

/* Gives every rule and every word of ours its bit; returns how many there are. */
static size_t bits_set(struct agent_engine *engine, size_t word_count)
{
        size_t word = 0;
        for (unsigned section = 0; section < AGENT_SECTIONS; section++) {
                engine->count[section] = engine->rules->section[section].count;
                engine->rule[section] = memory_get((engine->count[section] + 1) * sizeof(struct engine_rule));
                engine->first_word[section] = word;
                word += (engine->count[section] + 63) / 64;
                engine->facts.rules += engine->count[section];
        }
        engine->own_word = word;
        word += (word_count + 63) / 64;
        engine->second_word = word;
        word += engine->own_word;
        engine->bot_word = word;
        word += (agent_bots_bits(engine->bots) + 63) / 64;
        engine->always = memory_get((word + 1) * sizeof(uint64_t));
        return word * 64;
}

static void bot_literal_add(void *context, struct slice text, size_t bit, bool whole)
{
        struct builder *builder = context;
        literal_add(builder, text, builder->engine->bot_word * 64 + bit, whole);
}

static void bot_always(void *context, size_t bit)
{
        struct agent_engine *engine = ((struct builder *)context)->engine;
        engine->always[engine->bot_word + bit / 64] |= (uint64_t)1 << bit % 64;
}

static void bot_literals(struct builder *builder)
{
        struct bots_literals to = { builder, bot_literal_add, bot_always };
        agent_bots_literals(builder->engine->bots, &builder->arena, &to);
}

static void memory_count(struct agent_engine *engine)
{
        engine->facts.memory = automaton_memory(engine->automaton) + agent_bots_memory(engine->bots);
        for (unsigned section = 0; section < AGENT_SECTIONS; section++)
                for (size_t i = 0; i < engine->count[section]; i++) {
                        size_t code = 0, jit = 0;
                        (void)pcre2_pattern_info(engine->rule[section][i].code, PCRE2_INFO_SIZE, &code);
                        (void)pcre2_pattern_info(engine->rule[section][i].code, PCRE2_INFO_JITSIZE, &jit);
                        engine->facts.memory += code + jit + sizeof(struct engine_rule);
                }
}

struct agent_engine *agent_engine_new(struct agent_rules *rules, struct agent_bots *bots, const char *file, struct errors *errors)
{
        size_t mistakes = errors_total(errors);
        struct word_list    *words = memory_get(sizeof(*words));
        struct agent_engine *engine = memory_get(sizeof(*engine));
        engine->rules = rules;
        engine->bots = bots ? bots : agent_bots_new(NULL, NULL, NULL, errors);
        engine->jit = true;
        class_words(words, &engine->classes);
        app_words(words, &engine->apps);
        struct builder builder = { .engine = engine, .file = file, .errors = errors };
        arena_pool_init(&builder.pool, (size_t)256 << 10, 1);
        arena_init(&builder.arena, &builder.pool, (size_t)256 << 20);
        size_t bits = bits_set(engine, words->count);
        for (unsigned section = 0; section < AGENT_SECTIONS; section++)
                for (size_t i = 0; i < engine->count[section]; i++)
                        rule_compile(&builder, (enum agent_section)section, i, &rules->section[section].rules[i]);
        for (size_t i = 0; i < words->count; i++)
                literal_add(&builder, slice_of(words->word[i]), engine->own_word * 64 + i, true);
        free(words);
        bot_literals(&builder);
        if (errors_total(errors) == mistakes) {
                engine->automaton = automaton_new(builder.literals, builder.count, bits);
                engine->facts.literals = builder.count;
                engine->facts.states = engine->automaton->states;
                engine->facts.jit = engine->jit;
                memory_count(engine);
        }
        free(builder.literals);
        arena_done(&builder.arena);
        arena_pool_done(&builder.pool);
        if (engine->automaton)
                return engine;
        agent_engine_free(engine);
        return NULL;
}

void agent_engine_free(struct agent_engine *engine)
{
        if (!engine)
                return;
        for (unsigned section = 0; section < AGENT_SECTIONS; section++) {
                for (size_t i = 0; engine->rule[section] && i < engine->count[section]; i++) {
                        pcre2_code_free(engine->rule[section][i].code);
                        for (size_t part = 0; part < AGENT_PARTS; part++)
                                template_done(&engine->rule[section][i].part[part]);
                }
                free(engine->rule[section]);
        }
        automaton_free(engine->automaton);
        agent_rules_free(engine->rules);
        agent_bots_free(engine->bots);
        free(engine->always);
        free(engine);
}

void agent_engine_describe(const struct agent_engine *engine, struct agent_engine_facts *ret_facts)
{
        *ret_facts = engine->facts;
}

/* ---- asking ---- */

struct agent_scratch *agent_scratch_new(const struct agent_engine *engine, size_t limit)
{
        struct agent_scratch *scratch = memory_get(sizeof(*scratch));
        scratch->limit = limit;
        scratch->data = pcre2_match_data_create(engine->captures + 1, NULL);
        scratch->context = pcre2_match_context_create(NULL);
        scratch->stack = pcre2_jit_stack_create((size_t)32 << 10, STACK_MOST, NULL);
        BUG_IF(!scratch->data || !scratch->context || !scratch->stack);
        (void)pcre2_set_match_limit(scratch->context, MATCH_LIMIT);
        pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
        scratch->words = memory_get(engine->automaton->words * sizeof(uint64_t));
        size_t size = (AGENT_SECTIONS + 2) * AGENT_PARTS * (limit + 256);  /* agent_find(), agent_find_device() twice */
        buffer_wrap(&scratch->text, memory_get(size), size);
        return scratch;
}

void agent_scratch_free(struct agent_scratch *scratch)
{
        if (!scratch)
                return;
        pcre2_match_data_free(scratch->data);
        pcre2_match_context_free(scratch->context);
        pcre2_jit_stack_free(scratch->stack);
        free(scratch->words);
        free(scratch->text.data);
        free(scratch);
}

static bool rule_worth_trying(const struct engine_rule *rule, const uint64_t *words, struct slice text)
{
        if (rule->with != NO_BIT && !(words[rule->with / 64] >> rule->with % 64 & 1))
                return false;
        for (size_t i = 0; i < rule->exact_count; i++)
                if (memmem(text.data, text.size, rule->exact[i], strnlen(rule->exact[i], LITERAL_MAX)))
                        return true;
        return rule->exact_count == 0;
}

/* Groups of the match, the whole included; 0: none, or it took too many steps. */
static size_t rule_match(const struct agent_engine *engine, struct agent_scratch *scratch, const pcre2_code *code,
                         struct slice text)
{
        int found = engine->jit ? pcre2_jit_match(code, (PCRE2_SPTR)text.data, text.size, 0, 0, scratch->data, scratch->context)
                                : pcre2_match(code, (PCRE2_SPTR)text.data, text.size, 0, 0, scratch->data, scratch->context);
        return found > 0 ? (size_t)found : 0;
}

/* True, and the rule's values, when its regex matches. */
static bool rule_try(const struct agent_engine *engine, struct agent_scratch *scratch, enum agent_section section,
                     const struct engine_rule *rule, struct agent *agent)
{
        size_t groups = rule_match(engine, scratch, rule->code, agent->text);
        if (groups == 0)
                return false;
        struct template_match match = { agent->text.data, pcre2_get_ovector_pointer(scratch->data), groups };
        for (size_t part = 0; part < AGENT_PARTS; part++)
                agent->part[section][part] = template_fill(&rule->part[part], &match, &scratch->text);
        return true;
}

static void section_find(const struct agent_engine *engine, struct agent_scratch *scratch, enum agent_section section,
                         struct agent *agent)
{
        size_t first = engine->first_word[section], count = (engine->count[section] + 63) / 64;
        for (size_t word = 0; word < count; word++) {
                for (uint64_t left = scratch->words[first + word]; left; left &= left - 1) {
                        const struct engine_rule *rule = &engine->rule[section][word * 64 + (size_t)__builtin_ctzll(left)];
                        if (rule_worth_trying(rule, scratch->words, agent->text) &&
                            rule_try(engine, scratch, section, rule, agent))
                                return;
                }
        }
}

static void section_find_slowly(const struct agent_engine *engine, struct agent_scratch *scratch, enum agent_section section,
                                struct agent *agent)
{
        size_t i = 0;
        while (i < engine->count[section] && !rule_try(engine, scratch, section, &engine->rule[section][i], agent))
                i++;
}

#define SECTIONS_ALL ((1u << AGENT_SECTIONS) - 1)

/* What has been filled before stays in the scratch: the caller knows whether it is still needed. */
static void sections_find(const struct agent_engine *engine, struct agent_scratch *scratch, unsigned sections, bool slowly,
                          struct agent *agent)
{
        memcpy(scratch->words, engine->always, engine->automaton->words * sizeof(uint64_t));
        automaton_scan(engine->automaton, agent->text, scratch->words);
        for (unsigned section = 0; section < AGENT_SECTIONS; section++)
                if (sections & 1u << section)
                        (slowly ? section_find_slowly : section_find)(engine, scratch, (enum agent_section)section, agent);
        agent->class = class_of_words(&engine->classes, scratch->words + engine->own_word);
}

static void agent_init(const struct agent_scratch *scratch, struct slice text, struct agent *agent)
{
        memset(agent, 0, sizeof(*agent));
        text.size = text.size < scratch->limit ? text.size : scratch->limit;
        agent->text = text.data ? text : SLICE("");
}

static void find(const struct agent_engine *engine, struct agent_scratch *scratch, struct slice text, bool slowly,
                 struct agent *agent)
{
        agent_init(scratch, text, agent);
        buffer_clear(&scratch->text);
        sections_find(engine, scratch, SECTIONS_ALL, slowly, agent);
        app_find(&engine->apps, scratch->words + engine->own_word, agent->text, &agent->app);
        bool spider = slice_equal(agent->part[AGENT_DEVICE][DEVICE_NAME], SLICE("Spider"));
        agent_bots_find(engine->bots, slowly ? NULL : scratch->words + engine->bot_word, agent->text, spider, &agent->robot);
        if (agent->robot.counted)
                agent->class = DEVICE_BOT;
}

void agent_find(const struct agent_engine *engine, struct agent_scratch *scratch, struct slice text, struct agent *ret_agent)
{
        find(engine, scratch, text, false, ret_agent);
}

void agent_find_device(const struct agent_engine *engine, struct agent_scratch *scratch, struct slice text,
                       struct agent *ret_agent)
{
        agent_init(scratch, text, ret_agent);
        sections_find(engine, scratch, 1u << AGENT_DEVICE, false, ret_agent);
}

void agent_find_robot(const struct agent_engine *engine, struct slice text, struct agent *agent)
{
        agent_bots_find(engine->bots, NULL, text, false, &agent->robot);
        if (agent->robot.counted)
                agent->class = DEVICE_BOT;
}

void agent_find_slowly(const struct agent_engine *engine, struct agent_scratch *scratch, struct slice text,
                       struct agent *ret_agent)
{
        find(engine, scratch, text, true, ret_agent);
}
