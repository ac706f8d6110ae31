/* Engine 4: a backtracking machine that follows ECMA-262, 22.2.2, to the letter, for what PCRE2 does otherwise or not at all:
 * captures are forgotten whenever their repetition begins anew, a reference to a group that took no part is empty, and
 * look-behind may have any length, as it is matched from right to left. Slower than PCRE2 and rarely needed; it has no
 * recursion, its memory is the scratch's, and it counts every step. */
#include "schema/pattern_tree.h"
#include "base/utf8.h"

#define STEPS_A_LIMIT  8           /* our steps are smaller than PCRE2's: so many for one of the match limit */
#define STEPS_A_BYTE   32          /* and some for each byte of the text, so that a mere search is never stopped */
#define ENTRIES_MAX    (1 << 18)   /* of the trail: 3 MiB */
#define PROGRAM_MAX    100000      /* instructions */
#define UNSET          UINT32_MAX

enum operation {
        DO_SET,            /* one character of sets[a] */
        DO_BACK,           /* what group a captured */
        DO_START, DO_END, DO_EDGE,
        DO_SPLIT,          /* here or, later, at a */
        DO_JUMP,           /* to a */
        DO_OPEN,           /* remember where group a begins */
        DO_CLOSE,          /* group a is captured */
        DO_LOOP_BEGIN,     /* count of loop a = 0 */
        DO_LOOP,           /* once more, or on at b; groups first to last are in its body */
        DO_LOOP_END,       /* back to the loop at b, unless nothing was taken */
        DO_LOOK,           /* the code up to a decides, nothing is taken */
        DO_LOOK_END,       /* of the look at a */
        DO_ACCEPT,
};
struct instruction {
        enum operation operation;
        bool           backward, negative, lazy;
        uint32_t       a, b, min, max;
        uint16_t       first, last;
};
struct retracer {
        struct instruction *code;
        struct charset     *sets;
        uint32_t            count, room, set_count, set_room;
        uint32_t            groups, loops, looks, match_limit;
        bool                anchored;
};

/* Slots: two of each group (start, end), one for where it was opened, two of each loop (count, where the turn began), one of
 * each look (height of the trail). */
#define SLOT_GROUP(group)        (2 * (group))
#define SLOT_OPEN(self, group)   (2 * ((self)->groups + 1) + (group))
#define SLOT_LOOP(self, loop)    (3 * ((self)->groups + 1) + 2 * (loop))
#define SLOT_LOOK(self, look)    (3 * ((self)->groups + 1) + 2 * (self)->loops + (look))

/* ---- compile ---- */

static struct instruction *retracer_add(struct retracer *self, struct instruction instruction)
{
        if (self->count == self->room) {
                self->room = self->room ? self->room * 2 : 32;
                self->code = memory_grow(self->code, self->room * sizeof(self->code[0]));
        }
        self->code[self->count] = instruction;
        return &self->code[self->count++];
}

static uint32_t retracer_add_set(struct retracer *self, const struct charset *set)
{
        if (self->set_count == self->set_room) {
                self->set_room = self->set_room ? self->set_room * 2 : 16;
                self->sets = memory_grow(self->sets, self->set_room * sizeof(self->sets[0]));
        }
        struct range *ranges = memory_get((set->count + 1) * sizeof(ranges[0]));
        if (set->count)
                memcpy(ranges, set->ranges, set->count * sizeof(ranges[0]));
        self->sets[self->set_count] = (struct charset){ ranges, set->count, set->count };
        return self->set_count++;
}

static bool retracer_add_node(struct retracer *self, const struct node *node, bool backward);

/* From right to left, the last comes first. */
static bool retracer_add_sequence(struct retracer *self, const struct node *node, bool backward)
{
        size_t count = 0;
        for (const struct node *child = node->child; child; child = child->next)
                count++;
        const struct node **children = memory_get((count + 1) * sizeof(children[0]));
        size_t i = 0;
        bool fine = true;
        for (const struct node *child = node->child; child; child = child->next)
                children[i++] = child;
        for (i = 0; i < count && fine; i++)
                fine = retracer_add_node(self, children[backward ? count - 1 - i : i], backward);
        free(children);
        return fine;
}

