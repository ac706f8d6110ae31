/* URLs without what must not go on: walks over their parameters. Which names those are: strip_names.c. */
#include "strip_names.h"
#include "url_parts.h"

/* ---- what looks like a mail address: "anna@shop.example", its sign escaped once or several times ---- */

static bool is_letter(char c) { return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (unsigned char)c >= 0x80; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_local(char c) { return is_letter(c) || is_digit(c) || (c && strchr("._-+~!#$&'*", c)); }

/* Whether somebody's name ends before `at`: the byte there may be escaped. */
static bool local_before(const char *at, const char *start)
{
        if (at == start)
                return false;
        if (at - start >= 3 && at[-3] == '%' && url_hex(at[-2]) && url_hex(at[-1]))
                return is_local((char)(url_hex_value(at[-2]) << 4 | url_hex_value(at[-1])));
        return is_local(at[-1]);
}

/* Behind the sign at `at`; NULL: there is none. */
static const char *sign_end(const char *at, const char *end)
{
        if (*at == '@')
                return at + 1;
        for (at++; end - at > 2 && at[0] == '2' && at[1] == '5'; at += 2)
                ;
        return end - at >= 2 && at[0] == '4' && at[1] == '0' ? at + 2 : NULL;
}

/* Bytes of the dot at `at`, plain or escaped; 0: there is none. */
static size_t dot_size(const char *at, const char *end)
{
        if (*at == '.')
                return 1;
        return end - at >= 3 && at[0] == '%' && at[1] == '2' && (at[2] | 0x20) == 'e' ? 3 : 0;
}

/* Bytes of a letter of a domain, which may be escaped as part of a character; another sign ends the domain. */
static size_t domain_size(const char *at, const char *end)
{
        if (is_letter(*at) || is_digit(*at) || *at == '-')
                return 1;
        return end - at >= 3 && at[0] == '%' && strchr("cdefCDEF89abAB", at[1]) && url_hex(at[1]) && url_hex(at[2]) ? 3 : 0;
}

/* A domain of at least two labels, the last of two letters; "2x.png" is the size of a picture. */
static bool is_domain(const char *at, const char *end)
{
        size_t label = 0, letters = 0;
        bool   dotted = false;
        if (end - at > 2 && is_digit(at[0]) && at[1] == 'x' && at[2] == '.')
                return false;
        for (size_t size; at < end; at += size) {
                bool dot = (size = dot_size(at, end)) > 0;
                if (!dot && (size = domain_size(at, end)) == 0)
                        break;
                if (dot && label == 0)
                        return false;
                if (dot && dotted && letters >= 2)
                        return true;
                dotted |= dot;
                letters = dot ? 0 : letters + (size == 3 || is_letter(*at));
                label = dot ? 0 : label + 1;
        }
        return dotted && letters >= 2;
}

static bool has_mail(struct slice text)
{
        if (text.size == 0)
                return false;
        const char *end = slice_end(text);
        for (const char *at = text.data; at < end; at++) {
                if (LIKELY(*at != '@' && *at != '%'))
                        continue;
                const char *behind = sign_end(at, end);
                if (behind && local_before(at, text.data) && is_domain(behind, end))
                        return true;
        }
        return false;
}

/* ---- parameters ---- */

enum part { PART_PATH, PART_QUERY, PART_FRAGMENT };
/* What parts them, as bits of those parts. "/route?token=..." in a fragment is an application's own query. */
static const unsigned char SEPARATES[256] = {
        ['/'] = 1 << PART_PATH,
        ['&'] = 1 << PART_QUERY | 1 << PART_FRAGMENT,
        [';'] = 1 << PART_PATH | 1 << PART_QUERY | 1 << PART_FRAGMENT,
        ['?'] = 1 << PART_FRAGMENT,
};

bool strip_takes(const struct strip *strip, struct slice name, struct slice value)
{
        return (value.data && strip_name(strip, name)) || (strip->mail && (has_mail(name) || has_mail(value)));
}

/* Walks over a part, and writes what stays when `out` is not NULL. */
struct walk {
        const struct strip *strip;
        enum part part;
        bool      mail;            /* there may be mail addresses */
        char     *out;
        size_t    count;           /* what went */
        char      sign;            /* before the parameter: a separator; 0: it is the first */
        bool      written;         /* something stays already */
};

static void put(struct walk *walk, bool sign, struct slice text)
{
        if (!walk->out)
                return;
        if (sign && walk->sign)
                *walk->out++ = walk->sign;
        if (text.size)
                memcpy(walk->out, text.data, text.size);
        walk->out += text.size;
}

static bool pair_taken(const struct walk *walk, struct slice pair)
{
        const char *sign = memchr(pair.data, '=', pair.size);
        if (sign && strip_name(walk->strip, slice_between(pair.data, sign)))
                return true;
        return walk->mail && has_mail(pair);
}

/* "/cart;jsessionid=...": what follows a semicolon is a parameter, everything else a name that may be a mail address. */
static void path_step(struct walk *walk, struct slice pair)
{
        bool parameter = walk->sign == ';';
        if (!(parameter ? pair_taken(walk, pair) : walk->mail && has_mail(pair))) {
                put(walk, true, pair);
                return;
        }
        walk->count++;
        if (!parameter)            /* something stays in its place: "a//b" is another path, and "a:" before it another URL */
                put(walk, true, SLICE("-"));
}

/* Behind a parameter that went, the next one is the first again; or the first behind the question mark. */
static char query_step(struct walk *walk, struct slice pair, char next)
{
        if (pair_taken(walk, pair)) {
                walk->count++;
                return walk->sign == '?' || !walk->written ? walk->sign : next;
        }
        put(walk, true, pair);
        walk->written = true;
        return next;
}

static void part_walk(struct walk *walk, struct slice text)
{
        const char *at = text.data, *end = at + text.size;
        unsigned    bit = 1u << walk->part;
        for (bool last = false; !last;) {
                const char *stop = at;
                while (stop < end && !(SEPARATES[(unsigned char)*stop] & bit))
                        stop++;
                struct slice pair = slice_between(at, stop);
                last = stop == end;
                char next = last ? 0 : *stop;
                if (walk->part == PART_PATH) {
                        path_step(walk, pair);
                        walk->sign = next;
                } else {
                        walk->sign = query_step(walk, pair, next);
                }
                at = stop + 1;
        }
}

/* False: the arena is full. */
static bool part_strip(const struct strip *strip, enum part part, struct arena *arena, struct slice *text, size_t *ret_count)
{
        if (text->size == 0)
                return true;
        bool mail = strip->mail && (memchr(text->data, '@', text->size) || memchr(text->data, '%', text->size));
        struct walk walk = { .strip = strip, .part = part, .mail = mail };
        if (!mail && !memchr(text->data, part == PART_PATH ? ';' : '=', text->size))
                return true;
        part_walk(&walk, *text);
        if (LIKELY(walk.count == 0))
                return true;
        char *left = arena_take(arena, text->size);
        if (!left)
                return false;
        *ret_count += walk.count;
        walk = (struct walk){ .strip = strip, .part = part, .mail = mail, .out = left };
        part_walk(&walk, *text);
        arena_trim(arena, left, walk.out);
        *text = slice_between(left, walk.out);
        if (text->size == 0 && part != PART_PATH)
                text->data = NULL;
        return true;
}

bool strip_url(const struct strip *strip, struct arena *arena, struct url *url, size_t *ret_count)
{
        if (url->user_info.size)
                ++*ret_count;
        url->user_info = (struct slice){ NULL, 0 };
        return part_strip(strip, PART_PATH, arena, &url->path, ret_count) &&
               part_strip(strip, PART_QUERY, arena, &url->query, ret_count) &&
               part_strip(strip, PART_FRAGMENT, arena, &url->fragment, ret_count);
}

bool strip_query(const struct strip *strip, struct arena *arena, struct slice *query, size_t *ret_count)
{
        bool   mark = query->size && *query->data == '?';
        size_t before = *ret_count;
        struct slice rest = { query->data + mark, query->size - mark };
        if (!part_strip(strip, PART_QUERY, arena, &rest, ret_count))
                return false;
        if (*ret_count == before)
                return true;
        char *text = arena_take(arena, rest.size + 1);
        if (!text)
                return false;
        *text = '?';
        if (rest.size)
                memcpy(text + mark, rest.data, rest.size);
        *query = (struct slice){ text, rest.size ? rest.size + mark : 0 };
        return true;
}

/* ---- texts as they were given ---- */

/* A byte that parameters, mail addresses or users begin with. */
static inline bool is_suspect(char c)
{
        return c == '?' || c == '#' || c == '@' || c == ';' || c == '%' || c == '\\';
}

/* Sixteen bytes at once, in whatever registers the machine has for that. */
typedef signed char sixteen __attribute__((vector_size(16)));

static inline bool any_suspect(const char *at)
{
        sixteen bytes;
        uint64_t halves[2];
        memcpy(&bytes, at, sizeof(bytes));
        sixteen found = (bytes == '?') | (bytes == '#') | (bytes == '@') | (bytes == ';') | (bytes == '%') | (bytes == '\\');
        memcpy(halves, &found, sizeof(halves));
        return (halves[0] | halves[1]) != 0;
}

bool strip_suspects(struct slice text)
{
        const char *at = text.data, *end = slice_end(text);
        if (text.size >= 16) {
                for (; end - at > 16; at += 16)
                        if (any_suspect(at))
                                return true;
                return any_suspect(end - 16);
        }
        for (; at < end; at++)
                if (is_suspect(*at))
                        return true;
        return false;
}

static bool written(struct arena *arena, const struct url *url, struct slice *ret_text)
{
        struct buffer out;
        size_t room = url_write_bound(url);
        char  *copy = arena_take(arena, room);
        if (!copy)
                return false;
        buffer_wrap(&out, copy, room);
        url_write(url, &out);
        *ret_text = buffer_slice(&out);
        return true;
}

/* The sign behind "https://anna:secret", with or without what stands before the user; NULL: there is none. */
static const char *user_end(struct slice path)
{
        const char *at = path.data, *end = at + path.size, *stop;
        while (at < end && ((unsigned char)*at <= ' ' || url_in(*at, URL_SCHEME)))
                at++;
        at = at < end && *at == ':' ? at + 1 : path.data;
        while (at < end && (*at == '/' || *at == '\\'))
                at++;
        for (stop = at; stop < end && *stop != '/' && *stop != '\\'; stop++)
                ;
        return memrchr(at, '@', (size_t)(stop - at));
}

/* What is no URL, or only the end of one, as if it were. */
static struct url parts_of(struct slice text)
{
        struct url url = { 0 };
        const char *end = slice_end(text), *sign = memchr(text.data, '#', text.size);
        if (sign)
                url.fragment = slice_between(sign + 1, end);
        end = sign ? sign : end;
        sign = memchr(text.data, '?', (size_t)(end - text.data));
        if (sign)
                url.query = slice_between(sign + 1, end);
        url.path = slice_between(text.data, sign ? sign : end);
        while ((sign = user_end(url.path)) != NULL) {
                url.user_info = SLICE("user");
                url.path = slice_between(sign + 1, url.path.data + url.path.size);
        }
        return url;
}

static bool joined(struct arena *arena, const struct url *url, struct slice *ret_text)
{
        struct buffer out;
        size_t room = url->path.size + url->query.size + url->fragment.size + 2;
        char  *copy = arena_take(arena, room);
        if (!copy)
                return false;
        buffer_wrap(&out, copy, room);
        buffer_add(&out, url->path);
        if (url->query.data) {
                buffer_add_char(&out, '?');
                buffer_add(&out, url->query);
        }
        if (url->fragment.data) {
                buffer_add_char(&out, '#');
                buffer_add(&out, url->fragment);
        }
        *ret_text = buffer_slice(&out);
        return true;
}

/* One turn; *ret_count is what went in it. */
static bool text_turn(const struct strip *strip, struct arena *arena, struct slice *text, size_t *ret_count)
{
        struct url url;
        *ret_count = 0;
        bool whole = url_parse(*text, arena, &url);
        if (!whole)
                url = parts_of(*text);
        if (!strip_url(strip, arena, &url, ret_count))
                return false;
        if (*ret_count == 0)
                return true;
        return whole ? written(arena, &url, text) : joined(arena, &url, text);
}

/* What is left of a broken text may be a URL, which is read otherwise: once more, until nothing goes. */
#define TURNS 4
bool strip_text(const struct strip *strip, struct arena *arena, struct slice *text, size_t *ret_count)
{
        size_t count = 0;
        for (size_t turn = 0; turn < TURNS; turn++) {
                if (!strip_suspects(*text))
                        return true;
                if (!text_turn(strip, arena, text, &count))
                        return false;
                if (count == 0)
                        return true;
                *ret_count += count;
        }
        text->size = 0;
        return true;
}
