#include "enrich/geo_record.h"
#include "base/utf8.h"

const struct geo_row GEO_ROWS[GEO_ITEMS] = {
#define GEO(id, kind, part, paths) { GEO_##kind, GEO_##part, paths },
#include "enrich/geo.def"
#undef GEO
};

/* A name on the way to items. An item may hang at a name that others hang below: "country" is a text in one layout and a map
 * in another. */
#define WANTS 2
struct node {
        struct slice name;
        uint16_t     below, next;          /* first child, next sibling; 0: none, as 0 is the root */
        struct { uint8_t item, rank; } want[WANTS];        /* rank 0: none */
};
struct geo_paths {
        struct node *nodes;
        size_t       count;
        char         language[36];         /* BCP 47 asks for room for 35 characters */
};

static struct node *node_below(struct geo_paths *paths, size_t parent, struct slice name)
{
        size_t at = paths->nodes[parent].below;
        for (; at && !slice_equal(paths->nodes[at].name, name); at = paths->nodes[at].next)
                ;
        if (at)
                return &paths->nodes[at];
        paths->nodes = memory_grow(paths->nodes, (paths->count + 1) * sizeof(*paths->nodes));
        paths->nodes[paths->count] = (struct node){ .name = name, .next = paths->nodes[parent].below };
        paths->nodes[parent].below = (uint16_t)paths->count;
        return &paths->nodes[paths->count++];
}

static void path_add(struct geo_paths *paths, struct slice path, size_t item, size_t rank)
{
        size_t at = 0;
        for (const char *name = path.data, *end = slice_end(path), *stop; name <= end; name = stop + 1) {
                stop = memchr(name, '.', (size_t)(end - name));
                stop = stop ? stop : end;
                at = (size_t)(node_below(paths, at, slice_between(name, stop)) - paths->nodes);
        }
        struct node *node = &paths->nodes[at];
        size_t want = node->want[0].rank ? 1 : 0;
        BUG_IF(node->want[want].rank);
        node->want[want].item = (uint8_t)item;
        node->want[want].rank = (uint8_t)rank;
}

struct geo_paths *geo_paths_new(const char *language)
{
        struct geo_paths *paths = memory_get(sizeof(*paths));
        paths->nodes = memory_get(sizeof(*paths->nodes));
        paths->count = 1;
        (void)snprintf(paths->language, sizeof(paths->language), "%s", language);
        for (size_t item = 0; item < GEO_ITEMS; item++) {
                size_t rank = 1;
                for (const char *path = GEO_ROWS[item].paths, *stop; path; path = *stop ? stop + 1 : NULL) {
                        stop = strchrnul(path, '|');
                        path_add(paths, slice_between(path, stop), item, rank++);
                }
        }
        return paths;
}

void geo_paths_free(struct geo_paths *paths)
{
        if (!paths)
                return;
        free(paths->nodes);
        free(paths);
}

/* ---- values ---- */

/* "-0.0931", as the flat layouts write coordinates; not an exponent. */
static bool text_real(struct slice text, double *ret_real)
{
        size_t at = text.size && text.data[0] == '-', digits = 0;
        double value = 0, weight = 1;
        bool   fraction = false;
        for (; at < text.size; at++) {
                char c = text.data[at];
                if (c == '.' && !fraction) {
                        fraction = true;
                        continue;
                }
                if (c < '0' || c > '9' || ++digits > 17)
                        return false;
                weight *= fraction ? 10 : 1;
                value = value * 10 + (c - '0');
        }
        *ret_real = (text.size && text.data[0] == '-' ? -value : value) / weight;
        return digits > 0;
}

static bool text_count(struct slice text, uint64_t *ret_count)
{
        uint64_t value = 0;
        if (slice_starts_with(text, SLICE("AS")))
                text.data += 2, text.size -= 2;
        for (size_t i = 0; i < text.size; i++) {
                if (text.data[i] < '0' || text.data[i] > '9')
                        return false;
                value = value * 10 + (uint64_t)(text.data[i] - '0');
        }
        *ret_count = value;
        return text.size > 0 && text.size < 19;
}

static bool is_letters(struct slice text)
{
        return text.size == 2 && text.data[0] >= 'A' && text.data[0] <= 'Z' && text.data[1] >= 'A' && text.data[1] <= 'Z';
}

/* Codes are letters and digits. */
static bool is_code(struct slice text)
{
        for (size_t i = 0; i < text.size; i++)
                if (!((text.data[i] >= 'A' && text.data[i] <= 'Z') || (text.data[i] >= '0' && text.data[i] <= '9')))
                        return false;
        return text.size >= 1 && text.size <= 3;
}

static bool real_take(const struct mmdb_value *value, double most, double *ret_real)
{
        double real = value->number;
        if (value->kind == MMDB_INTEGER)
                real = (double)value->integer;
        else if (value->kind == MMDB_TEXT ? !text_real(value->text, &real) : value->kind != MMDB_FLOAT)
                return false;
        *ret_real = real;
        return real >= -most && real <= most;      /* false for what is no number */
}

static bool text_take(struct slice text, struct slice *ret_text)
{
        *ret_text = text.size > GEO_TEXT_MOST ? utf8_cut(text, GEO_TEXT_MOST) : text;
        return ret_text->size > 0;
}