static bool retracer_add_choice(struct retracer *self, const struct node *node, bool backward)
{
        uint32_t jump = UNSET;              /* the jumps to the end, each holding the one before */
        for (const struct node *child = node->child; child; child = child->next) {
                uint32_t split = self->count;
                if (child->next)
                        retracer_add(self, (struct instruction){ .operation = DO_SPLIT });
                if (!retracer_add_node(self, child, backward))
                        return false;
                if (child->next) {
                        retracer_add(self, (struct instruction){ .operation = DO_JUMP, .a = jump });
                        jump = self->count - 1;
                        self->code[split].a = self->count;
                }
        }
        while (jump != UNSET) {
                uint32_t before = self->code[jump].a;
                self->code[jump].a = self->count;
                jump = before;
        }
        return true;
}

/* The least and the highest number of the groups inside. */
static void node_groups(const struct node *node, uint16_t *first, uint16_t *last)
{
        if (node->kind == NODE_GROUP) {
                *first = node->number < *first ? (uint16_t)node->number : *first;
                *last = node->number > *last ? (uint16_t)node->number : *last;
        }
        for (const struct node *child = node->child; child; child = child->next)
                node_groups(child, first, last);
}

static bool retracer_add_repeat(struct retracer *self, const struct node *node, bool backward)
{
        struct instruction loop = { .operation = DO_LOOP, .lazy = node->lazy, .a = self->loops++, .min = node->min,
                                    .max = node->max, .first = UINT16_MAX };
        node_groups(node->child, &loop.first, &loop.last);
        retracer_add(self, (struct instruction){ .operation = DO_LOOP_BEGIN, .a = loop.a });
        uint32_t at = self->count;
        retracer_add(self, loop);
        if (!retracer_add_node(self, node->child, backward))
                return false;
        retracer_add(self, (struct instruction){ .operation = DO_LOOP_END, .a = loop.a, .b = at, .min = node->min });
        self->code[at].b = self->count;
        return true;
}

static bool retracer_add_look(struct retracer *self, const struct node *node)
{
        uint32_t at = self->count, look = self->looks++;
        retracer_add(self, (struct instruction){ .operation = DO_LOOK, .negative = node->negative, .b = look });
        if (!retracer_add_node(self, node->child, node->behind))
                return false;
        retracer_add(self, (struct instruction){ .operation = DO_LOOK_END, .negative = node->negative, .a = at, .b = look });
        self->code[at].a = self->count;
        return true;
}

static bool retracer_add_node(struct retracer *self, const struct node *node, bool backward)
{
        struct instruction instruction = { .backward = backward, .negative = node->negative, .a = node->number };
        if (self->count > PROGRAM_MAX)
                return false;
        switch (node->kind) {
        case NODE_SEQUENCE: return retracer_add_sequence(self, node, backward);
        case NODE_CHOICE:   return retracer_add_choice(self, node, backward);
        case NODE_REPEAT:   return retracer_add_repeat(self, node, backward);
        case NODE_LOOK:     return retracer_add_look(self, node);
        case NODE_GROUP:
                instruction.operation = DO_OPEN;
                retracer_add(self, instruction);
                if (!retracer_add_node(self, node->child, backward))
                        return false;
                instruction.operation = DO_CLOSE;
                break;
        case NODE_SET:
                instruction.operation = DO_SET;
                instruction.a = retracer_add_set(self, &node->set);
                break;
        case NODE_BACK:  instruction.operation = DO_BACK; break;
        case NODE_START: instruction.operation = DO_START; break;
        case NODE_END:   instruction.operation = DO_END; break;
        case NODE_EDGE:  instruction.operation = DO_EDGE; break;
        }
        retracer_add(self, instruction);
        return true;
}

