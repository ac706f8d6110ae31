#include "enrich/plain.h"

struct slice plain_trim(struct slice text)
{
        while (text.size && (unsigned char)*text.data <= ' ') {
                text.data++;
                text.size--;
        }
        while (text.size && (unsigned char)text.data[text.size - 1] <= ' ')
                text.size--;
        return text;
}

/* Of a name of a mailbox, or of a domain: no space, and none of the signs that end an address in a text. */
static bool is_part(char c) { return (unsigned char)c > ' ' && !strchr("@,;:<>()[]\"", c); }

bool plain_has_mail(struct slice text)
{
        if (text.size == 0)
                return false;
        const char *end = slice_end(text);
        for (const char *at = text.data; at < end; at++) {
                at = memchr(at, '@', (size_t)(end - at));
                if (!at)
                        return false;
                if (at == text.data || !is_part(at[-1]))
                        continue;
                /* A domain: a label, a dot, a label of letters. */
                const char *dot = NULL, *label = at + 1;
                while (label < end && is_part(*label) && !dot) {
                        dot = *label == '.' && label > at + 1 ? label : NULL;
                        label++;
                }
                if (dot && label < end && is_part(*label) && *label != '.')
                        return true;
        }
        return false;
}
