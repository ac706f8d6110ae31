#include "enrich/campaign_table.h"

#define NAME_MOST       64         /* bytes of a parameter's name */
#define PARAMETERS_MOST 256        /* of one query or fragment that are looked at */
#define PIANO_MOST      32         /* parameters at_... of one address */
#define SLOT_CLICK      UINT8_MAX

_Static_assert(CAMPAIGN_SLOTS <= 64, "campaign_found.slots is a mask of 64 bits");

/* What tells two names apart: their first and their last eight bytes (of a shorter one all) with bit 5 set, which makes letters
 * small and joins a few other bytes, too ('_' and DEL); and how long they are. */
struct fold { uint64_t first, last; size_t size; };
/* A name may be in several rows. */
struct row {
        struct slice name;         /* data NULL: free */
        struct fold  fold;
        uint8_t      slot, rank;   /* of a click id: its number */
};
struct campaign_table {
        struct row *row;           /* open addressing, at most half full */
        size_t      mask, count;
        struct campaign_click click[CAMPAIGN_CLICKS];
        char       *click_text[CAMPAIGN_CLICKS];
        size_t      click_count;
        uint32_t    starts[NAME_MOST + 1];     /* by size of a name: bit c: some begin with a byte whose low five bits are c */
        uint8_t     ranks[CAMPAIGN_SLOTS];
};

struct campaign_table *campaign_table_new(void)
{
        struct campaign_table *table = memory_get(sizeof(*table));
        table->mask = 127;
        table->row = memory_get((table->mask + 1) * sizeof(*table->row));
        return table;
}

void campaign_table_free(struct campaign_table *table)
{
        if (!table)
                return;
        for (size_t i = 0; i <= table->mask; i++)
                free((char *)table->row[i].name.data);
        for (size_t i = 0; i < table->click_count; i++)
                free(table->click_text[i]);
        free(table->row);
        free(table);
}

#define BITS_5 0x2020202020202020u

static inline struct fold fold_of(struct slice name)
{
        struct fold fold = { .size = name.size };
        if (name.size >= 8) {
                memcpy(&fold.first, name.data, 8);
                memcpy(&fold.last, name.data + name.size - 8, 8);
        } else if (name.size >= 4) {
                uint32_t first, last;
                memcpy(&first, name.data, 4);
                memcpy(&last, name.data + name.size - 4, 4);
                fold.first = fold.last = (uint64_t)last << 32 | first;
        } else {
                fold.first = fold.last = (uint64_t)(unsigned char)name.data[0] |
                                         (uint64_t)(unsigned char)name.data[name.size / 2] << 8 |
                                         (uint64_t)(unsigned char)name.data[name.size - 1] << 16;
        }
        fold.first |= BITS_5;
        fold.last |= BITS_5;
        return fold;
}

/* Not keyed: what strangers send is looked up here, never added. */
static inline size_t fold_hash(const struct fold *fold)
{
        uint64_t mixed = (fold->first ^ fold->size) * 0x9e3779b97f4a7c15u + fold->last;
        return (size_t)((mixed * 0xc2b2ae3d27d4eb4fu) >> 40);
}

static inline bool row_is(const struct row *row, const struct fold *fold, struct slice name)
{
        return row->fold.first == fold->first && row->fold.last == fold->last && row->fold.size == fold->size &&
               (memcmp(row->name.data, name.data, name.size) == 0 || slice_equal_nocase(row->name, name));
}

static void row_put(struct campaign_table *table, struct row row)
{
        size_t at = fold_hash(&row.fold) & table->mask;
        while (table->row[at].name.data)
                at = (at + 1) & table->mask;
        table->row[at] = row;
}

static void row_add(struct campaign_table *table, struct slice name, uint8_t slot, uint8_t rank)
{
        if (++table->count * 2 > table->mask) {
                struct row *old = table->row;
                size_t      size = table->mask + 1;
                table->row = memory_get(2 * size * sizeof(*table->row));
                table->mask = 2 * size - 1;
                for (size_t i = 0; i < size; i++)
                        if (old[i].name.data)
                                row_put(table, old[i]);
                free(old);
        }
        row_put(table, (struct row){ { slice_copy(name), name.size }, fold_of(name), slot, rank });
        table->starts[name.size] |= 1u << (name.data[0] & 31);
}

bool campaign_table_add(struct campaign_table *table, struct slice parameter, size_t slot)
{
        if (parameter.size == 0 || parameter.size > NAME_MOST || slot >= CAMPAIGN_SLOTS || table->ranks[slot] == UINT8_MAX)
                return false;
        row_add(table, parameter, (uint8_t)slot, table->ranks[slot]++);
        return true;
}

