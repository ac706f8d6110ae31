#include "enrich/language_tag.h"

#define FLAT      128              /* bytes of a text that are looked at */
#define SUBTAGS   40

/* A text cut up: lower-case subtags of 1 to 8 letters and digits. */
struct subtags {
        char         text[FLAT];
        struct slice part[SUBTAGS];
        size_t       count;
};
struct draft {
        const struct language *language;
        struct slice script, region;
        struct slice variant[SUBTAGS], private;    /* from the x on */
        struct slice extension[26 + 10];           /* by singleton, from it on */
        size_t       variants;
};

static inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
static inline bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

static bool all_letters(struct slice text)
{
        for (size_t i = 0; i < text.size; i++)
                if (!is_letter(text.data[i]))
                        return false;
        return true;
}

static bool is_space(char c) { return c == ' ' || c == '\t'; }

static void subtags_split(struct slice text, struct subtags *out)
{
        size_t size = 0, start = 0;
        out->count = 0;
        for (size_t i = 0; i <= text.size && size < FLAT; i++) {
                char c = i < text.size ? text.data[i] : '\0';
                if (c == '#' && size == start)             /* Java's zh_TW_#Hant */
                        continue;
                c = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c == '_' ? '-' : c;
                if (is_letter(c) || is_digit(c)) {
                        out->text[size++] = c;
                        continue;
                }
                struct slice part = { out->text + start, size - start };
                if (part.size == 0 || part.size > 8 || out->count == SUBTAGS)
                        return;
                out->part[out->count++] = part;
                out->text[size++] = '-';
                start = size;
                if (c != '-')
                        return;
        }
}

/* What stands behind the @ of a POSIX locale, where it says something of the language. */
static const struct { const char *name, *script, *variant; } MODIFIERS[] = {
        { "latin", "latn", NULL },  { "cyrillic", "cyrl", NULL }, { "devanagari", "deva", NULL }, { "arabic", "arab", NULL },
        { "iqtelif", "latn", NULL }, { "valencia", NULL, "valencia" },
};

static void modifier_read(const struct language_codes *codes, struct slice text, struct draft *draft)
{
        const char *at = memchr(text.data, '@', text.size);
        struct slice name = at ? slice_between(at + 1, text.data + text.size) : (struct slice){ 0 };
        for (size_t i = 0; i < COUNT_OF(MODIFIERS); i++) {
                if (!slice_equal_nocase(name, slice_of(MODIFIERS[i].name)))
                        continue;
                if (MODIFIERS[i].script && !draft->script.data && script_known(codes, slice_of(MODIFIERS[i].script)))
                        draft->script = slice_of(MODIFIERS[i].script);
                if (MODIFIERS[i].variant && draft->variants == 0)
                        draft->variant[draft->variants++] = slice_of(MODIFIERS[i].variant);
        }
}

/* From subtag `first` to the last before one that is too short; the subtags lie one behind the other. */
static size_t run_end(const struct subtags *subtags, size_t first, size_t least)
{
        size_t end = first + 1;
        while (end < subtags->count && subtags->part[end].size >= least)
                end++;
        return end;
}

static struct slice run_text(const struct subtags *subtags, size_t first, size_t end)
{
        const struct slice *last = &subtags->part[end - 1];
        return slice_between(subtags->part[first].data, last->data + last->size);
}

static void variant_add(struct draft *draft, struct slice variant)
{
        variant = slice_equal(variant, SLICE("heploc")) ? SLICE("alalc97") : variant;
        for (size_t i = 0; i < draft->variants; i++)
                if (slice_equal(draft->variant[i], variant))
                        return;
        draft->variant[draft->variants++] = variant;
}

/* Extensions and what is for private use, from subtag `at` on. */
static void tail_read(const struct subtags *subtags, size_t at, struct draft *draft)
{
        while (at < subtags->count && subtags->part[at].size == 1) {
                char   singleton = *subtags->part[at].data;
                bool   private = singleton == 'x';
                size_t end = run_end(subtags, at, private ? 1 : 2);
                struct slice *place = private ? &draft->private
                                              : &draft->extension[is_digit(singleton) ? singleton - '0' : singleton - 'a' + 10];
                if (end > at + 1 && !place->data)
                        *place = run_text(subtags, at, end);
                at = end;
        }
}