struct retracer *retracer_compile(const struct tree *tree, uint32_t match_limit)
{
        struct retracer *self = memory_get(sizeof(*self));
        self->groups = tree->groups;
        self->match_limit = match_limit;
        self->anchored = node_anchored(tree->root);
        bool fine = retracer_add_node(self, tree->root, false);
        retracer_add(self, (struct instruction){ .operation = DO_ACCEPT });
        if (fine)
                return self;
        retracer_free(self);
        return NULL;
}

void retracer_free(struct retracer *self)
{
        if (!self)
                return;
        for (uint32_t i = 0; i < self->set_count; i++)
                free(self->sets[i].ranges);
        free(self->sets);
        free(self->code);
        free(self);
}

/* ---- match ---- */

/* What to do when the path fails: go on elsewhere, or first give a slot its old value. */
enum trail_kind {
        TRAIL_SLOT,        /* slot `where` had `value` */
        TRAIL_CHOICE,      /* go on at instruction `where` and position `value` */
        TRAIL_TURN,        /* the same, with one more turn of the loop that is there */
        TRAIL_LOOK,        /* the look that is there has failed; it began at position `value` */
};
struct trail_entry {
        enum trail_kind kind;
        uint32_t        where, value;
};
struct run {
        const struct retracer *self;
        struct trail          *trail;
        const uint8_t         *text;
        uint32_t               size, at, pc;
        uint64_t               steps;
};

static bool trail_push(struct run *run, enum trail_kind kind, uint32_t where, uint32_t value)
{
        struct trail *trail = run->trail;
        if (trail->count == trail->room) {
                if (trail->room >= ENTRIES_MAX)
                        return false;
                trail->room = trail->room ? trail->room * 2 : 256;
                trail->entries = memory_grow(trail->entries, trail->room * sizeof(trail->entries[0]));
        }
        trail->entries[trail->count++] = (struct trail_entry){ kind, where, value };
        return true;
}

static bool slot_set(struct run *run, uint32_t slot, uint32_t value)
{
        uint32_t old = run->trail->slots[slot];
        run->trail->slots[slot] = value;
        return old == value || trail_push(run, TRAIL_SLOT, slot, old);
}

/* Moves over one character of the set. */
static bool take_set(struct run *run, const struct instruction *instruction)
{
        uint32_t begin = run->at;
        if (instruction->backward) {
                if (begin == 0)
                        return false;
                do
                        begin--;
                while ((run->text[begin] & 0xC0) == 0x80);
        }
        const char *at = (const char *)run->text + begin;
        size_t size = utf8_length(at, (const char *)run->text + (instruction->backward ? run->at : run->size));
        if (size == 0 || !charset_has(&run->self->sets[instruction->a], utf8_decode(at, size)))
                return false;
        run->at = instruction->backward ? begin : begin + (uint32_t)size;
        return true;
}

static bool take_back(struct run *run, const struct instruction *instruction)
{
        const uint32_t *group = &run->trail->slots[SLOT_GROUP(instruction->a)];
        if (group[0] == UNSET)
                return true;
        uint32_t size = group[1] - group[0];
        if ((instruction->backward ? run->at : run->size - run->at) < size)
                return false;
        uint32_t begin = instruction->backward ? run->at - size : run->at;
        run->steps += size / 16;
        if (memcmp(run->text + begin, run->text + group[0], size) != 0)
                return false;
        run->at = instruction->backward ? begin : begin + size;
        return true;
}

