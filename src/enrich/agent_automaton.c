#include "enrich/agent_automaton.h"

#define STATES_MAX 0x7FFFu

/* While it is built: a trie, whose missing edges are then filled in breadth-first order. */
struct link { uint32_t bit, next; };       /* the bits of a state, chained; 0: the end */
struct trie {
        uint16_t *next;            /* [state << shift | class]; 0: none yet */
        uint16_t *fail, *order;    /* the longest proper suffix; states in breadth-first order */
        uint32_t *bits;            /* [state]: its first link */
        struct link *links;        /* from 1 */
        size_t    states, link_count;
        unsigned  shift;
};

static void classes_set(struct automaton *automaton, const struct automaton_literal *literals, size_t count)
{
        bool used[256] = { false };
        for (size_t i = 0; i < count; i++)
                for (size_t j = 0; j < literals[i].text.size; j++)
                        used[(unsigned char)literals[i].text.data[j]] = true;
        unsigned classes = 1;      /* 0: every byte that no literal has */
        for (unsigned c = 0; c < 256; c++)
                if (used[c] && literal_fold((unsigned char)c) == c)
                        automaton->class_of[c] = (uint8_t)classes++;
        for (unsigned c = 'A'; c <= 'Z'; c++)
                automaton->class_of[c] = automaton->class_of[literal_fold((unsigned char)c)];
        while ((1u << automaton->shift) < classes)
                automaton->shift++;
        automaton->longest = 1;
        for (size_t i = 0; i < count; i++)
                automaton->longest = literals[i].text.size > automaton->longest ? literals[i].text.size : automaton->longest;
}

static size_t literal_size(const struct automaton_literal *literal, size_t most)
{
        return literal->whole || literal->text.size < most ? literal->text.size : most;
}

/* False when there are too many states. */
static bool trie_add(struct trie *trie, const struct automaton *automaton, const struct automaton_literal *literal, size_t most)
{
        size_t state = 0, size = literal_size(literal, most);
        for (size_t i = 0; i < size; i++) {
                uint16_t *edge = &trie->next[state << trie->shift | automaton->class_of[(unsigned char)literal->text.data[i]]];
                if (*edge == 0) {
                        if (trie->states == STATES_MAX)
                                return false;
                        *edge = (uint16_t)trie->states++;
                }
                state = *edge;
        }
        struct link *link = &trie->links[++trie->link_count];
        *link = (struct link){ literal->bit, trie->bits[state] };
        trie->bits[state] = (uint32_t)trie->link_count;
        return true;
}

/* Fills in every missing edge by the edge of the longest suffix. */
static void trie_complete(struct trie *trie)
{
        size_t classes = (size_t)1 << trie->shift, head = 0, tail = 0;
        trie->order[tail++] = 0;
        while (head < tail) {
                size_t state = trie->order[head++];
                for (size_t class = 0; class < classes; class++) {
                        uint16_t *edge = &trie->next[state << trie->shift | class];
                        uint16_t  other = state ? trie->next[(size_t)trie->fail[state] << trie->shift | class] : 0;
                        if (*edge == 0) {
                                *edge = other;
                        } else {
                                trie->fail[*edge] = other;
                                trie->order[tail++] = *edge;
                        }
                }
        }
        BUG_IF(tail != trie->states);
}

static void mark_add(struct automaton *automaton, size_t first, size_t *count, uint32_t word, uint64_t mask)
{
        for (size_t i = first; i < *count; i++)
                if (automaton->marks[i].word == word) {
                        automaton->marks[i].mask |= mask;
                        return;
                }
        automaton->marks[(*count)++] = (struct automaton_mark){ mask, word };
}

/* The marks of a state are its own bits and those of all its suffixes, which come earlier in breadth-first order. */
static void marks_set(struct automaton *automaton, const struct trie *trie, const uint16_t *number)
{
        size_t room = 0, count = 0;
        automaton->marks_of = memory_get((trie->states + 1) * sizeof(*automaton->marks_of));
        for (size_t i = 0; i < trie->states; i++) {
                size_t   state = trie->order[i], first = count, need = count + 2 * automaton->words;
                if (need > room) {
                        room = 2 * need;
                        automaton->marks = memory_grow(automaton->marks, room * sizeof(*automaton->marks));
                }
                automaton->marks_of[i] = (uint32_t)first;
                size_t suffix = number[trie->fail[state]];
                for (size_t mark = automaton->marks_of[suffix]; i > 0 && mark < automaton->marks_of[suffix + 1]; mark++)
                        automaton->marks[count++] = automaton->marks[mark];
                for (uint32_t link = trie->bits[state]; link; link = trie->links[link].next)
                        mark_add(automaton, first, &count, trie->links[link].bit / 64, (uint64_t)1 << trie->links[link].bit % 64);
                automaton->marks_of[i + 1] = (uint32_t)count;
        }
        automaton->marks = memory_grow(automaton->marks, (count + 1) * sizeof(*automaton->marks));
}

/* States get new numbers in breadth-first order: those near the root, where the scan nearly always is, lie together. */
static void states_set(struct automaton *automaton, const struct trie *trie)
{
        uint16_t *number = memory_get(trie->states * sizeof(*number));
        for (size_t i = 0; i < trie->states; i++)
                number[trie->order[i]] = (uint16_t)i;
        marks_set(automaton, trie, number);
        size_t classes = (size_t)1 << trie->shift;
        automaton->states = trie->states;
        automaton->next = memory_get((trie->states << trie->shift) * sizeof(*automaton->next));
        for (size_t i = 0; i < trie->states; i++)
                for (size_t class = 0; class < classes; class++) {
                        uint16_t target = number[trie->next[(size_t)trie->order[i] << trie->shift | class]];
                        bool marked = automaton->marks_of[target] != automaton->marks_of[target + 1];
                        automaton->next[i << trie->shift | class] = (uint16_t)(target | (marked ? AUTOMATON_MARKED : 0));
                }
        free(number);
}