/* Up to three extended languages (the last that is one is the language), then a script and a region, in whichever order. */
static size_t head_read(const struct language_codes *codes, const struct subtags *subtags, struct draft *draft)
{
        const struct slice *part = subtags->part;
        size_t at = 1;
        for (; at < subtags->count && at < 4 && language_extends(part[0], part[at]); at++) {
                const struct language *language = language_find(codes, part[at]);
                draft->language = language ? language : draft->language;
        }
        for (; at < subtags->count && (part[at].size == 2 || part[at].size == 3 || part[at].size == 4); at++) {
                if (part[at].size == 4 && !all_letters(part[at]))
                        break;                             /* a variant that begins with a digit */
                if (part[at].size == 4 && script_known(codes, part[at]))
                        draft->script = draft->script.data ? draft->script : part[at];
                else if (part[at].size < 4 && !draft->region.data)
                        draft->region = region_find(codes, part[at]);
        }
        return at;
}

static bool draft_read(const struct language_codes *codes, const struct subtags *subtags, struct draft *draft)
{
        if (subtags->count == 0 || !(draft->language = language_find(codes, subtags->part[0])))
                return false;
        size_t at = head_read(codes, subtags, draft);
        for (; at < subtags->count && subtags->part[at].size >= 4; at++)
                if (subtags->part[at].size > 4 || is_digit(*subtags->part[at].data))
                        variant_add(draft, subtags->part[at]);
        tail_read(subtags, at, draft);
        return true;
}

/* A tag being written: once something did not fit, nothing more is. */
struct tag_writer {
        struct language_tag *tag;
        bool full;
};

/* Appends what fits, whole subtags, and of an extension more than its singleton. Answers where it lies; 0: nowhere. */
static uint8_t tag_add(struct tag_writer *writer, struct slice text)
{
        struct language_tag *tag = writer->tag;
        size_t room = LANGUAGE_TAG - tag->size, whole = text.size;
        if (!text.data || writer->full)
                return 0;
        if (whole + 1 > room) {
                writer->full = true;
                for (whole = room ? room - 1 : 0; whole && text.data[whole] != '-'; whole--)
                        ;
                if (whole <= 1)
                        return 0;
        }
        uint8_t at = (uint8_t)(tag->size + 1);
        tag->text[tag->size] = '-';
        memcpy(tag->text + at, text.data, whole);
        tag->size = (uint8_t)(at + whole);
        return at;
}

static void tag_write(const struct draft *draft, struct language_tag *tag)
{
        struct tag_writer writer = { tag, false };
        struct slice code = slice_of(draft->language->code);
        *tag = (struct language_tag){ .size = (uint8_t)code.size, .language = draft->language };
        memcpy(tag->text, code.data, code.size);
        if ((tag->script = tag_add(&writer, draft->script)))
                tag->text[tag->script] &= 0x5f;
        if ((tag->region = tag_add(&writer, draft->region)))
                tag->region_size = (uint8_t)draft->region.size;
        for (size_t i = 0; i < draft->variants; i++)
                (void)tag_add(&writer, draft->variant[i]);
        for (size_t i = 0; i < COUNT_OF(draft->extension); i++)
                (void)tag_add(&writer, draft->extension[i]);
        (void)tag_add(&writer, draft->private);
}

/* The whole tag by the name that it has now, as subtags; false: it kept its name. */
static bool subtags_rename(struct subtags *subtags)
{
        struct slice renamed = subtags->count ? language_renamed(run_text(subtags, 0, subtags->count)) : (struct slice){ 0 };
        if (renamed.data)
                subtags_split(renamed, subtags);
        return renamed.data != NULL;
}

