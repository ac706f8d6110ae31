#define PCRE2_CODE_UNIT_WIDTH 8
#include "enrich/referrer_table.h"
#include "base/hash.h"
#include <pcre2.h>

const struct slice REFERRER_MEDIUM_NAMES[REFERRER_MEDIUM_COUNT] = {
        [REFERRER_unknown] = SLICE_INIT("unknown"), [REFERRER_internal] = SLICE_INIT("internal"),
        [REFERRER_search] = SLICE_INIT("search"),   [REFERRER_social] = SLICE_INIT("social"),
        [REFERRER_email] = SLICE_INIT("email"),     [REFERRER_paid] = SLICE_INIT("paid"),
        [REFERRER_ai_assistant] = SLICE_INIT("ai-assistant"),
};

/* What public lists call a medium that we call otherwise. */
static const struct { const char *word; enum referrer_medium medium; } SYNONYMS[] = {
        { "ai_assistant", REFERRER_ai_assistant }, { "ai", REFERRER_ai_assistant },    { "chatbot", REFERRER_ai_assistant },
        { "mail", REFERRER_email },                { "webmail", REFERRER_email },
};

enum referrer_medium referrer_medium_find(struct slice word)
{
        for (unsigned i = 0; i < REFERRER_other; i++)
                if (slice_equal_nocase(word, REFERRER_MEDIUM_NAMES[i]))
                        return (enum referrer_medium)i;
        for (size_t i = 0; i < COUNT_OF(SYNONYMS); i++)
                if (slice_equal_nocase(word, slice_of(SYNONYMS[i].word)))
                        return SYNONYMS[i].medium;
        return REFERRER_other;
}

/* Open addressing, at most half full. */
struct row {
        struct slice key;                  /* data NULL: free */
        const struct referrer_site *site;  /* NULL: only some paths of this host are known */
        bool         paths;                /* there are keys of this host with a path */
};
struct rows {
        struct row *row;
        size_t      mask, count;
};
struct block {                             /* texts and sites, freed together */
        struct block *next;
        size_t        at, size;
        char          bytes[];
};
struct referrer_table {
        struct rows   hosts, names;        /* names: by the source, lower case */
        struct block *blocks;
        void        **patterns;            /* pattern_count of them, to be freed */
        size_t        pattern_count, bytes;
        size_t        labels_most, segments_most;  /* of any key's host, of any key's path */
        bool          templates;           /* some keys have a {} */
        uint64_t      seed;
};

#define BLOCK_BYTES ((size_t)32 << 10)

static void *table_take(struct referrer_table *table, size_t size)
{
        size = (size + 15) & ~(size_t)15;
        if (!table->blocks || table->blocks->size - table->blocks->at < size) {
                size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
                struct block *block = memory_get(sizeof(*block) + room);
                *block = (struct block){ .next = table->blocks, .size = room };
                table->blocks = block;
                table->bytes += sizeof(*block) + room;
        }
        void *taken = table->blocks->bytes + table->blocks->at;
        table->blocks->at += size;
        return taken;
}

static struct slice table_copy(struct referrer_table *table, struct slice text)
{
        char *copy = table_take(table, text.size + 1);
        if (text.size)
                memcpy(copy, text.data, text.size);
        return (struct slice){ copy, text.size };
}

struct referrer_table *referrer_table_new(void)
{
        struct referrer_table *table = memory_get(sizeof(*table));
        table->seed = hash_process_seed();
        return table;
}

void referrer_table_free(struct referrer_table *table)
{
        if (!table)
                return;
        for (size_t i = 0; i < table->pattern_count; i++)
                pcre2_code_free(table->patterns[i]);
        free(table->patterns);
        free(table->hosts.row);
        free(table->names.row);
        for (struct block *block = table->blocks, *next; block; block = next) {
                next = block->next;
                free(block);
        }
        free(table);
}

static struct row *rows_find(const struct rows *rows, struct slice key, uint64_t seed)
{
        size_t at = hash_bytes(key.data, key.size, seed) & rows->mask;
        while (rows->row[at].key.data && !slice_equal(rows->row[at].key, key))
                at = (at + 1) & rows->mask;
        return &rows->row[at];
}

static void rows_grow(struct referrer_table *table, struct rows *rows)
{
        struct rows old = *rows;
        size_t room = old.row ? 2 * (old.mask + 1) : 1024;
        rows->row = memory_get(room * sizeof(*rows->row));
        rows->mask = room - 1;
        table->bytes += (room - (old.row ? old.mask + 1 : 0)) * sizeof(*rows->row);
        for (size_t i = 0; old.row && i <= old.mask; i++)
                if (old.row[i].key.data)
                        *rows_find(rows, old.row[i].key, table->seed) = old.row[i];
        free(old.row);
}

/* The key's row, made when there is none. */
static struct row *rows_get(struct referrer_table *table, struct rows *rows, struct slice key)
{
        if (!rows->row || rows->count * 2 > rows->mask)
                rows_grow(table, rows);
        struct row *row = rows_find(rows, key, table->seed);
        if (!row->key.data) {
                row->key = table_copy(table, key);
                rows->count++;
        }
        return row;
}