/* Keeps the value if it is one of the item's kind. */
static void item_take(struct geo_record *record, size_t item, uint8_t rank, const struct mmdb_value *value)
{
        struct slice text;
        double   real = 0;
        uint64_t count = value->integer;
        bool     good = false;
        switch (GEO_ROWS[item].kind) {
        case GEO_TEXT:      good = value->kind == MMDB_TEXT; break;
        case GEO_CODE:      good = value->kind == MMDB_TEXT && is_letters(value->text); break;
        case GEO_NAME:      good = value->kind == MMDB_TEXT && !is_letters(value->text); break;
        case GEO_REGION:    good = value->kind == MMDB_TEXT && is_code(value->text); break;
        case GEO_REAL:      good = real_take(value, 1e9, &real); break;
        case GEO_LATITUDE:  good = real_take(value, 90, &real); break;
        case GEO_LONGITUDE: good = real_take(value, 180, &real); break;
        case GEO_FLAG:      good = value->kind == MMDB_BOOLEAN; break;
        case GEO_COUNT:
                good = value->kind == MMDB_TEXT ? text_count(value->text, &count)
                                                : value->kind == MMDB_INTEGER && count <= INT64_MAX;
                break;
        }
        bool known = record->item[item].rank && record->item[item].rank < rank;
        if (!good || known || (value->kind == MMDB_TEXT && !text_take(value->text, &text)))
                return;
        record->item[item].rank = rank;
        record->item[item].text = value->kind == MMDB_TEXT ? text : (struct slice){ 0 };
        record->item[item].real = real;
        record->item[item].count = count;
}

/* ---- the walk ---- */

struct visit {
        const struct geo_paths *paths;
        struct mmdb_reader     *reader;
        struct geo_record      *record;
};

/* The names of a place by language: the one that is wanted, else the English one. */
static uint32_t names_take(const struct visit *visit, const struct node *node, const struct mmdb_value *map)
{
        struct mmdb_value name, value, best = { .kind = MMDB_OTHER };
        bool     wanted = false;
        uint32_t at = map->inside;
        for (uint32_t i = 0; i < map->count && !visit->reader->broken; i++) {
                at = mmdb_value(visit->reader, at, &name);
                uint32_t behind = mmdb_value(visit->reader, at, &value);
                bool exact = slice_equal(name.text, slice_of(visit->paths->language));
                if (value.kind == MMDB_TEXT && (exact || (!wanted && slice_equal(name.text, SLICE("en"))))) {
                        best = value;
                        wanted = exact;
                }
                at = behind ? behind : mmdb_skip(visit->reader, at);
        }
        for (size_t i = 0; i < WANTS; i++)
                if (node->want[i].rank && GEO_ROWS[node->want[i].item].kind == GEO_NAME)
                        item_take(visit->record, node->want[i].item, node->want[i].rank, &best);
        return at;
}

static const struct node *node_find(const struct visit *visit, const struct node *parent, struct slice name)
{
        for (size_t at = parent->below; at; at = visit->paths->nodes[at].next)
                if (slice_equal(visit->paths->nodes[at].name, name))
                        return &visit->paths->nodes[at];
        return NULL;
}

static bool takes_names(const struct node *node)
{
        return node->want[0].rank && !node->below && GEO_ROWS[node->want[0].item].kind == GEO_NAME;
}

/* Looks at the value at a place, knowing that it hangs at `node`. Answers the place behind. As deep as the tree of paths. */
static uint32_t node_visit(const struct visit *visit, const struct node *node, uint32_t place)
{
        struct mmdb_reader *reader = visit->reader;
        struct mmdb_value value, name;
        uint32_t behind = mmdb_value(reader, place, &value), at = value.inside;
        if (value.kind != MMDB_MAP && value.kind != MMDB_ARRAY) {
                for (size_t i = 0; i < WANTS && !reader->broken; i++)
                        if (node->want[i].rank)
                                item_take(visit->record, node->want[i].item, node->want[i].rank, &value);
                return behind;
        }
        if (value.kind == MMDB_MAP && takes_names(node)) {
                at = names_take(visit, node, &value);
                return behind ? behind : at;
        }
        for (uint32_t i = 0; i < value.count && !reader->broken; i++) {
                char digit = (char)('0' + i);
                name.text = (struct slice){ &digit, i < 10 };
                if (value.kind == MMDB_MAP)
                        at = mmdb_value(reader, at, &name);
                const struct node *child = node_find(visit, node, name.text);
                at = child ? node_visit(visit, child, at) : mmdb_skip(reader, at);
        }
        return behind ? behind : at;
}

bool geo_record_read(const struct geo_paths *paths, const struct mmdb *mmdb, uint32_t record, struct geo_record *ret_record)
{
        struct mmdb_reader reader;
        struct visit visit = { paths, &reader, ret_record };
        memset(ret_record, 0, sizeof(*ret_record));
        (void)node_visit(&visit, &paths->nodes[0], mmdb_begin(mmdb, record, &reader));
        if (!reader.broken)
                return true;
        memset(ret_record, 0, sizeof(*ret_record));
        return false;
}

static bool differ(const struct geo_record *one, const struct geo_record *other, enum geo_item item)
{
        return one->item[item].rank && other->item[item].rank && !slice_equal(one->item[item].text, other->item[item].text);
}

void geo_record_join(struct geo_record *record, const struct geo_record *more)
{
        bool elsewhere = differ(record, more, GEO_client_geo_country_iso_code) || differ(record, more, GEO_client_geo_city_name);
        for (size_t i = 0; i < GEO_ITEMS; i++)
                if (!record->item[i].rank && more->item[i].rank && !(elsewhere && GEO_ROWS[i].part == GEO_PLACE))
                        record->item[i] = more->item[i];
}
