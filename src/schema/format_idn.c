/* Host names in any script: IDNA2008. The rules of a label (derived properties, contextual rules, bidi, NFC) are libidn2's;
 * what they leave open is here. Not on a fast path: libidn2 allocates. */
#include "schema/format_checks.h"
#include <idn2.h>

#define LABEL_MAX    63
#define HOSTNAME_MAX 253
#define TEXT_MAX     (4 * HOSTNAME_MAX)      /* bytes: every character takes at least one in the encoded name */

/* The label's size in its ASCII form, or 0 when it is not valid as registered (RFC 5891, section 4). One of the two is NULL. */
static size_t label_register(const char *unicode, const char *ascii)
{
        uint8_t *encoded = NULL;
        if (idn2_register_u8((const uint8_t *)unicode, (const uint8_t *)ascii, &encoded, 0) != IDN2_OK)
                return 0;
        size_t size = strlen((const char *)encoded);
        idn2_free(encoded);
        return size;
}

bool is_punycode_label(struct slice label)
{
        char text[LABEL_MAX + 1];
        if (label.size > LABEL_MAX)
                return false;
        for (size_t i = 0; i < label.size; i++)
                text[i] = (char)(label.data[i] >= 'A' && label.data[i] <= 'Z' ? label.data[i] | 0x20 : label.data[i]);
        text[label.size] = '\0';
        return label_register(NULL, text) != 0;
}

static bool is_ascii(struct slice text)
{
        for (size_t i = 0; i < text.size; i++)
                if ((unsigned char)text.data[i] >= 0x80)
                        return false;
        return true;
}

/* The label's size in the encoded name, or 0. */
static size_t label_size(struct slice label)
{
        if (is_ascii(label))
                return is_hostname_or_punycode(label) ? label.size : 0;
        char text[TEXT_MAX + 1];
        if (memchr(label.data, '\0', label.size))
                return 0;
        memcpy(text, label.data, label.size);
        text[label.size] = '\0';
        size_t size = label_register(text, NULL);
        return size <= LABEL_MAX ? size : 0;
}

/* Bytes of the separator at `at`: '.', or one of the three full stops of RFC 3490, section 3.1, that people type; or 0. */
static size_t separator_size(const char *at, const char *end)
{
        static const struct slice STOPS[] = { SLICE_INIT("."), SLICE_INIT("\u3002"), SLICE_INIT("\uff0e"), SLICE_INIT("\uff61") };
        for (size_t i = 0; i < COUNT_OF(STOPS); i++)
                if (slice_starts_with(slice_between(at, end), STOPS[i]))
                        return STOPS[i].size;
        return 0;
}

bool is_idn_hostname(struct slice text)
{
        const char *at = text.data, *end = slice_end(text);
        size_t total = 0;
        if (text.size == 0 || text.size > TEXT_MAX)
                return false;
        while (true) {
                const char *label = at;
                size_t stop = 0;
                while (at < end && (stop = separator_size(at, end)) == 0)
                        at++;
                size_t size = at > label ? label_size(slice_between(label, at)) : 0;
                total += size;
                if (size == 0 || total > HOSTNAME_MAX)
                        return false;
                if (at == end)
                        return true;
                at += stop;
                total++;
        }
}
