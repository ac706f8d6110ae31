#include "enrich/agent_template.h"

static void piece_add(struct template *template, struct slice text, unsigned group)
{
        template->pieces = memory_grow(template->pieces, (template->count + 1) * sizeof(*template->pieces));
        template->pieces[template->count++] = (struct template_piece){ text, group };
}

void template_init(struct template *template, const char *text, unsigned standard)
{
        *template = (struct template){ NULL, 0 };
        if (!text && standard)
                piece_add(template, (struct slice){ NULL, 0 }, standard);
        while (text && *text) {
                size_t plain = 0;
                while (text[plain] && !(text[plain] == '$' && text[plain + 1] >= '1' && text[plain + 1] <= '9'))
                        plain++;
                if (plain)
                        piece_add(template, (struct slice){ text, plain }, 0);
                text += plain;
                if (*text == '$') {
                        piece_add(template, (struct slice){ NULL, 0 }, (unsigned)(text[1] - '0'));
                        text += 2;
                }
        }
}

void template_done(struct template *template)
{
        free(template->pieces);
        *template = (struct template){ NULL, 0 };
}

static struct slice trimmed(struct slice text)
{
        while (text.size && strchr(" \t\r\n\f\v", text.data[0]) && text.data[0])
                text.data++, text.size--;
        while (text.size && strchr(" \t\r\n\f\v", text.data[text.size - 1]) && text.data[text.size - 1])
                text.size--;
        return text;
}

static struct slice piece_text(const struct template *template, size_t piece, const struct template_match *match)
{
        unsigned group = template->pieces[piece].group;
        if (group == 0)
                return template->pieces[piece].text;
        if (group >= match->count || match->offsets[2 * group] == SIZE_MAX)
                return (struct slice){ NULL, 0 };
        return slice_between(match->subject + match->offsets[2 * group], match->subject + match->offsets[2 * group + 1]);
}

struct slice template_fill(const struct template *template, const struct template_match *match, struct buffer *scratch)
{
        if (template->count == 0)
                return (struct slice){ NULL, 0 };
        if (template->count == 1)
                return trimmed(piece_text(template, 0, match));
        size_t start = scratch->size, size = 0;
        for (size_t i = 0; i < template->count; i++)
                size += piece_text(template, i, match).size;
        if (size > scratch->capacity - scratch->size)      /* the scratch must not move: earlier answers lie in it */
                return (struct slice){ NULL, 0 };
        for (size_t i = 0; i < template->count; i++)
                buffer_add(scratch, piece_text(template, i, match));
        return trimmed((struct slice){ scratch->data + start, size });
}
