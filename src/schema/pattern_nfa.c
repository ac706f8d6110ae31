/* The tree as a nondeterministic automaton over UTF-8 bytes. It is built from its end to its start: every function gets the
 * node at which to go on and answers the node at which to begin. */
#include "schema/pattern_nfa.h"
#include "base/utf8.h"

static uint32_t nfa_add(struct nfa *nfa, struct nfa_node node)
{
        if (nfa->count == NFA_NODES_MAX)
                return NFA_NONE;
        if (nfa->count == nfa->room) {
                nfa->room = nfa->room ? nfa->room * 2 : 64;
                nfa->nodes = memory_grow(nfa->nodes, nfa->room * sizeof(nfa->nodes[0]));
        }
        nfa->nodes[nfa->count] = node;
        return nfa->count++;
}

/* ---- one class of characters ---- */

/* A run of characters whose encodings have one length and fall into the same range at every byte. */
struct span {
        uint8_t size, first[4], last[4];
};

/* The edges of one byte position, gathered before they become a node. */
struct fan {
        struct nfa_edge edges[256];
        uint32_t        count;
};

static bool edge_equal(const struct nfa_edge *a, const struct nfa_edge *b)
{
        return a->first == b->first && a->last == b->last && a->to == b->to;
}

/* A node with these edges; an equal one that belongs to the same class (from `since` on) is taken instead. */
static uint32_t nfa_add_fan(struct nfa *nfa, const struct fan *fan, uint32_t since)
{
        for (uint32_t i = since; i < nfa->count; i++) {
                const struct nfa_node *node = &nfa->nodes[i];
                if (node->edges != fan->count)
                        continue;
                uint32_t j = 0;
                while (j < fan->count && edge_equal(&nfa->edges[node->edge + j], &fan->edges[j]))
                        j++;
                if (j == fan->count)
                        return i;
        }
        if (fan->count > NFA_EDGES_MAX - nfa->edge_count)
                return NFA_NONE;
        if (fan->count > nfa->edge_room - nfa->edge_count) {
                nfa->edge_room = (nfa->edge_count + fan->count) * 2;
                nfa->edges = memory_grow(nfa->edges, nfa->edge_room * sizeof(nfa->edges[0]));
        }
        struct nfa_node node = { .kind = NFA_BYTES, .edge = nfa->edge_count, .edges = fan->count };
        if (fan->count)
                memcpy(&nfa->edges[nfa->edge_count], fan->edges, fan->count * sizeof(fan->edges[0]));
        nfa->edge_count += fan->count;
        return nfa_add(nfa, node);
}

static void fan_add(struct fan *fan, uint8_t first, uint8_t last, uint32_t to)
{
        struct nfa_edge *before = fan->count ? &fan->edges[fan->count - 1] : NULL;
        if (before && before->to == to && before->last + 1 == first)
                before->last = last;
        else
                fan->edges[fan->count++] = (struct nfa_edge){ first, last, to };
}

/* The node for bytes from `depth` on of spans that agree before it. Spans are sorted; those that share a first byte are
 * neighbours, and a range of first bytes has no other span within. */
static uint32_t nfa_add_spans(struct nfa *nfa, const struct span *spans, size_t count, unsigned depth,
                              const uint32_t since_next[2])
{
        struct fan fan = { .count = 0 };
        for (size_t i = 0; i < count;) {
                size_t same = i + 1;
                while (same < count && spans[same].first[depth] == spans[i].first[depth])
                        same++;
                uint32_t to = since_next[1];
                if (spans[i].size > depth + 1)
                        to = nfa_add_spans(nfa, spans + i, same - i, depth + 1, since_next);
                if (to == NFA_NONE)
                        return NFA_NONE;
                fan_add(&fan, spans[i].first[depth], spans[i].last[depth], to);
                i = same;
        }
        return nfa_add_fan(nfa, &fan, since_next[0]);
}

/* Cuts the characters first..last (no surrogates among them) into spans. */
static size_t spans_cut(uint32_t first, uint32_t last, struct span *spans, size_t count)
{
        static const uint32_t LAST_OF_SIZE[] = { 0x7F, 0x7FF, 0xFFFF, CODE_POINT_MAX };
        while (first <= last) {
                uint32_t stop = last;
                for (size_t i = 0; i < COUNT_OF(LAST_OF_SIZE); i++)
                        if (first <= LAST_OF_SIZE[i] && stop > LAST_OF_SIZE[i])
                                stop = LAST_OF_SIZE[i];
                /* Below bit 6n, either everything is in or the byte above stays the same. */
                for (unsigned bits = 6; bits < 24 && first > 0x7F; bits += 6) {
                        uint32_t low = (1u << bits) - 1;
                        if ((first & ~low) == (stop & ~low))
                                break;
                        if ((first & low) != 0)
                                stop = first | low;
                        else if ((stop & low) != low)
                                stop = (stop & ~low) - 1;
                        else
                                continue;
                        /* The cut may have shortened it to where the lower bits no longer span everything: look again. */
                        if ((first & ~low) == (stop & ~low))
                                break;
                }
                char a[4], b[4];
                struct span span = { .size = (uint8_t)utf8_encode(first, a) };
                (void)utf8_encode(stop, b);
                memcpy(span.first, a, span.size);
                memcpy(span.last, b, span.size);
                spans[count++] = span;
                first = stop + 1;
        }
        return count;
}

