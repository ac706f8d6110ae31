/* Engine 2 as it runs: the deterministic stepper, minimised and packed. A step is one look-up a byte; nothing that a text
 * contains can make it take more. */
#include "base/hash.h"
#include "schema/pattern_dfa.h"

/* One row a state: the row to which each class of bytes leads (as the index of its first cell), then 1 when a text that ends
 * here matches. Row 0 is STATE_DEAD, row 1 STATE_MATCH. */
struct stepper {
        uint8_t  classes[256];
        uint32_t stride, start, states;
        uint32_t table[];
};

/* ---- minimise ---- */

#define MINIMISE_WORK (50 * 1000 * 1000)        /* cells looked at; past it the automaton stays as it is */

struct refinement {
        const struct dfa *dfa;
        uint16_t         *block, *finer;        /* [state] */
        uint16_t         *next;                 /* [class]: blocks of one state's successors, and one cell more for its own */
        uint16_t         *buckets;              /* state + 1: the first of each finer block */
        uint32_t          bucket_count;         /* at least twice the states, a power of two */
};

static bool refinement_same(const struct refinement *refinement, uint32_t a, uint32_t b)
{
        const struct dfa *dfa = refinement->dfa;
        const uint16_t *block = refinement->block;
        const uint16_t *left = dfa->next + a * dfa->class_count, *right = dfa->next + b * dfa->class_count;
        if (block[a] != block[b])
                return false;
        for (uint32_t c = 0; c < dfa->class_count; c++)
                if (block[left[c]] != block[right[c]])
                        return false;
        return true;
}

/* States stay together when they are together now and so are all their successors. Answers the number of finer blocks, which
 * are numbered in the order of their first states: so DEAD stays in 0 and MATCH in 1. */
static uint32_t refinement_step(struct refinement *refinement)
{
        const struct dfa *dfa = refinement->dfa;
        uint32_t count = 0;
        memset(refinement->buckets, 0, refinement->bucket_count * sizeof(refinement->buckets[0]));
        for (uint32_t state = 0; state < dfa->state_count; state++) {
                for (uint32_t c = 0; c < dfa->class_count; c++)
                        refinement->next[c] = refinement->block[dfa->next[state * dfa->class_count + c]];
                refinement->next[dfa->class_count] = refinement->block[state];
                uint64_t hash = hash_bytes(refinement->next, (dfa->class_count + 1) * sizeof(refinement->next[0]), 0);
                uint32_t bucket = (uint32_t)hash % refinement->bucket_count;
                while (refinement->buckets[bucket] && !refinement_same(refinement, refinement->buckets[bucket] - 1u, state))
                        bucket = (bucket + 1) % refinement->bucket_count;
                if (!refinement->buckets[bucket]) {
                        refinement->buckets[bucket] = (uint16_t)(state + 1);
                        refinement->finer[state] = (uint16_t)count++;
                } else {
                        refinement->finer[state] = refinement->finer[refinement->buckets[bucket] - 1];
                }
        }
        uint16_t *swap = refinement->block;
        refinement->block = refinement->finer;
        refinement->finer = swap;
        return count;
}

/* Moore's algorithm: the block of each state, and their number. The result is the caller's to free. */
static uint16_t *dfa_minimise(const struct dfa *dfa, uint32_t *ret_count)
{
        struct refinement *refinement = memory_get(sizeof(*refinement));
        refinement->dfa = dfa;
        refinement->block = memory_get(dfa->state_count * sizeof(uint16_t));
        refinement->finer = memory_get(dfa->state_count * sizeof(uint16_t));
        refinement->next = memory_get((dfa->class_count + 1) * sizeof(uint16_t));
        refinement->bucket_count = 16;
        while (refinement->bucket_count < 2 * dfa->state_count)
                refinement->bucket_count *= 2;
        refinement->buckets = memory_get(refinement->bucket_count * sizeof(uint16_t));
        for (uint32_t state = 0; state < dfa->state_count; state++)
                refinement->block[state] = dfa->ends[state];

        uint32_t before = 0, count = 2;
        uint64_t work = 0;
        while (count != before && work <= MINIMISE_WORK) {
                before = count;
                count = refinement_step(refinement);
                work += (uint64_t)dfa->state_count * dfa->class_count;
        }
        if (count != before) {
                count = dfa->state_count;
                for (uint32_t state = 0; state < count; state++)
                        refinement->block[state] = (uint16_t)state;
        }
        uint16_t *block = refinement->block;
        free(refinement->finer);
        free(refinement->next);
        free(refinement->buckets);
        free(refinement);
        *ret_count = count;
        return block;
}