static bool is_word(const struct run *run, uint32_t at)
{
        uint8_t c = at < run->size ? run->text[at] : 0;
        return (c >= '0' && c <= '9') || c == '_' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool group_close(struct run *run, const struct instruction *instruction)
{
        uint32_t opened = run->trail->slots[SLOT_OPEN(run->self, instruction->a)];
        uint32_t start = instruction->backward ? run->at : opened, end = instruction->backward ? opened : run->at;
        return slot_set(run, SLOT_GROUP(instruction->a), start) && slot_set(run, SLOT_GROUP(instruction->a) + 1, end);
}

/* One more turn: what was captured in the one before is forgotten. */
static bool loop_turn(struct run *run, const struct instruction *loop)
{
        uint32_t slot = SLOT_LOOP(run->self, loop->a), count = run->trail->slots[slot];
        for (uint32_t group = loop->first; group <= loop->last; group++)
                if (!slot_set(run, SLOT_GROUP(group), UNSET))
                        return false;
        run->steps += loop->last >= loop->first ? loop->last - loop->first : 0;
        return slot_set(run, slot, count == UINT32_MAX ? count : count + 1) && slot_set(run, slot + 1, run->at);
}

/* False: the trail is full. */
static bool loop_decide(struct run *run, const struct instruction *loop)
{
        uint32_t count = run->trail->slots[SLOT_LOOP(run->self, loop->a)], here = run->pc;
        if (loop->max != REPEAT_FOREVER && count >= loop->max) {
                run->pc = loop->b;
                return true;
        }
        if (count < loop->min) {
                run->pc = here + 1;
                return loop_turn(run, loop);
        }
        if (loop->lazy) {
                run->pc = loop->b;
                return trail_push(run, TRAIL_TURN, here, run->at);
        }
        run->pc = here + 1;
        return trail_push(run, TRAIL_CHOICE, loop->b, run->at) && loop_turn(run, loop);
}

/* A look has matched: it is not entered again, so its choices go; what it captured stays. */
static void look_keep(struct run *run, uint32_t height)
{
        struct trail *trail = run->trail;
        size_t kept = height;
        for (size_t i = height; i < trail->count; i++)
                if (trail->entries[i].kind == TRAIL_SLOT)
                        trail->entries[kept++] = trail->entries[i];
        run->steps += (trail->count - height) / 8;
        trail->count = kept;
}

static void look_undo(struct run *run, uint32_t height)
{
        struct trail *trail = run->trail;
        for (; trail->count > height; trail->count--)
                if (trail->entries[trail->count - 1].kind == TRAIL_SLOT)
                        trail->slots[trail->entries[trail->count - 1].where] = trail->entries[trail->count - 1].value;
}

/* Back to the newest choice. NO: there is none. */
static enum pattern_answer trail_fail(struct run *run)
{
        struct trail *trail = run->trail;
        while (trail->count > 0) {
                struct trail_entry entry = trail->entries[--trail->count];
                const struct instruction *instruction = &run->self->code[entry.where];
                switch (entry.kind) {
                case TRAIL_SLOT:
                        trail->slots[entry.where] = entry.value;
                        continue;
                case TRAIL_LOOK:
                        if (!instruction->negative)
                                continue;
                        run->pc = instruction->a;
                        break;
                case TRAIL_CHOICE:
                        run->pc = entry.where;
                        break;
                case TRAIL_TURN:
                        run->at = entry.value;
                        run->pc = entry.where + 1;
                        return loop_turn(run, instruction) ? PATTERN_YES : PATTERN_LIMIT;
                }
                run->at = entry.value;
                return PATTERN_YES;
        }
        return PATTERN_NO;
}

/* What one instruction came to. */
enum outcome { FITS, FAILS, FULL, DONE };

static enum outcome look_end(struct run *run, const struct instruction *instruction)
{
        uint32_t height = run->trail->slots[SLOT_LOOK(run->self, instruction->b)];
        uint32_t began = run->trail->entries[height].value;
        if (instruction->negative) {
                look_undo(run, height);
                return FAILS;
        }
        look_keep(run, height);
        run->at = began;
        run->pc++;
        return FITS;
}

/* Instructions that move `pc` by themselves. */
static enum outcome step_control(struct run *run, const struct instruction *instruction)
{
        const uint32_t *slots = run->trail->slots;
        switch (instruction->operation) {
        case DO_SPLIT:
                if (!trail_push(run, TRAIL_CHOICE, instruction->a, run->at))
                        return FULL;
                run->pc++;
                return FITS;
        case DO_JUMP:
                run->pc = instruction->a;
                return FITS;
        case DO_LOOP:
                return loop_decide(run, instruction) ? FITS : FULL;
        case DO_LOOP_END:
                if (slots[SLOT_LOOP(run->self, instruction->a)] > instruction->min &&
                    slots[SLOT_LOOP(run->self, instruction->a) + 1] == run->at)
                        return FAILS;
                run->pc = instruction->b;
                return FITS;
        case DO_LOOK:
                run->trail->slots[SLOT_LOOK(run->self, instruction->b)] = (uint32_t)run->trail->count;
                if (!trail_push(run, TRAIL_LOOK, run->pc, run->at))
                        return FULL;
                run->pc++;
                return FITS;
        case DO_LOOK_END:
                return look_end(run, instruction);
        default:
                return DONE;
        }
}

static enum outcome step(struct run *run)
{
        const struct instruction *instruction = &run->self->code[run->pc];
        bool fits = true, room = true;
        switch (instruction->operation) {
        case DO_SET:   fits = take_set(run, instruction); break;
        case DO_BACK:  fits = take_back(run, instruction); break;
        case DO_START: fits = run->at == 0; break;
        case DO_END:   fits = run->at == run->size; break;
        case DO_EDGE:
                fits = ((run->at > 0 && is_word(run, run->at - 1)) != is_word(run, run->at)) != instruction->negative;
                break;
        case DO_OPEN:       room = slot_set(run, SLOT_OPEN(run->self, instruction->a), run->at); break;
        case DO_CLOSE:      room = group_close(run, instruction); break;
        case DO_LOOP_BEGIN: room = slot_set(run, SLOT_LOOP(run->self, instruction->a), 0); break;
        default:            return step_control(run, instruction);
        }
        run->pc++;
        return !room ? FULL : fits ? FITS : FAILS;
}

static enum pattern_answer run_from(struct run *run, uint32_t start, uint64_t steps_max)
{
        run->at = start;
        run->pc = 0;
        run->trail->count = 0;
        while (++run->steps <= steps_max) {
                enum outcome outcome = step(run);
                if (outcome == DONE)
                        return PATTERN_YES;
                if (outcome == FITS)
                        continue;
                enum pattern_answer failed = outcome == FULL ? PATTERN_LIMIT : trail_fail(run);
                if (failed != PATTERN_YES)
                        return failed;
        }
        return PATTERN_LIMIT;
}

enum pattern_answer retracer_match(const struct retracer *self, struct trail *trail, struct slice text)
{
        size_t slots = SLOT_LOOK(self, self->looks);
        if (text.size >= UNSET)
                return PATTERN_LIMIT;
        const uint8_t *bytes = (const uint8_t *)(text.data ? text.data : "");
        struct run run = { .self = self, .trail = trail, .text = bytes, .size = (uint32_t)text.size };
        if (trail->slot_room < slots) {
                trail->slots = memory_grow(trail->slots, slots * sizeof(trail->slots[0]));
                trail->slot_room = slots;
        }
        memset(trail->slots, 0xFF, slots * sizeof(trail->slots[0]));      /* all UNSET */
        uint64_t steps_max = (uint64_t)self->match_limit * STEPS_A_LIMIT + (uint64_t)text.size * STEPS_A_BYTE;
        for (uint32_t start = 0; start <= run.size; start++) {
                if (start < run.size && (run.text[start] & 0xC0) == 0x80)
                        continue;
                /* Where a start has failed, everything that it set is as before. */
                enum pattern_answer answer = run_from(&run, start, steps_max);
                if (answer != PATTERN_NO || self->anchored)
                        return answer;
        }
        return PATTERN_NO;
}

void trail_done(struct trail *trail)
{
        free(trail->entries);
        free(trail->slots);
}