bool campaign_table_add_click(struct campaign_table *table, struct slice parameter, const struct campaign_click *click)
{
        if (parameter.size == 0 || parameter.size > NAME_MOST || table->click_count == CAMPAIGN_CLICKS)
                return false;
        for (size_t i = 0; i <= table->mask; i++)
                if (table->row[i].slot == SLOT_CLICK && slice_equal_nocase(table->row[i].name, parameter))
                        return true;
        size_t number = table->click_count++;
        table->click_text[number] = slice_copy(click->network);
        table->click[number] = *click;
        table->click[number].network.data = table->click_text[number];
        row_add(table, parameter, SLOT_CLICK, (uint8_t)number);
        return true;
}

void campaign_table_add_own_clicks(struct campaign_table *table)
{
        static const struct { const char *parameter, *network; enum channel_site site; bool paid; } OWN[] = {
#define CLICK(parameter, network, site, paid) { parameter, network, CHANNEL_SITE_##site, paid },
#include "enrich/click_ids.def"
#undef CLICK
        };
        for (size_t i = 0; i < COUNT_OF(OWN); i++) {
                struct campaign_click click = { slice_of(OWN[i].network), OWN[i].site, OWN[i].paid };
                (void)campaign_table_add_click(table, slice_of(OWN[i].parameter), &click);
        }
}

const struct campaign_click *campaign_table_click(const struct campaign_table *table, size_t number)
{
        return &table->click[number];
}

/* ---- finding ---- */

struct parameter { struct slice name, value; };
struct scan {
        const struct campaign_table *table;
        struct campaign_found       *found;
        struct parameter piano[PIANO_MOST];
        size_t           piano_count;
        bool             piano_medium, piano_campaign;
};

static void row_take(struct scan *scan, const struct row *row, struct slice value)
{
        struct campaign_found *found = scan->found;
        uint64_t bit = (uint64_t)1 << (row->slot & 63);
        if (row->slot == SLOT_CLICK) {
                if (scan->table->click[row->rank].network.size && (!found->click.data || row->rank < found->click_number)) {
                        found->click = value;
                        found->click_number = row->rank;
                }
        } else if (!(found->slots & bit) || row->rank < found->rank[row->slot]) {
                found->slots |= bit;
                found->value[row->slot] = value;
                found->rank[row->slot] = row->rank;
        }
}

static inline void parameter_take(struct scan *scan, const struct parameter *parameter)
{
        const struct campaign_table *table = scan->table;
        struct fold fold = fold_of(parameter->name);
        for (size_t at = fold_hash(&fold) & table->mask; table->row[at].name.data; at = (at + 1) & table->mask)
                if (row_is(&table->row[at], &fold, parameter->name))
                        row_take(scan, &table->row[at], parameter->value);
}

static inline bool is_piano(struct slice name)
{
        return name.size > 3 && (name.data[0] | 0x20) == 'a' && (name.data[1] | 0x20) == 't' && name.data[2] == '_';
}

/* Piano's parameters wait until it is known whether they are all there. */
static void piano_keep(struct scan *scan, const struct parameter *parameter)
{
        if (scan->piano_count == PIANO_MOST)
                return;
        scan->piano[scan->piano_count++] = *parameter;
        scan->piano_medium |= slice_equal_nocase(parameter->name, SLICE("at_medium"));
        scan->piano_campaign |= slice_equal_nocase(parameter->name, SLICE("at_campaign"));
}

static void text_scan(struct scan *scan, struct slice text)
{
        struct url_parameters it;
        struct parameter      parameter;
        url_parameters_init(&it, text);
        for (size_t left = PARAMETERS_MOST; left && url_parameters_next(&it, &parameter.name, &parameter.value); left--) {
                if (parameter.value.size == 0 || parameter.name.size - 1 >= NAME_MOST)
                        continue;
                if (UNLIKELY(is_piano(parameter.name)))
                        piano_keep(scan, &parameter);
                else if (scan->table->starts[parameter.name.size] >> (parameter.name.data[0] & 31) & 1)
                        parameter_take(scan, &parameter);
        }
}

bool campaign_table_find(const struct campaign_table *table, struct slice query, struct slice fragment,
                         struct campaign_found *found)
{
        struct scan scan;
        scan.table = table;
        scan.found = found;
        scan.piano_count = 0;
        scan.piano_medium = scan.piano_campaign = false;
        found->slots = 0;
        found->click = (struct slice){ 0 };
        text_scan(&scan, query);
        text_scan(&scan, url_fragment_parameters(fragment));
        if (scan.piano_medium && scan.piano_campaign)
                for (size_t i = 0; i < scan.piano_count; i++)
                        parameter_take(&scan, &scan.piano[i]);
        return found->slots || found->click.data;
}