/* ---- pack ---- */

/* Classes that lead every state to the same block are one. Gives the new class of each, answers their number. */
static uint32_t dfa_merge_classes(const struct dfa *dfa, const uint16_t *block, uint8_t merged[256], uint8_t first[256])
{
        uint32_t count = 0;
        for (uint32_t c = 0; c < dfa->class_count; c++) {
                uint32_t same = 0;
                for (; same < count; same++) {
                        uint32_t state = 0;
                        while (state < dfa->state_count && block[dfa->next[state * dfa->class_count + c]] ==
                                                                   block[dfa->next[state * dfa->class_count + first[same]]])
                                state++;
                        if (state == dfa->state_count)
                                break;
                }
                if (same == count)
                        first[count++] = (uint8_t)c;
                merged[c] = (uint8_t)same;
        }
        return count;
}

static struct stepper *stepper_pack(const struct dfa *dfa)
{
        uint8_t merged[256], first[256];
        uint32_t states;
        uint16_t *block = dfa_minimise(dfa, &states);
        uint32_t classes = dfa_merge_classes(dfa, block, merged, first), stride = classes + 1;
        struct stepper *stepper = memory_get(sizeof(*stepper) + (size_t)states * stride * sizeof(stepper->table[0]));
        stepper->stride = stride;
        stepper->states = states;
        stepper->start = block[dfa->start] * stride;
        for (unsigned c = 0; c < 256; c++)
                stepper->classes[c] = merged[dfa->classes[c]];
        for (uint32_t state = 0; state < dfa->state_count; state++) {
                uint32_t *row = &stepper->table[block[state] * stride];
                for (uint32_t c = 0; c < classes; c++)
                        row[c] = block[dfa->next[state * dfa->class_count + first[c]]] * stride;
                row[classes] = dfa->ends[state];
        }
        free(block);
        return stepper;
}

struct stepper *stepper_compile(const struct tree *tree)
{
        struct nfa nfa;
        struct dfa dfa = { .class_count = 0 };
        struct stepper *stepper = NULL;
        if (nfa_make(tree, &nfa) && dfa_make(&nfa, &dfa))
                stepper = stepper_pack(&dfa);
        nfa_done(&nfa);
        dfa_done(&dfa);
        return stepper;
}

void stepper_free(struct stepper *stepper)
{
        free(stepper);
}

size_t stepper_states(const struct stepper *stepper)
{
        return stepper->states;
}

/* ---- match ---- */

/* Each step waits for the one before: some two nanoseconds a byte. But most patterns stay in one state for long ("[a-z0-9]*",
 * or looking for a start), and that eight bytes leave a state as it is can be seen without waiting. So that is tried first,
 * as long as it has just been right. */
bool stepper_match(const struct stepper *stepper, struct slice text)
{
        const uint8_t *at = (const uint8_t *)text.data, *classes = stepper->classes;
        const uint32_t *table = stepper->table;
        uint32_t row = stepper->start, stride = stepper->stride;
        size_t left = text.size;
        bool stays = false;
        for (; left >= 8; left -= 8, at += 8) {
                uint32_t before = row, moved = 1;
                if (stays) {
                        const uint32_t *cells = table + row;
                        moved = (cells[classes[at[0]]] ^ row) | (cells[classes[at[1]]] ^ row) | (cells[classes[at[2]]] ^ row) |
                                (cells[classes[at[3]]] ^ row) | (cells[classes[at[4]]] ^ row) | (cells[classes[at[5]]] ^ row) |
                                (cells[classes[at[6]]] ^ row) | (cells[classes[at[7]]] ^ row);
                }
                if (!moved)
                        continue;
                for (size_t i = 0; i < 8; i++)
                        row = table[row + classes[at[i]]];
                if (row <= stride)
                        return row == stride;
                stays = row == before;
        }
        for (; left > 0; left--, at++)
                row = table[row + classes[*at]];
        return table[row + stride - 1] != 0;
}
