/* The worker's side: what it keeps between checks, and one check from beginning to end. */
#include "base/hash.h"
#include "check.h"

/* Prediction tables of schemas that were checked before: at most so many schemas and places are kept, then all go. */
#define PREDICTIONS_MAX  8192
#define PLACES_MAX       (8u << 20)
#define SCRATCH_BYTES    (16u << 10)
#define SCRATCH_MAX      (64u << 20)
#define TAPE_KEEP        (1u << 16)

struct prediction {
        uint64_t  schema;          /* number; 0: free */
        uint16_t *places;
};
struct predictions {
        struct prediction rows[PREDICTIONS_MAX * 2];
        size_t            count, places;
        uint16_t          spare[4096];     /* for one check when memory is out */
};

struct checker *checker_new(const struct checker_limits *limits)
{
        struct checker *checker = memory_get(sizeof(*checker));
        checker->limits = (struct scan_limits){ limits->depth < SCAN_DEPTH_MAX ? limits->depth : SCAN_DEPTH_MAX, limits->string };
        checker->seed = hash_process_seed();
        checker->match = pattern_scratch_new();
        checker->predictions = memory_get(sizeof(*checker->predictions));
        tape_init(&checker->tape, TAPE_LIMIT_MAX);
        arena_pool_init(&checker->pool, SCRATCH_BYTES, 4);
        arena_init(&checker->arena, &checker->pool, SCRATCH_MAX);
        return checker;
}

static void predictions_clear(struct predictions *predictions)
{
        for (size_t i = 0; i < COUNT_OF(predictions->rows); i++)
                free(predictions->rows[i].places);
        memset(predictions, 0, sizeof(*predictions));
}

void checker_free(struct checker *checker)
{
        if (!checker)
                return;
        predictions_clear(checker->predictions);
        free(checker->predictions);
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

static uint16_t *places_get(struct predictions *predictions, const struct schema *schema)
{
        const size_t mask = COUNT_OF(predictions->rows) - 1;
        size_t at = schema->number & mask;
        for (; predictions->rows[at].schema; at = (at + 1) & mask)
                if (LIKELY(predictions->rows[at].schema == schema->number))
                        return predictions->rows[at].places;
        if (predictions->count == PREDICTIONS_MAX || predictions->places + schema->predict_count > PLACES_MAX) {
                predictions_clear(predictions);
                at = schema->number & mask;
        }
        uint16_t *places = calloc(schema->predict_count + 1, sizeof(*places));
        if (UNLIKELY(!places)) {
                /* What was predicted would come true more often; it need not be remembered. */
                if (schema->predict_count >= COUNT_OF(predictions->spare))
                        memory_end();
                return memset(predictions->spare, 0, sizeof(predictions->spare));
        }
        predictions->rows[at] = (struct prediction){ schema->number, places };
        predictions->count++;
        predictions->places += schema->predict_count;
        return predictions->rows[at].places;
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
        checker->predict = schema ? places_get(checker->predictions, schema) : NULL;
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
