/* The worker's side: what it keeps between checks, and one check from beginning to end. */
#include "base/hash.h"
#include "check.h"

#define SCRATCH_BYTES    (16u << 10)
#define SCRATCH_MAX      (64u << 20)
#define TAPE_KEEP        (1u << 16)

struct checker *checker_new(const struct checker_limits *limits)
{
        struct checker *checker = memory_get(sizeof(*checker));
        checker->limits = (struct scan_limits){ limits->depth < SCAN_DEPTH_MAX ? limits->depth : SCAN_DEPTH_MAX, limits->string };
        checker->seed = hash_process_seed();
        checker->match = pattern_scratch_new();
        tape_init(&checker->tape, TAPE_LIMIT_MAX);
        arena_pool_init(&checker->pool, SCRATCH_BYTES, 4);
        arena_init(&checker->arena, &checker->pool, SCRATCH_MAX);
        return checker;
}

void checker_free(struct checker *checker)
{
        if (!checker)
                return;
        arena_done(&checker->arena);
        arena_pool_done(&checker->pool);
        pattern_scratch_free(checker->match);
        tape_done(&checker->tape);
        free(checker->keys);
        free(checker->items);
        free(checker->text);
        free(checker);
}

void checker_use_tape(struct checker *checker, bool tape)
{
        checker->use_tape = tape;
}

/* The walk failed softly or at a key that is there twice: is the text JSON all the same? A fault of the text comes first. */
static const char *rest_check(struct checker *checker, const char *at)
{
        const char *after = scan_value(at, checker->end, &checker->limits, &checker->fault);
        return after ? after : stop_syntax(checker);
}

static const char *check_failed(struct checker *checker, const char *at, struct arena *arena, struct verdict *ret_verdict)
{
        const char *after = NULL;
        if (checker->reason == REASON_schema_invalid || checker->reason == REASON_json_duplicate_key ||
            checker->reason == REASON_pattern_limit)
                after = rest_check(checker, at);
        complaint_write(checker, at, arena, &ret_verdict->complaint);
        ret_verdict->reason = checker->reason;
        ret_verdict->where = checker->where;
        return after;
}

/* Fetches what the walk will look at, all at once. */
static inline void schema_fetch(struct checker *checker, const struct schema *schema)
{
        uint64_t *recent = &checker->recent[schema->number % RECENT_SCHEMAS];
        if (LIKELY(*recent == schema->number))
                return;
        *recent = schema->number;
        for (size_t line = 0; line < schema->hot_lines; line++)
                __builtin_prefetch(schema->hot + line * CACHE_LINE);
}

const char *schema_check(struct checker *checker, const struct schema *schema, const char *at, const char *end,
                         struct arena *arena, struct verdict *ret_verdict)
{
        const struct node *root = schema ? schema->root : &NODE_ANY;
        if (schema)
                schema_fetch(checker, schema);
        at = scan_space_inline(at, end);
        checker->end = end;
        checker->depth = checker->nested = checker->quiet = 0;
        checker->key_count = checker->item_count = 0;
        checker->reached = at;
        checker->retry_left = RETRY_BYTES + (int64_t)(end - at) * 64;
        bool tape = UNLIKELY(checker->use_tape || (schema && schema->dynamic));
        const char *after = tape && at < end ? look_back(checker, root, at) : walk_value(checker, root, at);
        if (UNLIKELY(checker->arena.chunks != NULL))
                arena_done(&checker->arena);
        if (UNLIKELY(checker->tape.capacity > TAPE_KEEP))
                tape_trim(&checker->tape, TAPE_KEEP);
        if (UNLIKELY(!after))
                return check_failed(checker, at, arena, ret_verdict);
        ret_verdict->reason = REASON_none;
        return after;
}
