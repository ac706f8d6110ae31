#include "enrich/language_codes.h"
#include "base/buffer.h"
#include "enrich/language_alias.h"
#include <jansson.h>

#define TWO    (26 * 26)
#define THREE  (26 * 26 * 26)
#define NUMBERS 1000
#define LANGUAGES_MOST 20000       /* 8,000 in 2025 */
#define REGIONS_MOST   2000
#define NAMES_MOST     ((size_t)4 << 20)

struct language_codes {
        struct language *languages;
        size_t   count;
        char   (*regions)[4];
        size_t   region_count;
        struct buffer names;
        uint16_t language2[TWO], language3[THREE];         /* number + 1; 0: unknown */
        uint16_t region2[TWO], region3[THREE], region_number[NUMBERS];
        uint8_t  script[TWO * TWO / 8 + 1];                /* bits */
};

/* The number of `size` letters, all from `first` on; SIZE_MAX: something else is among them. */
static size_t letters(const char *at, size_t size, char first)
{
        size_t number = 0;
        for (size_t i = 0; i < size; i++) {
                if (at[i] < first || at[i] >= first + 26)
                        return SIZE_MAX;
                number = number * 26 + (size_t)(at[i] - first);
        }
        return number;
}

static uint16_t *slot_of(uint16_t *two, uint16_t *three, const char *at, size_t size, char first)
{
        size_t number = size == 2 || size == 3 ? letters(at, size, first) : SIZE_MAX;
        return number == SIZE_MAX ? NULL : size == 2 ? &two[number] : &three[number];
}

static uint16_t *language_slot(struct language_codes *codes, const char *code)
{
        return code ? slot_of(codes->language2, codes->language3, code, strlen(code), 'a') : NULL;
}

static const char *member(const json_t *item, const char *key) { return json_string_value(json_object_get(item, key)); }

static void language_add(struct language_codes *codes, const json_t *item)
{
        const char *two = member(item, "alpha_2"), *three = member(item, "alpha_3"), *name = member(item, "common_name");
        uint16_t   *slot = language_slot(codes, three);
        name = name ? name : member(item, "name");
        if (!slot || *slot || !name || codes->count == LANGUAGES_MOST || strcmp(three, "und") == 0)
                return;
        struct language *language = &codes->languages[codes->count++];
        const char      *code = two && strlen(two) == 2 ? two : three;
        memcpy(language->code, code, strlen(code));
        /* The text moves while it grows: its place for now. */
        language->name = (struct slice){ NULL, codes->names.size };
        buffer_add(&codes->names, slice_of(name));
        buffer_add_char(&codes->names, '\0');
        *slot = (uint16_t)codes->count;
        const char *const others[] = { two, member(item, "bibliographic") };
        for (size_t i = 0; i < COUNT_OF(others); i++) {
                uint16_t *other = language_slot(codes, others[i]);
                if (other && !*other)
                        *other = (uint16_t)codes->count;
        }
}

static uint16_t region_new(struct language_codes *codes, const char *code, size_t size)
{
        if (codes->region_count == REGIONS_MOST)
                return 0;
        memcpy(codes->regions[codes->region_count], code, size);
        return (uint16_t)++codes->region_count;
}

static void region_add(struct language_codes *codes, const json_t *item)
{
        const char *two = member(item, "alpha_2"), *three = member(item, "alpha_3"), *number = member(item, "numeric");
        if (!two || strlen(two) != 2 || letters(two, 2, 'A') == SIZE_MAX)
                return;
        uint16_t region = region_new(codes, two, 2);
        codes->region2[letters(two, 2, 'A')] = region;
        if (three && strlen(three) == 3 && letters(three, 3, 'A') != SIZE_MAX)
                codes->region3[letters(three, 3, 'A')] = region;
        if (number && strlen(number) == 3 && strspn(number, "0123456789") == 3)
                codes->region_number[strtoul(number, NULL, 10)] = region;
}

static void script_add(struct language_codes *codes, const json_t *item)
{
        const char *code = member(item, "alpha_4");
        if (!code || strlen(code) != 4)
                return;
        char   lower[4] = { (char)(code[0] | 0x20), code[1], code[2], code[3] };
        size_t number = letters(lower, 4, 'a');
        if (number != SIZE_MAX)
                codes->script[number / 8] |= (uint8_t)(1u << number % 8);
}

static const struct {
        const char *standard;      /* the file's, and its only member */
        void      (*add)(struct language_codes *codes, const json_t *item);
} LISTS[] = {
        { "639-3", language_add },         /* first: its names are those of single languages */
        { "639-2", language_add },
        { "639-5", language_add },
        { "3166-1", region_add },
        { "15924", script_add },
};