/* With literals cut to `most` bytes; false when there are too many states. */
static bool automaton_build(struct automaton *automaton, const struct automaton_literal *literals, size_t count, size_t most)
{
        size_t room = 1;
        for (size_t i = 0; i < count && room < STATES_MAX; i++)
                room += literal_size(&literals[i], most);
        room = room < STATES_MAX ? room : STATES_MAX;
        struct trie trie = {
                .next = memory_get((room << automaton->shift) * sizeof(uint16_t)),
                .fail = memory_get(room * sizeof(uint16_t)),
                .order = memory_get(room * sizeof(uint16_t)),
                .bits = memory_get(room * sizeof(uint32_t)),
                .links = memory_get((count + 1) * sizeof(struct link)),
                .states = 1,
                .shift = automaton->shift,
        };
        bool fits = true;
        for (size_t i = 0; i < count && fits; i++)
                fits = trie_add(&trie, automaton, &literals[i], most);
        if (fits) {
                trie_complete(&trie);
                states_set(automaton, &trie);
        }
        free(trie.next);
        free(trie.fail);
        free(trie.order);
        free(trie.bits);
        free(trie.links);
        return fits;
}

struct automaton *automaton_new(const struct automaton_literal *literals, size_t count, size_t bits)
{
        struct automaton *automaton = memory_get(sizeof(*automaton));
        automaton->words = (bits + 63) / 64;
        classes_set(automaton, literals, count);
        size_t most = SIZE_MAX;
        while (!automaton_build(automaton, literals, count, most)) {
                most = most > LITERAL_MAX ? LITERAL_MAX : most - 1;
                BUG_IF(most == 0);         /* one byte each are 256 states */
        }
        return automaton;
}

void automaton_free(struct automaton *automaton)
{
        if (!automaton)
                return;
        free(automaton->next);
        free(automaton->marks_of);
        free(automaton->marks);
        free(automaton);
}

size_t automaton_memory(const struct automaton *automaton)
{
        return (automaton->states << automaton->shift) * sizeof(*automaton->next) +
               automaton->states * sizeof(*automaton->marks_of) +
               automaton->marks_of[automaton->states] * sizeof(*automaton->marks);
}

/* ---- the scan ----
 * Each step waits for the table's answer to the one before, and the table does not fit into the first caches. So the text is
 * cut into lanes that are walked side by side; they overlap by one less than the longest literal, so that none is missed. */
#define LANES     4
#define LANE_MIN  16               /* bytes; a shorter text is walked in one lane */
#define QUEUE     256              /* marked states that wait; looked up together, off the walk */

struct walk {
        const uint16_t *next;
        const uint8_t  *class_of;
        unsigned        shift;
};

static void queue_flush(const struct automaton *automaton, const uint16_t *queue, size_t waiting, uint64_t *words)
{
        for (size_t i = 0; i < waiting; i++) {
                unsigned state = queue[i] & ~AUTOMATON_MARKED;
                for (size_t mark = automaton->marks_of[state]; mark < automaton->marks_of[state + 1]; mark++)
                        words[automaton->marks[mark].word] |= automaton->marks[mark].mask;
        }
}

static inline uint16_t walk_step(const struct walk *walk, unsigned state, char c)
{
        return walk->next[(size_t)(state & ~AUTOMATON_MARKED) << walk->shift | walk->class_of[(unsigned char)c]];
}

void automaton_scan(const struct automaton *automaton, struct slice text, uint64_t *words)
{
        const struct walk walk = { automaton->next, automaton->class_of, automaton->shift };
        size_t   overlap = automaton->longest - 1, length = text.size / LANES, waiting = 0;
        uint16_t queue[QUEUE], state = walk_step(&walk, 0, LITERAL_START);
        const char *at = text.data, *end = slice_end(text);
        /* A marked state is queued without a branch that nobody could foresee: its mark, bit 15, moves the queue's end. */
        queue[waiting] = state;
        waiting += state >> 15;
        if (length >= LANE_MIN && length >= overlap) {
                const char *b = at + length - overlap, *c = b + length, *d = c + length;
                uint16_t    state_b = 0, state_c = 0, state_d = 0;
                for (size_t step = 0; step < length + overlap; step++) {
                        state = walk_step(&walk, state, at[step]);
                        state_b = walk_step(&walk, state_b, b[step]);
                        state_c = walk_step(&walk, state_c, c[step]);
                        state_d = walk_step(&walk, state_d, d[step]);
                        queue[waiting] = state;
                        waiting += state >> 15;
                        queue[waiting] = state_b;
                        waiting += state_b >> 15;
                        queue[waiting] = state_c;
                        waiting += state_c >> 15;
                        queue[waiting] = state_d;
                        waiting += state_d >> 15;
                        if (UNLIKELY(waiting > QUEUE - LANES)) {
                                queue_flush(automaton, queue, waiting, words);
                                waiting = 0;
                        }
                }
                at += LANES * length;
                state = state_d;
        }
        for (; at < end; at++) {
                state = walk_step(&walk, state, *at);
                queue[waiting] = state;
                waiting += state >> 15;
                if (UNLIKELY(waiting > QUEUE - LANES)) {
                        queue_flush(automaton, queue, waiting, words);
                        waiting = 0;
                }
        }
        queue[waiting] = walk_step(&walk, state, LITERAL_END);
        waiting += queue[waiting] >> 15;
        queue_flush(automaton, queue, waiting, words);
}
