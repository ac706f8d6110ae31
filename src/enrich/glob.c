#include "enrich/glob.h"
#include "base/utf8.h"

/* How many bytes of the text the piece (without stars) matches at its beginning; SIZE_MAX: it does not. */
static size_t piece_match(struct slice piece, const char *at, const char *end)
{
        const char *start = at;
        for (size_t i = 0; i < piece.size; i++) {
                if (at == end)
                        return SIZE_MAX;
                if (piece.data[i] == '?') {
                        size_t length = utf8_length(at, end);
                        at += length ? length : 1;
                } else if (*at++ != piece.data[i]) {
                        return SIZE_MAX;
                }
        }
        return (size_t)(at - start);
}

/* The first place at or behind `at` where the piece matches; NULL: none. *ret_behind is where it ends. */
static const char *piece_find(struct slice piece, const char *at, const char *end, const char **ret_behind)
{
        if (!memchr(piece.data, '?', piece.size)) {
                const char *found = memmem(at, (size_t)(end - at), piece.data, piece.size);
                *ret_behind = found ? found + piece.size : NULL;
                return found;
        }
        for (;;) {
                size_t size = piece_match(piece, at, end), length = utf8_length(at, end);
                if (size != SIZE_MAX) {
                        *ret_behind = at + size;
                        return at;
                }
                if (at == end)
                        return NULL;
                at += length ? length : 1;         /* not into a character, or `?` would match a part of it */
        }
}

/* The last piece stands at the very end. Its characters are counted backwards, as `?` may be several bytes. */
static bool piece_ends(struct slice piece, const char *start, const char *end)
{
        const char *at = end;
        for (size_t i = piece.size; i-- > 0;) {
                if (at == start)
                        return false;
                at--;
                if (piece.data[i] != '?') {
                        if (*at != piece.data[i])
                                return false;
                        continue;
                }
                const char *first = at;
                while (first > start && at - first < 3 && ((unsigned char)*first & 0xC0) == 0x80)
                        first--;
                if (utf8_length(first, at + 1) == (size_t)(at + 1 - first))
                        at = first;
        }
        return true;
}

bool glob_match(struct slice glob, struct slice text)
{
        const char *at = text.data, *end = slice_end(text), *pattern = glob.data, *stop = slice_end(glob);
        const char *hole = glob.size ? memchr(pattern, '*', glob.size) : NULL;
        size_t size = piece_match(slice_between(pattern, hole ? hole : stop), at, end);
        if (size == SIZE_MAX || !hole)
                return size == text.size;
        at += size;
        for (;;) {
                pattern = hole + 1;
                hole = pattern < stop ? memchr(pattern, '*', (size_t)(stop - pattern)) : NULL;
                if (!hole)
                        return piece_ends(slice_between(pattern, stop), at, end);
                /* The first place is as good as any later one: it leaves the most text. */
                if (hole > pattern && !piece_find(slice_between(pattern, hole), at, end, &at))
                        return false;
        }
}

/* Row by row: reach[k] says whether what was read of the glob matches any text of the first k bytes of the shape. */
static void meet_step(char c, struct slice shape, const bool reach[static GLOB_MAX + 1], bool next[static GLOB_MAX + 1])
{
        for (size_t k = 0; k <= shape.size; k++) {
                next[k] = c == '*' && reach[k];
                if (!k)
                        continue;
                if (shape.data[k - 1] == '*')
                        next[k] |= next[k - 1] || (reach[k] && c != '/');
                else
                        next[k] |= (c == '*' && next[k - 1]) || ((c == shape.data[k - 1] || c == '?') && reach[k - 1]);
        }
}

bool glob_meets(struct slice glob, struct slice shape)
{
        bool rows[2][GLOB_MAX + 1] = { { true } };
        if (glob.size > GLOB_MAX || shape.size > GLOB_MAX)
                return true;
        for (size_t k = 0; k < shape.size; k++)
                rows[0][k + 1] = rows[0][k] && shape.data[k] == '*';
        for (size_t i = 0; i < glob.size; i++)
                meet_step(glob.data[i], shape, rows[i & 1], rows[!(i & 1)]);
        return rows[glob.size & 1][shape.size];
}