static void list_load(struct language_codes *codes, const char *folder, size_t list, struct errors *errors)
{
        json_error_t err;
        char path[4096];
        if ((size_t)snprintf(path, sizeof(path), "%s/iso_%s.json", folder, LISTS[list].standard) >= sizeof(path)) {
                (void)errors_add(errors, "enrich.language.codes: the path is too long");
                return;
        }
        json_t *root = json_load_file(path, 0, &err), *items = json_object_get(root, LISTS[list].standard), *item;
        size_t  i;
        if (!root)
                (void)errors_add(errors, "enrich.language.codes: '%s': %s; the codes come with the Debian package iso-codes",
                                 path, err.text);
        else if (json_array_size(items) == 0)
                (void)errors_add(errors, "enrich.language.codes: '%s' has no list \"%s\"", path, LISTS[list].standard);
        json_array_foreach(items, i, item)
                LISTS[list].add(codes, item);
        json_decref(root);
}

static void aliases_add(struct language_codes *codes)
{
        for (const struct language_alias *alias = LANGUAGE_ALIASES; *alias->old; alias++) {
                uint16_t *old = language_slot(codes, alias->old), *new = language_slot(codes, alias->new);
                BUG_IF(!old || !new);      /* the table's codes are letters */
                if (*new)
                        *old = *new;
        }
        for (size_t i = 0; *REGIONS_MORE[i]; i++) {
                const char capitals[2] = { (char)(REGIONS_MORE[i][0] & 0x5f), (char)(REGIONS_MORE[i][1] & 0x5f) };
                uint16_t  *slot = &codes->region2[letters(capitals, 2, 'A')];
                *slot = *slot ? *slot : region_new(codes, capitals, 2);
        }
        for (const struct language_alias *alias = REGION_ALIASES; *alias->old; alias++)
                codes->region2[letters(alias->old, 2, 'a')] = codes->region2[letters(alias->new, 2, 'a')];
        for (const uint16_t *area = REGION_AREAS; *area; area++) {
                const char text[3] = { (char)('0' + *area / 100), (char)('0' + *area / 10 % 10), (char)('0' + *area % 10) };
                codes->region_number[*area] = region_new(codes, text, 3);
        }
}

struct language_codes *language_codes_load(const char *folder, struct errors *errors)
{
        struct language_codes *codes = memory_get(sizeof(*codes));
        size_t mistakes = errors_total(errors);
        codes->languages = memory_get(LANGUAGES_MOST * sizeof(*codes->languages));
        codes->regions = memory_get(REGIONS_MOST * sizeof(*codes->regions));
        buffer_init(&codes->names, NAMES_MOST);
        for (size_t i = 0; i < COUNT_OF(LISTS) && errors_total(errors) == mistakes; i++)
                list_load(codes, folder, i, errors);
        if (codes->names.full)
                (void)errors_add(errors, "enrich.language.codes: the names of languages are too long");
        if (errors_total(errors) != mistakes) {
                language_codes_free(codes);
                return NULL;
        }
        aliases_add(codes);
        codes->languages = memory_grow(codes->languages, (codes->count + 1) * sizeof(*codes->languages));
        codes->regions = memory_grow(codes->regions, (codes->region_count + 1) * sizeof(*codes->regions));
        for (size_t i = 0; i < codes->count; i++)
                codes->languages[i].name = slice_of(codes->names.data + codes->languages[i].name.size);
        return codes;
}

void language_codes_free(struct language_codes *codes)
{
        if (!codes)
                return;
        free(codes->languages);
        free(codes->regions);
        buffer_done(&codes->names);
        free(codes);
}

size_t language_codes_count(const struct language_codes *codes) { return codes->count; }

size_t language_codes_memory(const struct language_codes *codes)
{
        return sizeof(*codes) + codes->count * sizeof(*codes->languages) + codes->region_count * sizeof(*codes->regions) +
               codes->names.capacity;
}

const struct language *language_find(const struct language_codes *codes, struct slice code)
{
        size_t number = code.size == 2 || code.size == 3 ? letters(code.data, code.size, 'a') : SIZE_MAX;
        if (number == SIZE_MAX)
                return NULL;
        uint16_t language = code.size == 2 ? codes->language2[number] : codes->language3[number];
        return language ? &codes->languages[language - 1] : NULL;
}

bool script_known(const struct language_codes *codes, struct slice code)
{
        size_t number = code.size == 4 ? letters(code.data, 4, 'a') : SIZE_MAX;
        return number != SIZE_MAX && codes->script[number / 8] >> number % 8 & 1;
}

static size_t digits(struct slice code)
{
        size_t number = 0;
        for (size_t i = 0; i < code.size; i++) {
                if (code.data[i] < '0' || code.data[i] > '9')
                        return SIZE_MAX;
                number = number * 10 + (size_t)(code.data[i] - '0');
        }
        return number;
}

struct slice region_find(const struct language_codes *codes, struct slice code)
{
        uint16_t region = 0;
        if (code.size == 2 || code.size == 3) {
                size_t number = letters(code.data, code.size, 'a'), decimal = code.size == 3 ? digits(code) : SIZE_MAX;
                if (number != SIZE_MAX)
                        region = code.size == 2 ? codes->region2[number] : codes->region3[number];
                else if (decimal != SIZE_MAX)
                        region = codes->region_number[decimal];
        }
        return region ? slice_of(codes->regions[region - 1]) : (struct slice){ 0 };
}
