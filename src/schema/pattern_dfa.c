/* Subset construction: the nondeterministic automaton made deterministic. What a node asks of its place (^ $ \b \B) is
 * answered when the next byte is known, so every such pattern stays linear, too. */
#include "schema/pattern_dfa.h"
#include "base/hash.h"

#define BUCKETS     4096                 /* twice the states, a power of two */
#define WORK_MAX    (10 * 1000 * 1000)   /* steps of the construction: some 50 ms */

struct state {
        uint32_t first, count;           /* of its nodes in `members` */
        bool     begins, word;           /* at the start of the text; behind a word character */
        bool     asks;                   /* has nodes that wait for what comes next */
};
struct maker {
        const struct nfa *nfa;
        struct dfa   *dfa;
        struct state  states[PATTERN_STATES];
        uint16_t      buckets[BUCKETS];  /* state + 1 */
        uint32_t     *members;           /* nodes of all states, sorted in each */
        size_t        member_count, member_room;
        uint32_t      row_room;
        uint8_t       sample[256];       /* class → one of its bytes */
        uint32_t     *list, list_count;  /* these four have room for every node of the nfa */
        uint32_t     *expanded, *stack;
        uint32_t     *mark, generation;
        bool          accepts;           /* the list has the accepting node */
        uint64_t      work;
};

/* What is known of a position when paths are followed across it. */
struct place {
        bool begins, ends;
        bool known;                      /* else paths stop at nodes that ask for what follows */
        bool edge, inside;               /* of a word, when known; neither in the middle of a character */
};