#define SPANS_A_RANGE 16      /* none needs more: 1, 3, 5 and 7 for the four sizes of encodings */
static uint32_t nfa_add_set(struct nfa *nfa, const struct charset *set, uint32_t next)
{
        struct span *spans = memory_get((set->count + 1) * SPANS_A_RANGE * sizeof(*spans));
        size_t count = 0;
        for (size_t i = 0; i < set->count; i++)
                count = spans_cut(set->ranges[i].first, set->ranges[i].last, spans, count);
        BUG_IF(count > (set->count + 1) * SPANS_A_RANGE);
        const uint32_t since_next[2] = { nfa->count, next };
        uint32_t node = nfa_add_spans(nfa, spans, count, 0, since_next);
        free(spans);
        return node;
}

/* ---- the rest ---- */

static uint32_t nfa_add_node(struct nfa *nfa, const struct node *node, uint32_t next);

/* Children from the last to the first, by recursion only in the depth of the tree. */
static uint32_t nfa_add_sequence(struct nfa *nfa, const struct node *first, uint32_t next)
{
        size_t count = 0;
        for (const struct node *child = first; child; child = child->next)
                count++;
        const struct node **children = memory_get((count + 1) * sizeof(struct node *));
        size_t i = 0;
        for (const struct node *child = first; child; child = child->next)
                children[i++] = child;
        while (i > 0 && next != NFA_NONE)
                next = nfa_add_node(nfa, children[--i], next);
        free(children);
        return next;
}

static uint32_t nfa_add_choice(struct nfa *nfa, const struct node *node, uint32_t next)
{
        uint32_t choice = NFA_NONE;
        for (const struct node *child = node->child; child; child = child->next) {
                uint32_t begin = nfa_add_node(nfa, child, next);
                if (begin == NFA_NONE)
                        return NFA_NONE;
                choice = choice == NFA_NONE ? begin :
                         nfa_add(nfa, (struct nfa_node){ .kind = NFA_SPLIT, .to = choice, .other = begin });
                if (choice == NFA_NONE)
                        return NFA_NONE;
        }
        return choice;
}

static uint32_t nfa_add_repeat(struct nfa *nfa, const struct node *node, uint32_t next)
{
        uint32_t begin = next;
        if (node->max == REPEAT_FOREVER) {
                begin = nfa_add(nfa, (struct nfa_node){ .kind = NFA_SPLIT, .other = next });
                if (begin == NFA_NONE)
                        return NFA_NONE;
                uint32_t body = nfa_add_node(nfa, node->child, begin);
                if (body == NFA_NONE)
                        return NFA_NONE;
                nfa->nodes[begin].to = body;
        } else {
                for (uint32_t i = node->min; i < node->max && begin != NFA_NONE; i++) {
                        uint32_t body = nfa_add_node(nfa, node->child, begin);
                        if (body == NFA_NONE)
                                return NFA_NONE;
                        begin = nfa_add(nfa, (struct nfa_node){ .kind = NFA_SPLIT, .to = body, .other = next });
                }
        }
        for (uint32_t i = 0; i < node->min && begin != NFA_NONE; i++) {
                uint32_t before = nfa->count;
                begin = nfa_add_node(nfa, node->child, begin);
                if (nfa->count == before)
                        break;          /* the child adds nothing, be it a thousand million times */
        }
        return begin;
}

static uint32_t nfa_add_node(struct nfa *nfa, const struct node *node, uint32_t next)
{
        switch (node->kind) {
        case NODE_SET:      return nfa_add_set(nfa, &node->set, next);
        case NODE_SEQUENCE: return nfa_add_sequence(nfa, node->child, next);
        case NODE_CHOICE:   return nfa_add_choice(nfa, node, next);
        case NODE_REPEAT:   return nfa_add_repeat(nfa, node, next);
        case NODE_GROUP:    return nfa_add_node(nfa, node->child, next);
        case NODE_START:    return nfa_add(nfa, (struct nfa_node){ .kind = NFA_START, .to = next });
        case NODE_END:      return nfa_add(nfa, (struct nfa_node){ .kind = NFA_END, .to = next });
        case NODE_EDGE:
                nfa->has_edges = true;
                return nfa_add(nfa, (struct nfa_node){ .kind = node->negative ? NFA_INSIDE : NFA_EDGE, .to = next });
        case NODE_LOOK:
        case NODE_BACK:
                break;
        }
        return NFA_NONE;
}

bool nfa_make(const struct tree *tree, struct nfa *ret_nfa)
{
        *ret_nfa = (struct nfa){ .count = 0 };
        uint32_t accept = nfa_add(ret_nfa, (struct nfa_node){ .kind = NFA_ACCEPT });
        ret_nfa->start = nfa_add_node(ret_nfa, tree->root, accept);
        return ret_nfa->start != NFA_NONE;
}

void nfa_done(struct nfa *nfa)
{
        free(nfa->nodes);
        free(nfa->edges);
}
