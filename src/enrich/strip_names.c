/* Which names of parameters must go: the table strip.def and the configuration's own, compiled into sorted lists. */
#include "strip_names.h"
#include "url_parts.h"

static const struct { const char *kind, *name, *doc; } STANDARD[] = {
#define STRIP(kind, name, doc) { #kind, name, doc },
#include "enrich/strip.def"
#undef STRIP
};
#define STANDARD_WORD "standard"   /* in the option's list: all of them */

/* ---- compiling ---- */

/* A bit for two bytes of a name: the first and the last with the size, or the two at the end that a pattern has. */
static inline unsigned tell(char a, char b, size_t size)
{
        return ((unsigned char)char_lower(a) * 7u + (unsigned char)char_lower(b) * 61u + (unsigned)size * 331u) % STRIP_TELLS;
}
static inline unsigned name_tell(struct slice name, enum strip_end end)
{
        if (end == STRIP_WHOLE)
                return tell(name.data[0], name.data[name.size - 1], name.size);
        return end == STRIP_PREFIX ? tell(name.data[0], name.data[1], 0)
                                   : tell(name.data[name.size - 2], name.data[name.size - 1], 0);
}

static void list_add(struct strip_list *list, struct slice name, enum strip_end end)
{
        list->items = memory_grow(list->items, (list->count + 1) * sizeof(*list->items));
        list->items[list->count++] = name;
        if (end != STRIP_WHOLE && name.size < 2) {
                memset(list->tells, 0xFF, sizeof(list->tells));
                return;
        }
        unsigned bit = name_tell(name, end);
        list->tells[bit / 64] |= (uint64_t)1 << bit % 64;
}

/* "mkt_*", "*token", "sid", "-sid", into the list where it belongs. `text` is lower case and outlives the strip. */
static void pattern_add(struct strip *strip, struct slice text)
{
        bool keep = text.size > 1 && *text.data == '-';
        enum strip_end end = STRIP_WHOLE;
        if (keep)
                text.data++, text.size--;
        if (text.data[text.size - 1] == '*') {
                end = STRIP_PREFIX;
                text.size--;
        } else if (*text.data == '*') {
                end = STRIP_SUFFIX;
                text.data++, text.size--;
        }
        list_add(keep ? &strip->kept[end] : &strip->taken[end], text, end);
}

static int by_text(const void *a, const void *b)
{
        const struct slice *left = a, *right = b;
        size_t size = left->size < right->size ? left->size : right->size;
        int    order = size ? memcmp(left->data, right->data, size) : 0;
        return order ? order : (left->size > right->size) - (left->size < right->size);
}

static bool pattern_check(const struct config *config, struct slice text, struct errors *errors)
{
        if (text.size == 0 || text.size > STRIP_NAME_MOST)
                return config_error(config, errors, "enrich.page.strip", "a name has 1 to %d bytes", STRIP_NAME_MOST);
        const char *star = memchr(text.data, '*', text.size);
        bool first = star && star == text.data + (*text.data == '-');
        if (star && (!first || memchr(star + 1, '*', text.size - (size_t)(star + 1 - text.data))) &&
            star != text.data + text.size - 1)
                return config_error(config, errors, "enrich.page.strip", "'%.*s': one star, at the start or at the end",
                                    SLICE_ARGS(text));
        return true;
}

/* Copies the text in lower case; behind it. */
static char *text_copy(char *at, const char *text, struct slice *ret_copy)
{
        char *start = at;
        while (*text)
                *at++ = char_lower(*text++);
        *ret_copy = slice_between(start, at);
        return at;
}

static size_t texts_size(const struct text_list *names)
{
        size_t size = 0;
        for (size_t i = 0; i < names->count; i++)
                size += strlen(names->items[i]);
        for (size_t i = 0; i < COUNT_OF(STANDARD); i++)
                size += strlen(STANDARD[i].name);
        return size + 1;
}

struct strip *strip_new(const struct config *config, struct errors *errors)
{
        const struct text_list *names = &config->enrich_page_strip;
        struct strip *strip = memory_get(sizeof(*strip));
        struct slice  name;
        bool   good = true, standard = false;
        char  *at = strip->texts = memory_get(texts_size(names));
        strip->mail = config->enrich_page_strip_mail;
        for (size_t i = 0; i < names->count; i++) {
                standard |= strcmp(names->items[i], STANDARD_WORD) == 0;
                if (strcmp(names->items[i], STANDARD_WORD) == 0)
                        continue;
                at = text_copy(at, names->items[i], &name);
                if (pattern_check(config, name, errors))
                        pattern_add(strip, name);
                else
                        good = false;
        }
        for (size_t i = 0; standard && i < COUNT_OF(STANDARD); i++) {
                at = text_copy(at, STANDARD[i].name, &name);
                pattern_add(strip, name);
        }
        for (size_t end = 0; end < STRIP_ENDS; end++) {
                if (strip->taken[end].count)
                        qsort(strip->taken[end].items, strip->taken[end].count, sizeof(struct slice), by_text);
                if (strip->kept[end].count)
                        qsort(strip->kept[end].items, strip->kept[end].count, sizeof(struct slice), by_text);
        }
        if (good)
                return strip;
        strip_free(strip);
        return NULL;
}

