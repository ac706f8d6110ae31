#include "names.h"

/* Seeds tried for a table without collisions; with up to some 30 names one of them nearly always has none. */
#define SEEDS 64

static bool text_is_plain(struct slice text)
{
        for (size_t i = 0; i < text.size; i++)
                if ((unsigned char)text.data[i] < 0x20 || text.data[i] == '"' || text.data[i] == '\\')
                        return false;
        return true;
}

/* Fills the slots; returns how many names do not lie at their first place. */
static uint32_t slots_fill(uint16_t *slots, const struct names *names, uint64_t seed)
{
        uint32_t moved = 0;
        memset(slots, 0, (names->mask + 1) * sizeof(*slots));
        for (uint32_t row = 0; row < names->count; row++) {
                struct slice text = names->texts[row];
                uint32_t first = (uint32_t)name_hash(text.data, text.size, seed) & names->mask, at = first;
                while (slots[at])
                        at = (at + 1) & names->mask;
                slots[at] = (uint16_t)(row + 1);
                moved += at != first;
        }
        return moved;
}

uint32_t names_slots(uint32_t count)
{
        BUG_IF(count > 65534);
        uint32_t size = 4;
        while (size < count * 2)
                size *= 2;
        return size;
}

void names_init(struct names *names, const struct slice *texts, struct name *rows, uint32_t count, uint16_t *slots)
{
        for (uint32_t i = 0; i < count; i++) {
                struct slice text = texts[i];
                rows[i] = (struct name){ .size = (uint32_t)text.size, .plain = text_is_plain(text) };
                memcpy(rows[i].head, text.data, text.size < NAME_HEAD ? text.size : NAME_HEAD);
                if (text.size < NAME_HEAD)
                        rows[i].head[text.size] = '"';
        }
        *names = (struct names){ .rows = rows, .texts = texts, .count = count, .mask = names_slots(count) - 1, .slots = slots };
        uint64_t best_seed = 0;
        uint32_t best = UINT32_MAX;
        for (uint64_t i = 1; i <= (count <= 200 ? SEEDS : 1) && best > 0; i++) {
                uint64_t seed = i * 0xa0761d6478bd642fu;
                uint32_t moved = slots_fill(slots, names, seed);
                if (moved < best) {
                        best = moved;
                        best_seed = seed;
                }
        }
        names->seed = best_seed;
        (void)slots_fill(slots, names, best_seed);
}