bool language_tag_read(const struct language_codes *codes, struct slice text, struct language_tag *ret_tag)
{
        struct subtags subtags;
        struct draft   draft = { 0 };
        while (text.size && is_space(*text.data))
                text.data++, text.size--;
        while (text.size && is_space(text.data[text.size - 1]))
                text.size--;
        if (text.size > FLAT)
                text.size = FLAT;
        subtags_split(text, &subtags);
        (void)subtags_rename(&subtags);
        if (!draft_read(codes, &subtags, &draft))
                return false;
        modifier_read(codes, text, &draft);
        tag_write(&draft, ret_tag);
        /* Without what was left out, or with a newer region, it may be one of those that have another name: sgn-DD, sgn-DE, gsg.
         */
        subtags_split((struct slice){ ret_tag->text, ret_tag->size }, &subtags);
        draft = (struct draft){ 0 };
        if (UNLIKELY(subtags_rename(&subtags)) && draft_read(codes, &subtags, &draft))
                tag_write(&draft, ret_tag);
        return true;
}

/* ---- Accept-Language ---- */

static struct slice trim(struct slice text)
{
        while (text.size && is_space(*text.data))
                text.data++, text.size--;
        while (text.size && is_space(text.data[text.size - 1]))
                text.size--;
        return text;
}

/* "0.8" in thousandths, further digits cut; false: it is none. */
static bool weight_read(struct slice text, unsigned *ret_weight)
{
        unsigned weight, worth = 100;
        if (text.size == 0 || (*text.data != '0' && *text.data != '1') || (text.size > 1 && text.data[1] != '.'))
                return false;
        weight = (unsigned)(*text.data - '0') * 1000;
        for (size_t i = 2; i < text.size; i++, worth /= 10) {
                if (!is_digit(text.data[i]))
                        return false;
                weight += (unsigned)(text.data[i] - '0') * worth;
        }
        *ret_weight = weight;
        return weight <= 1000;
}

/* `element` loses what follows its range. Without a weight it is 1. */
static bool element_weight(struct slice *element, unsigned *ret_weight)
{
        const char *at = memchr(element->data, ';', element->size), *end = element->data + element->size;
        *ret_weight = 1000;
        if (!at)
                return true;
        struct slice weight = trim(slice_between(at + 1, end));
        *element = slice_between(element->data, at);
        if (weight.size < 2 || (*weight.data | 0x20) != 'q')
                return false;
        weight = trim((struct slice){ weight.data + 1, weight.size - 1 });
        if (weight.size < 2 || *weight.data != '=')
                return false;
        return weight_read(trim((struct slice){ weight.data + 1, weight.size - 1 }), ret_weight);
}

static void list_add(struct language_list *list, const struct language_tag *tag, unsigned weight)
{
        size_t place = list->count;
        for (size_t i = 0; i < list->count; i++)
                if (list->tag[i].size == tag->size && memcmp(list->tag[i].text, tag->text, tag->size) == 0) {
                        if (list->weight[i] >= weight)
                                return;
                        /* The same with more weight: the old one goes. */
                        list->count--;
                        list->known--;
                        memmove(&list->tag[i], &list->tag[i + 1], (list->count - i) * sizeof(list->tag[0]));
                        memmove(&list->weight[i], &list->weight[i + 1], (list->count - i) * sizeof(list->weight[0]));
                        place = list->count;
                        break;
                }
        list->known++;
        while (place && list->weight[place - 1] < weight)
                place--;
        if (place == LANGUAGE_LIST)
                return;
        size_t behind = (list->count < LANGUAGE_LIST ? list->count : LANGUAGE_LIST - 1) - place;
        memmove(&list->tag[place + 1], &list->tag[place], behind * sizeof(list->tag[0]));
        memmove(&list->weight[place + 1], &list->weight[place], behind * sizeof(list->weight[0]));
        list->tag[place] = *tag;
        list->weight[place] = (uint16_t)weight;
        list->count += list->count < LANGUAGE_LIST;
}

void language_list_read(const struct language_codes *codes, struct slice header, struct language_list *ret_list)
{
        const char *at = header.data, *end = header.size ? at + header.size : at;
        ret_list->count = ret_list->known = 0;
        while (at < end) {
                const char  *comma = memchr(at, ',', (size_t)(end - at));
                struct slice element = slice_between(at, comma ? comma : end);
                struct language_tag tag;
                unsigned weight;
                if (element_weight(&element, &weight) && weight && language_tag_read(codes, element, &tag))
                        list_add(ret_list, &tag, weight);
                at = comma ? comma + 1 : end;
        }
}
