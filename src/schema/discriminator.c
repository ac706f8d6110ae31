/* oneOf and anyOf whose branches each fix the same member to strings of their own: the member's text tells the branch. */
#include "compile.h"

/* Beyond, the branches are tried one by one. */
#define BRANCHES_MAX 60
#define STRINGS_MAX  60        /* of one branch */
#define KEYS_MAX     30        /* of the first branch: one of them may be the one */

/* The strings that the branch allows for the member; NULL: others, too. */
static const struct names *strings_of(const struct node *branch, struct slice key)
{
        const struct object_rules *rules = branch->object;
        if (!rules || !rules->names)
                return NULL;
        uint32_t row = names_find(rules->names, key.data, key.size);
        const struct node *node = row == NAMES_NONE ? NULL : rules->members[row].node;
        const struct value_rules *values = node ? node->values : NULL;
        if (!values || values->next || values->other_count || values->types || values->yes || values->no)
                return NULL;
        return values->strings && values->strings->count <= STRINGS_MAX ? values->strings : NULL;
}

/* Every branch has strings for the key, and no two branches the same; returns their number or 0. */
static uint32_t strings_count(const struct node_list *branches, struct slice key)
{
        uint32_t count = 0;
        for (size_t i = 0; i < branches->count; i++) {
                const struct names *own = strings_of(branches->nodes[i], key);
                if (!own)
                        return 0;
                for (size_t k = 0; k < i; k++) {
                        const struct names *other = strings_of(branches->nodes[k], key);
                        for (uint32_t row = 0; row < own->count; row++)
                                if (names_find(other, own->texts[row].data, own->texts[row].size) != NAMES_NONE)
                                        return 0;
                }
                count += own->count;
        }
        return count;
}

static const struct discriminator *discriminator_make(struct compiler *compiler, const struct node_list *branches,
                                                      struct slice key, uint32_t count)
{
        struct discriminator *by = schema_take(compiler, sizeof(*by));
        struct slice *texts = scratch_take(compiler, count * sizeof(*texts));
        uint32_t *branch = schema_take(compiler, count * sizeof(*branch)), at = 0;
        struct slice *list = scratch_take(compiler, count * sizeof(*list));
        for (size_t i = 0; i < branches->count; i++) {
                const struct names *own = strings_of(branches->nodes[i], key);
                for (uint32_t row = 0; row < own->count; row++, at++) {
                        texts[at] = own->texts[row];
                        branch[at] = (uint32_t)i;
                        char *quoted = scratch_take(compiler, texts[at].size + 3);
                        list[at].size = (size_t)snprintf(quoted, texts[at].size + 3, "\"%.*s\"", SLICE_ARGS(texts[at]));
                        list[at].data = quoted;
                }
        }
        *by = (struct discriminator){ .key = key, .values = schema_take_names(compiler, texts, count), .branch = branch };
        by->list = list_for_people(compiler, list, count);
        return by;
}

const struct discriminator *discriminator_find(struct compiler *compiler, const struct node_list *branches)
{
        if (branches->count < 2 || branches->count > BRANCHES_MAX ||
            !branches->nodes[0]->object || !branches->nodes[0]->object->names)
                return NULL;
        const struct names *names = branches->nodes[0]->object->names;
        for (uint32_t row = 0; row < names->count && row < KEYS_MAX; row++) {
                struct slice key = names->texts[row];
                uint32_t count = strings_of(branches->nodes[0], key) ? strings_count(branches, key) : 0;
                if (count)
                        return discriminator_make(compiler, branches, key, count);
        }
        return NULL;
}