static struct slice lower_into(struct slice text, char *at)
{
        for (size_t i = 0; i < text.size; i++)
                at[i] = char_lower(text.data[i]);
        return (struct slice){ at, text.size };
}

const struct referrer_site *referrer_table_keep(struct referrer_table *table, const struct referrer_site *site)
{
        struct referrer_site *kept = table_take(table, sizeof(*kept));
        struct referrer_term *terms = table_take(table, site->term_count * sizeof(*terms));
        *kept = *site;
        kept->medium = table_copy(table, site->medium);
        kept->source = table_copy(table, site->source);
        kept->terms = terms;
        for (size_t i = 0; i < site->term_count; i++) {
                terms[i].pattern = site->terms[i].pattern;
                char *name = table_take(table, site->terms[i].name.size + 1);
                terms[i].name = lower_into(site->terms[i].name, name);
                if (!terms[i].pattern)
                        continue;
                table->patterns = memory_grow(table->patterns, (table->pattern_count + 1) * sizeof(*table->patterns));
                table->patterns[table->pattern_count++] = terms[i].pattern;
        }
        char name[REFERRER_KEY_MOST];
        if (site->source.size && site->source.size <= sizeof(name)) {
                struct row *row = rows_get(table, &table->names, lower_into(site->source, name));
                if (!row->site || row->site->kind == REFERRER_unknown)     /* "Google" is the search engine, not its maps */
                        row->site = kept;
        }
        return kept;
}

static size_t byte_count(struct slice text, char byte)
{
        size_t count = 0;
        for (size_t i = 0; i < text.size; i++)
                count += text.data[i] == byte;
        return count;
}
static size_t label_count(struct slice host) { return byte_count(host, '.') + 1; }

/* A host has no empty label and no byte that cannot be in one; bytes above ASCII may be, as browsers never send them. */
static bool host_sane(struct slice host)
{
        for (size_t i = 0; i < host.size; i++) {
                unsigned char c = (unsigned char)host.data[i];
                if (c == '.' && (i == 0 || i + 1 == host.size || host.data[i - 1] == '.'))
                        return false;
                if (c <= ' ' || c == 0x7F || strchr("\"#%,:;<>?@[\\]^`|", c))
                        return false;
        }
        return host.size > 0;
}

bool referrer_table_add(struct referrer_table *table, struct slice key, const struct referrer_site *site)
{
        static const char *const SCHEMES[] = { "http://", "https://", "android-app://", "android-app//", "//" };
        char text[REFERRER_KEY_MOST] = { 0 };
        for (size_t i = 0; i < COUNT_OF(SCHEMES); i++)
                if (slice_starts_with(key, slice_of(SCHEMES[i]))) {
                        key = (struct slice){ key.data + strlen(SCHEMES[i]), key.size - strlen(SCHEMES[i]) };
                        break;
                }
        while (key.size && key.data[key.size - 1] == '/')
                key.size--;
        if (key.size > sizeof(text))
                return false;
        key = lower_into(key, text);
        const char *slash = key.size ? memchr(key.data, '/', key.size) : NULL;
        struct slice host = slash ? slice_between(key.data, slash) : key;
        if (!host_sane(host))
                return false;
        size_t labels = label_count(host);
        table->labels_most = labels > table->labels_most ? labels : table->labels_most;
        table->templates |= memmem(host.data, host.size, "{}", 2) != NULL;
        rows_get(table, &table->hosts, key)->site = site;
        if (slash) {
                size_t segments = byte_count(key, '/');
                table->segments_most = segments > table->segments_most ? segments : table->segments_most;
                rows_get(table, &table->hosts, host)->paths = true;
        }
        return true;
}

/* ---- finding ---- */

static bool is_country(struct slice label)
{
        return label.size == 2 && label.data[0] >= 'a' && label.data[0] <= 'z' && label.data[1] >= 'a' && label.data[1] <= 'z';
}

static bool is_second_level(struct slice label)
{
        static const char *const WORDS[] = { "co", "com", "edu", "it", "net", "org" };
        for (size_t i = 0; i < COUNT_OF(WORDS); i++)
                if (slice_equal(label, slice_of(WORDS[i])))
                        return true;
        return false;
}

/* Where the host's country begins: "google.co.uk" at "co.uk"; its end when it has none. */
static const char *country_find(struct slice host)
{
        const char *end = slice_end(host), *dot = memrchr(host.data, '.', host.size);
        if (!dot || !is_country(slice_between(dot + 1, end)))
                return end;
        const char *before = memrchr(host.data, '.', (size_t)(dot - host.data));
        return before && is_second_level(slice_between(before + 1, dot)) ? before + 1 : dot + 1;
}

