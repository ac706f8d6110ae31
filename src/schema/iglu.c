#include "schema/iglu.h"

#define DIGITS_MAX 9

static bool is_letter_or_digit(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool iglu_is_name(struct slice text)
{
        for (size_t i = 0; i < text.size; i++)
                if (!is_letter_or_digit(text.data[i]) && text.data[i] != '_' && text.data[i] != '-')
                        return false;
        return text.size > 0 && text.size <= IGLU_PART_MAX;
}

bool iglu_is_vendor(struct slice text)
{
        for (size_t i = 0; i < text.size; i++)
                if (!is_letter_or_digit(text.data[i]) && text.data[i] != '_' && text.data[i] != '-' &&
                    (text.data[i] != '.' || i == 0))
                        return false;
        return text.size > 0 && text.size <= IGLU_PART_MAX;
}

bool iglu_parse_version(struct slice text, uint32_t ret_version[3])
{
        const char *at = text.data, *end = slice_end(text);
        uint32_t version[3];
        for (size_t part = 0; part < 3; part++) {
                const char *start = at;
                version[part] = 0;
                while (at < end && *at >= '0' && *at <= '9' && at - start < DIGITS_MAX)
                        version[part] = version[part] * 10 + (uint32_t)(*at++ - '0');
                if (at == start || (*start == '0' && at - start > 1))
                        return false;
                if (part < 2 && (at >= end || *at++ != '-'))
                        return false;
        }
        if (at != end || version[0] == 0)
                return false;
        memcpy(ret_version, version, sizeof(version));
        return true;
}

/* Cuts the part before the next '/'; false: there is none. */
static bool part_take(struct slice *text, struct slice *ret_part)
{
        const char *slash = text->size ? memchr(text->data, '/', text->size) : NULL;
        if (!slash)
                return false;
        *ret_part = slice_between(text->data, slash);
        *text = slice_between(slash + 1, text->data + text->size);
        return true;
}

bool iglu_parse(struct slice text, struct iglu *ret_iglu)
{
        static const struct slice SCHEME = SLICE_INIT("iglu:"), FORMAT = SLICE_INIT("jsonschema");
        struct iglu iglu;
        struct slice format;
        bool uri = slice_starts_with(text, SCHEME);
        if (uri)
                text = slice_between(text.data + SCHEME.size, text.data + text.size);
        if (!part_take(&text, &iglu.vendor) || !part_take(&text, &iglu.name))
                return false;
        if (uri && (!part_take(&text, &format) || !slice_equal(format, FORMAT)))
                return false;
        if (!iglu_is_vendor(iglu.vendor) || !iglu_is_name(iglu.name) || !iglu_parse_version(text, iglu.version))
                return false;
        *ret_iglu = iglu;
        return true;
}

static int slice_compare(struct slice a, struct slice b)
{
        int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
        return order ? order : a.size < b.size ? -1 : a.size > b.size;
}

int iglu_compare(const struct iglu *a, const struct iglu *b)
{
        int order = slice_compare(a->vendor, b->vendor);
        if (order == 0)
                order = slice_compare(a->name, b->name);
        for (size_t part = 0; order == 0 && part < 3; part++)
                order = a->version[part] < b->version[part] ? -1 : a->version[part] > b->version[part];
        return order;
}

static size_t iglu_format(const struct iglu *iglu, const char *scheme, const char *format, char text[IGLU_KEY_MAX])
{
        int size = snprintf(text, IGLU_KEY_MAX, "%s%.*s/%.*s/%s%u-%u-%u", scheme, SLICE_ARGS(iglu->vendor),
                            SLICE_ARGS(iglu->name), format, iglu->version[0], iglu->version[1], iglu->version[2]);
        BUG_IF(size < 0 || size >= IGLU_KEY_MAX);
        return (size_t)size;
}

size_t iglu_format_key(const struct iglu *iglu, char text[IGLU_KEY_MAX])
{
        return iglu_format(iglu, "", "", text);
}

size_t iglu_format_uri(const struct iglu *iglu, char text[IGLU_KEY_MAX])
{
        return iglu_format(iglu, "iglu:", "jsonschema/", text);
}
