#include "enrich/layout.h"
#include "json/scan.h"

_Static_assert(PIECES_MAX < 255, "pieces are chained by numbers of one byte");

void findings_add(struct findings *findings, enum group group, struct slice text)
{
        uint64_t bit = (uint64_t)1 << group;
        uint8_t  at = findings->count;
        if (text.size == 0 || at == PIECES_MAX)
                return;
        findings->piece[at].text = text;
        if (findings->groups & bit)
                findings->piece[findings->last[group]].next = at;
        else
                findings->first[group] = at;
        findings->last[group] = at;
        findings->groups |= bit;
        findings->bytes += text.size;
        findings->count++;
}

void findings_take(struct findings *findings, const struct field_writer *writer)
{
        for (size_t i = 0; i < writer->count; i++)
                findings_add(findings, writer->piece[i].group,
                             (struct slice){ writer->out->data + writer->piece[i].start, writer->piece[i].size });
}

size_t enrich_render_bound(const struct findings *findings)
{
        return findings->count ? findings->layout->frame + findings->bytes : 0;
}

char *enrich_render(const struct findings *findings, char *at)
{
        const struct layout *layout = findings->layout;
        for (uint64_t left = findings->groups; left; left &= left - 1) {
                unsigned group = (unsigned)__builtin_ctzll(left);
                uint8_t  piece = findings->first[group], last = findings->last[group];
                at = slice_put_padded(at, layout->group_open[group]);
                at = slice_put_padded(at, findings->piece[piece].text);
                while (piece != last) {
                        piece = findings->piece[piece].next;
                        *at++ = ',';
                        at = slice_put_padded(at, findings->piece[piece].text);
                }
                if (!layout->flat)
                        *at++ = '}';
        }
        return at;
}

bool enrich_owns(const struct layout *layout, struct slice name)
{
        for (unsigned i = 0; i < GROUP_COUNT; i++) {
                struct slice group = slice_of(GROUPS[i].name);
                if (slice_starts_with(name, group) &&
                    (name.size == group.size || (layout->flat && name.data[group.size] == '_')))
                        return true;
        }
        return false;
}

/* The member of an object's inside that begins with `start` (`"os":{` or `"name":`); NULL: there is none. Our own text: it has no
 * white space. */
static const char *member_find(const char *at, const char *end, struct slice start)
{
        struct scan_error err;
        while (at < end) {
                if (slice_starts_with(slice_between(at, end), start))
                        return at + start.size;
                at = scan_string(at, end, &SCAN_UNLIMITED, NULL, &err);
                at = at && at < end ? scan_value(at + 1, end, &SCAN_UNLIMITED, &err) : NULL;
                if (!at || at == end || *at != ',')
                        return NULL;
                at++;
        }
        return NULL;
}

struct slice findings_find(const struct findings *findings, enum field field)
{
        const struct layout_field *row = &findings->layout->field[field];
        struct scan_error err;
        if (!row->key.data || !(findings->groups >> row->group & 1))
                return (struct slice){ 0 };
        for (uint8_t piece = findings->first[row->group];; piece = findings->piece[piece].next) {
                const char *at = findings->piece[piece].text.data, *end = at + findings->piece[piece].text.size;
                for (unsigned i = 0; at && i < row->depth; i++)
                        at = member_find(at, end, row->open[i]);
                at = at ? member_find(at, end, row->key) : NULL;
                const char *behind = at ? scan_value(at, end, &SCAN_UNLIMITED, &err) : NULL;
                if (behind)
                        return slice_between(at, behind);
                if (piece == findings->last[row->group])
                        return (struct slice){ 0 };
        }
}