void strip_free(struct strip *strip)
{
        if (!strip)
                return;
        for (size_t end = 0; end < STRIP_ENDS; end++) {
                free(strip->taken[end].items);
                free(strip->kept[end].items);
        }
        free(strip->texts);
        free(strip);
}

/* ---- matching ---- */

/* The first or the last bytes of a name, plain and in lower case. */
struct folded { struct slice head, tail; char bytes[2 * STRIP_NAME_MOST + 2]; };

static size_t fold(struct slice raw, char out[STRIP_NAME_MOST + 1])
{
        size_t size = 0;
        for (const char *at = raw.data, *end = at + raw.size; at < end && size <= STRIP_NAME_MOST; at++) {
                char c = *at == '+' ? ' ' : *at;
                if (c == '%' && end - at > 2 && url_hex(at[1]) && url_hex(at[2])) {
                        c = (char)(url_hex_value(at[1]) << 4 | url_hex_value(at[2]));
                        at += 2;
                }
                if (c != '\t' && c != '\n' && c != '\r')
                        out[size++] = char_lower(c);
        }
        return size;
}

static void name_fold(struct slice raw, struct folded *ret_folded)
{
        size_t size = fold(raw, ret_folded->bytes);
        ret_folded->head = ret_folded->tail = (struct slice){ ret_folded->bytes, size };
        if (size <= STRIP_NAME_MOST)
                return;
        /* Too long to be in the list: what it begins with, and what its last bytes are. */
        size_t last = raw.size > STRIP_NAME_MOST ? STRIP_NAME_MOST : raw.size;
        char  *tail = ret_folded->bytes + STRIP_NAME_MOST + 1;
        ret_folded->tail = (struct slice){ tail, fold((struct slice){ raw.data + raw.size - last, last }, tail) };
}

static bool list_has(const struct strip_list *list, struct slice name)
{
        return list->count && bsearch(&name, list->items, list->count, sizeof(name), by_text) != NULL;
}

static bool lists_match(const struct strip_list list[STRIP_ENDS], const struct folded *name)
{
        if (list_has(&list[STRIP_WHOLE], name->head))
                return true;
        for (size_t i = 0; i < list[STRIP_PREFIX].count; i++)
                if (slice_starts_with(name->head, list[STRIP_PREFIX].items[i]))
                        return true;
        for (size_t i = 0; i < list[STRIP_SUFFIX].count; i++)
                if (slice_ends_with(name->tail, list[STRIP_SUFFIX].items[i]))
                        return true;
        return false;
}

/* %XX, a plus for a space, a line end that browsers leave out. */
static inline bool is_escaped(struct slice name)
{
        bool escaped = false;
        for (size_t i = 0; i < name.size; i++)
                escaped |= name.data[i] == '%' || name.data[i] == '+' || (unsigned char)name.data[i] < ' ';
        return escaped;
}

static inline bool tells(const struct strip *strip, struct slice name, enum strip_end end)
{
        const struct strip_list *list = &strip->taken[end];
        unsigned bit = end != STRIP_WHOLE && name.size < 2 ? 0 : name_tell(name, end);
        return list->tells[bit / 64] >> bit % 64 & 1;
}

bool strip_name(const struct strip *strip, struct slice name)
{
        struct folded folded;
        if (name.size == 0)
                return false;
        /* Most names begin and end as none of ours does. Line ends inside are for the closer look, too. */
        if (!tells(strip, name, STRIP_WHOLE) && !tells(strip, name, STRIP_PREFIX) && !tells(strip, name, STRIP_SUFFIX) &&
            !is_escaped(name))
                return false;
        name_fold(name, &folded);
        return lists_match(strip->taken, &folded) && !lists_match(strip->kept, &folded);
}

/* ---- the page ---- */

void strip_print_reference(FILE *out)
{
        static const struct { const char *kind, *title; } KINDS[] = {
                { "PERSON",    "Who somebody is" },
                { "RECIPIENT", "One recipient, one browser" },
                { "SECRET",    "What lets somebody in" },
                { "SESSION",   "Sessions" },
        };
        fputs("# Parameters that are stripped\n\n<!-- Printed by `millrace reference parameters` from include/enrich/strip.def; "
              "do "
              "not edit. -->\n\n"
              "The word `standard` in `enrich.page.strip` stands for these names. A star stands for anything; case does not "
              "matter.\n"
              "Whatever their names, parameters go that look like a mail address (`enrich.page.strip_mail`).\n",
              out);
        for (size_t kind = 0; kind < COUNT_OF(KINDS); kind++) {
                fprintf(out, "\n## %s\n\n| Name | What it is |\n| --- | --- |\n", KINDS[kind].title);
                for (size_t i = 0; i < COUNT_OF(STANDARD); i++)
                        if (strcmp(STANDARD[i].kind, KINDS[kind].kind) == 0)
                                fprintf(out, "| `%s` | %s |\n", STANDARD[i].name, STANDARD[i].doc);
        }
}