/* The host with {} for its country, and with `inner` for every label of two letters before it as well. */
static struct slice template_of(struct slice host, bool inner, char *text)
{
        const char *country = country_find(host), *end = slice_end(host);
        char *at = text;
        for (const char *label = host.data, *dot; label < country; label = dot + 1) {
                dot = memchr(label, '.', (size_t)(end - label));
                dot = dot ? dot : end;
                bool two = inner && is_country(slice_between(label, dot));
                memcpy(at, two ? "{}" : label, (size_t)(dot - label));
                at += dot - label;
                if (dot == end)
                        return slice_between(text, at);
                *at++ = '.';
        }
        memcpy(at, "{}", 2);
        return slice_between(text, at + 2);
}

/* The longest beginning of the path, in whole segments, that is known for the host. */
static const struct referrer_site *path_find(const struct referrer_table *table, struct slice host, struct slice path)
{
        char   text[REFERRER_KEY_MOST];
        size_t size = host.size, segments = 0;
        if (path.size == 0 || *path.data != '/')
                return NULL;
        memcpy(text, host.data, host.size);
        /* No key has more segments, so no path costs more. */
        for (size_t i = 0; i < path.size && size < sizeof(text); i++) {
                segments += path.data[i] == '/';
                if (segments > table->segments_most)
                        break;
                text[size++] = char_lower(path.data[i]);
        }
        bool cut = size == sizeof(text);
        while (size > host.size) {
                const struct row *row = rows_find(&table->hosts, (struct slice){ text, size }, table->seed);
                if (row->site && !cut && text[size - 1] != '/')
                        return row->site;
                while (text[--size] != '/')
                        ;
                cut = false;
        }
        return NULL;
}

struct walk {
        struct slice path;
        const struct referrer_site *by_host, *by_path;
        size_t stripped;           /* labels in front of the host that was found */
};

/* The host itself, then without its first label, and so on: the longest path that is known, and the longest host. */
static void host_walk(const struct referrer_table *table, struct slice host, bool whole, struct walk *walk)
{
        bool   single = !memchr(host.data, '.', host.size);
        size_t labels = label_count(host);
        for (size_t stripped = 0; host.size; stripped++) {
                const char *dot = memchr(host.data, '.', host.size);
                if (!dot && !single)       /* never a top-level domain */
                        return;
                if (labels-- <= table->labels_most) {
                        const struct row *row = rows_find(&table->hosts, host, table->seed);
                        if (row->paths && !walk->by_path)
                                walk->by_path = path_find(table, host, walk->path);
                        if (row->site && (!walk->by_host || stripped < walk->stripped)) {
                                walk->by_host = row->site;
                                walk->stripped = stripped;
                        }
                }
                if (!dot || whole)
                        return;
                host = slice_between(dot + 1, host.data + host.size);
        }
}

const struct referrer_site *referrer_table_find(const struct referrer_table *table, struct slice host, struct slice path,
                                                bool whole)
{
        struct walk walk = { .path = path };
        char text[REFERRER_KEY_MOST + 2];
        if (table->hosts.count == 0 || host.size == 0 || host.size > REFERRER_KEY_MOST)
                return NULL;
        host_walk(table, host, whole, &walk);
        if (table->templates && !whole) {
                host_walk(table, template_of(host, false, text), false, &walk);
                host_walk(table, template_of(host, true, text), false, &walk);
        }
        return walk.by_path ? walk.by_path : walk.by_host;
}

const struct referrer_site *referrer_table_named(const struct referrer_table *table, struct slice source)
{
        char name[REFERRER_KEY_MOST];
        if (source.size == 0 || source.size > sizeof(name) || table->names.count == 0)
                return NULL;
        return rows_find(&table->names, lower_into(source, name), table->seed)->site;
}

size_t referrer_table_count(const struct referrer_table *table) { return table->hosts.count; }
size_t referrer_table_bytes(const struct referrer_table *table) { return sizeof(*table) + table->bytes; }

/* ---- our own table ---- */

static const struct { enum referrer_medium medium; const char *source, *hosts, *terms; } OWN[] = {
#define REFERRER(medium, source, hosts, terms) { REFERRER_##medium, source, hosts, terms },
#include "enrich/referrers.def"
#undef REFERRER
};

/* The next word of a text; size 0 at its end. */
static struct slice word_next(const char **at)
{
        const char *start = *at + strspn(*at, " ");
        *at = start + strcspn(start, " ");
        return slice_between(start, *at);
}

void referrer_table_add_own(struct referrer_table *table)
{
        for (size_t i = 0; i < COUNT_OF(OWN); i++) {
                struct referrer_term terms[8];
                struct referrer_site site = { REFERRER_MEDIUM_NAMES[OWN[i].medium], slice_of(OWN[i].source), OWN[i].medium, terms,
                                              0 };
                const char *at = OWN[i].terms;
                for (struct slice word = word_next(&at); word.size; word = word_next(&at)) {
                        BUG_IF(site.term_count == COUNT_OF(terms));
                        terms[site.term_count++] = (struct referrer_term){ .name = word };
                }
                const struct referrer_site *kept = referrer_table_keep(table, &site);
                at = OWN[i].hosts;
                for (struct slice word = word_next(&at); word.size; word = word_next(&at))
                        BUG_IF(!referrer_table_add(table, word, kept));
        }
}