static bool byte_is_word(uint8_t c)
{
        return (c >= '0' && c <= '9') || c == '_' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool byte_continues(uint8_t c)
{
        return (c & 0xC0) == 0x80;
}

static void maker_clear(struct maker *maker)
{
        maker->generation++;
        maker->list_count = 0;
        maker->accepts = false;
}

/* Adds the node and all that is reached from it without a byte to the list. */
static void maker_follow(struct maker *maker, uint32_t from, struct place place)
{
        size_t depth = 0;
        uint32_t node = from;
        while (true) {
                const struct nfa_node *at = &maker->nfa->nodes[node];
                uint32_t go = NFA_NONE;
                if (maker->mark[node] != maker->generation) {
                        maker->mark[node] = maker->generation;
                        maker->work++;
                        bool waits = !place.known && (at->kind == NFA_END || at->kind == NFA_EDGE || at->kind == NFA_INSIDE);
                        bool passes = (at->kind == NFA_START && place.begins) || (at->kind == NFA_END && place.ends) ||
                                      (at->kind == NFA_EDGE && place.edge) || (at->kind == NFA_INSIDE && place.inside);
                        if (at->kind == NFA_BYTES || waits) {
                                maker->list[maker->list_count++] = node;
                        } else if (at->kind == NFA_ACCEPT) {
                                maker->accepts = true;
                        } else if (at->kind == NFA_SPLIT) {
                                maker->stack[depth++] = at->other;
                                go = at->to;
                        } else if (passes) {
                                go = at->to;
                        }
                }
                if (go == NFA_NONE && depth == 0)
                        return;
                node = go != NFA_NONE ? go : maker->stack[--depth];
        }
}

static void maker_follow_state(struct maker *maker, const struct state *state, struct place place)
{
        maker_clear(maker);
        for (uint32_t i = 0; i < state->count; i++)
                maker_follow(maker, maker->members[state->first + i], place);
}

static int node_compare(const void *a, const void *b)
{
        uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
        return (left > right) - (left < right);
}

/* Room for one state more. */
static void maker_add_row(struct maker *maker)
{
        struct dfa *dfa = maker->dfa;
        if (dfa->state_count < maker->row_room)
                return;
        maker->row_room = maker->row_room ? maker->row_room * 2 : 32;
        dfa->next = memory_grow(dfa->next, (size_t)maker->row_room * dfa->class_count * sizeof(dfa->next[0]));
        dfa->ends = memory_grow(dfa->ends, maker->row_room * sizeof(dfa->ends[0]));
}

/* The state of the nodes in the list; UINT32_MAX when there are too many. */
static uint32_t maker_find(struct maker *maker, bool begins, bool word)
{
        if (maker->accepts)
                return STATE_MATCH;
        if (maker->list_count == 0)
                return STATE_DEAD;
        size_t size = maker->list_count * sizeof(maker->list[0]);
        qsort(maker->list, maker->list_count, sizeof(maker->list[0]), node_compare);
        maker->work += maker->list_count;

        uint32_t bucket = (uint32_t)hash_bytes(maker->list, size, (uint64_t)(begins * 2 + word)) % BUCKETS;
        for (; maker->buckets[bucket]; bucket = (bucket + 1) % BUCKETS) {
                const struct state *state = &maker->states[maker->buckets[bucket] - 1];
                if (state->count == maker->list_count && state->begins == begins && state->word == word &&
                    memcmp(maker->members + state->first, maker->list, size) == 0)
                        return maker->buckets[bucket] - 1u;
        }
        if (maker->dfa->state_count == PATTERN_STATES)
                return UINT32_MAX;
        if (maker->member_count + maker->list_count > maker->member_room) {
                maker->member_room = (maker->member_count + maker->list_count) * 2;
                maker->members = memory_grow(maker->members, maker->member_room * sizeof(maker->members[0]));
        }
        struct state *state = &maker->states[maker->dfa->state_count];
        *state = (struct state){ (uint32_t)maker->member_count, maker->list_count, begins, word, false };
        memcpy(maker->members + state->first, maker->list, size);
        maker->member_count += state->count;
        for (uint32_t i = 0; i < state->count; i++)
                state->asks = state->asks || maker->nfa->nodes[maker->list[i]].kind != NFA_BYTES;
        maker->buckets[bucket] = (uint16_t)(maker->dfa->state_count + 1);
        maker_add_row(maker);
        return maker->dfa->state_count++;
}

/* Where the byte leads from the state. */
static uint32_t maker_step(struct maker *maker, uint32_t index, uint8_t byte)
{
        struct state state = maker->states[index];
        const uint32_t *nodes = maker->members + state.first;
        uint32_t count = state.count;
        if (state.asks) {
                bool edge = state.word != byte_is_word(byte), middle = byte_continues(byte);
                maker_follow_state(maker, &state, (struct place){ .begins = state.begins, .known = true, .edge = edge && !middle,
                                                                  .inside = !edge && !middle });
                if (maker->accepts)
                        return STATE_MATCH;
                count = maker->list_count;
                memcpy(maker->expanded, maker->list, count * sizeof(maker->list[0]));
                nodes = maker->expanded;
        }
        maker_clear(maker);
        for (uint32_t i = 0; i < count; i++) {
                const struct nfa_node *node = &maker->nfa->nodes[nodes[i]];
                if (node->edges == 0)
                        continue;          /* a pattern of boundaries alone has no edge at all */
                const struct nfa_edge *edges = &maker->nfa->edges[node->edge];
                maker->work += node->edges;
                for (uint32_t j = 0; j < node->edges; j++)
                        if (byte >= edges[j].first && byte <= edges[j].last)
                                maker_follow(maker, edges[j].to, (struct place){ 0 });
        }
        /* The match may also begin at the next byte. */
        maker_follow(maker, maker->nfa->start, (struct place){ 0 });
        return maker_find(maker, false, maker->nfa->has_edges && byte_is_word(byte));
}

/* Bytes that no edge tells apart share a class. */
static void maker_classify(struct maker *maker)
{
        bool begins[257] = { [0] = true };
        for (uint32_t i = 0; i < maker->nfa->edge_count; i++) {
                begins[maker->nfa->edges[i].first] = true;
                begins[maker->nfa->edges[i].last + 1] = true;
        }
        for (unsigned c = 1; c < 256 && maker->nfa->has_edges; c++)
                if (byte_is_word((uint8_t)c) != byte_is_word((uint8_t)(c - 1)) ||
                    byte_continues((uint8_t)c) != byte_continues((uint8_t)(c - 1)))
                        begins[c] = true;
        for (unsigned c = 0; c < 256; c++) {
                if (begins[c])
                        maker->sample[maker->dfa->class_count++] = (uint8_t)c;
                maker->dfa->classes[c] = (uint8_t)(maker->dfa->class_count - 1);
        }
}

/* Every state that the start leads to. */
static bool maker_explore(struct maker *maker)
{
        struct dfa *dfa = maker->dfa;
        maker_add_row(maker);
        for (uint32_t c = 0; c < dfa->class_count; c++) {
                dfa->next[STATE_DEAD * dfa->class_count + c] = STATE_DEAD;
                dfa->next[STATE_MATCH * dfa->class_count + c] = STATE_MATCH;
        }
        dfa->ends[STATE_DEAD] = false;
        dfa->ends[STATE_MATCH] = true;
        dfa->state_count = 2;

        maker_clear(maker);
        maker_follow(maker, maker->nfa->start, (struct place){ .begins = true });
        dfa->start = maker_find(maker, true, false);
        for (uint32_t state = 2; state < dfa->state_count; state++) {
                for (uint32_t c = 0; c < dfa->class_count; c++) {
                        uint32_t to = maker_step(maker, state, maker->sample[c]);
                        if (to == UINT32_MAX || maker->work > WORK_MAX)
                                return false;
                        dfa->next[state * dfa->class_count + c] = (uint16_t)to;
                }
                struct state at = maker->states[state];
                maker_follow_state(maker, &at, (struct place){ .begins = at.begins, .ends = true, .known = true, .edge = at.word,
                                                               .inside = !at.word });
                dfa->ends[state] = maker->accepts;
        }
        return true;
}

bool dfa_make(const struct nfa *nfa, struct dfa *ret_dfa)
{
        struct maker *maker = memory_get(sizeof(*maker));
        *ret_dfa = (struct dfa){ .class_count = 0 };
        maker->nfa = nfa;
        maker->dfa = ret_dfa;
        maker->list = memory_get(4 * (nfa->count + 1) * sizeof(maker->list[0]));
        maker->expanded = maker->list + nfa->count + 1;
        maker->stack = maker->expanded + nfa->count + 1;
        maker->mark = maker->stack + nfa->count + 1;
        maker_classify(maker);
        bool made = maker_explore(maker);
        free(maker->list);
        free(maker->members);
        free(maker);
        return made;
}

void dfa_done(struct dfa *dfa)
{
        free(dfa->next);
        free(dfa->ends);
}
