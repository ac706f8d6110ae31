#include "enrich/structured.h"
#include "base/utf8.h"

struct reader { const char *at, *end; };

static inline bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
static inline bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
static inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
static inline bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }
static inline bool is_visible(char c) { return c >= 0x20 && c <= 0x7E; }
static inline bool is_base64(char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '/' || c == '='; }
static inline bool is_key(char c) { return is_lower(c) || is_digit(c) || (c && strchr("_-.*", c)); }
static inline bool is_token(char c) { return is_letter(c) || is_digit(c) || (c && strchr("!#$%&'*+-.^_`|~:/", c)); }

static inline bool next_is(const struct reader *reader, char c) { return reader->at < reader->end && *reader->at == c; }

static bool pass(struct reader *reader, char c)
{
        if (!next_is(reader, c))
                return false;
        reader->at++;
        return true;
}

static void pass_spaces(struct reader *reader, bool tabs)
{
        while (reader->at < reader->end && (*reader->at == ' ' || (tabs && *reader->at == '\t')))
                reader->at++;
}

static size_t pass_digits(struct reader *reader)
{
        const char *start = reader->at;
        while (reader->at < reader->end && is_digit(*reader->at))
                reader->at++;
        return (size_t)(reader->at - start);
}

/* 3.3.1 and 3.3.2: at most 15 digits, or 12 and 3. */
static bool read_number(struct reader *reader, struct structured_value *ret_value)
{
        const char *start = reader->at;
        (void)pass(reader, '-');
        size_t whole = pass_digits(reader), fraction = 0;
        bool   decimal = pass(reader, '.');
        if (decimal)
                fraction = pass_digits(reader);
        *ret_value = (struct structured_value){ decimal ? STRUCTURED_DECIMAL : STRUCTURED_INTEGER,
                                                slice_between(start, reader->at) };
        return decimal ? whole >= 1 && whole <= 12 && fraction >= 1 && fraction <= 3 : whole >= 1 && whole <= 15;
}

/* 3.3.3 */
static bool read_string(struct reader *reader, struct structured_value *ret_value)
{
        const char *start = ++reader->at;
        for (; reader->at < reader->end && is_visible(*reader->at); reader->at++) {
                if (*reader->at == '"') {
                        *ret_value = (struct structured_value){ STRUCTURED_STRING, slice_between(start, reader->at++) };
                        return true;
                }
                if (*reader->at == '\\' && (++reader->at == reader->end || (*reader->at != '"' && *reader->at != '\\')))
                        return false;
        }
        return false;
}

/* 3.3.4 */
static bool read_token(struct reader *reader, struct structured_value *ret_value)
{
        const char *start = reader->at;
        while (reader->at < reader->end && is_token(*reader->at))
                reader->at++;
        *ret_value = (struct structured_value){ STRUCTURED_TOKEN, slice_between(start, reader->at) };
        return true;
}

/* 3.3.5 */
static bool read_bytes(struct reader *reader, struct structured_value *ret_value)
{
        const char *start = ++reader->at;
        while (reader->at < reader->end && is_base64(*reader->at))
                reader->at++;
        *ret_value = (struct structured_value){ STRUCTURED_BYTES, slice_between(start, reader->at) };
        return pass(reader, ':');
}

/* 3.3.6 */
static bool read_boolean(struct reader *reader, struct structured_value *ret_value)
{
        const char *start = ++reader->at;
        *ret_value = (struct structured_value){ STRUCTURED_BOOLEAN, { start, 1 } };
        return pass(reader, '0') || pass(reader, '1');
}

/* 3.3.7 */
static bool read_date(struct reader *reader, struct structured_value *ret_value)
{
        reader->at++;
        if (!read_number(reader, ret_value) || ret_value->type != STRUCTURED_INTEGER)
                return false;
        ret_value->type = STRUCTURED_DATE;
        return true;
}

static inline unsigned char hex_value(char c) { return (unsigned char)(is_digit(c) ? c - '0' : c - 'a' + 10); }

/* 3.3.8: the bytes behind the percent signs are UTF-8, which is judged character by character, as they are at most four. */
static bool read_display(struct reader *reader, struct structured_value *ret_value)
{
        char   character[4];
        size_t have = 0, want = 0;
        reader->at++;
        if (!pass(reader, '"'))
                return false;
        const char *start = reader->at;
        for (; reader->at < reader->end && is_visible(*reader->at); reader->at++) {
                char c = *reader->at;
                if (c == '"' && want == 0) {
                        *ret_value = (struct structured_value){ STRUCTURED_DISPLAY, slice_between(start, reader->at++) };
                        return true;
                }
                if (c == '%') {
                        if (reader->end - reader->at < 3 || !is_hex(reader->at[1]) || !is_hex(reader->at[2]))
                                return false;
                        c = (char)(hex_value(reader->at[1]) << 4 | hex_value(reader->at[2]));
                        reader->at += 2;
                }
                if (want == 0)
                        want = (unsigned char)c < 0x80 ? 1 : (unsigned char)c < 0xE0 ? 2 : (unsigned char)c < 0xF0 ? 3 : 4;
                character[have++] = c;
                if (have < want)
                        continue;
                if (utf8_length(character, character + have) != want)
                        return false;
                have = want = 0;
        }
        return false;
}

static bool read_bare(struct reader *reader, struct structured_value *ret_value)
{
        if (reader->at == reader->end)
                return false;
        char c = *reader->at;
        if (c == '-' || is_digit(c))
                return read_number(reader, ret_value);
        switch (c) {
        case '"': return read_string(reader, ret_value);
        case ':': return read_bytes(reader, ret_value);
        case '?': return read_boolean(reader, ret_value);
        case '@': return read_date(reader, ret_value);
        case '%': return read_display(reader, ret_value);
        default:  return (is_letter(c) || c == '*') && read_token(reader, ret_value);
        }
}

static bool read_key(struct reader *reader, struct slice *ret_key)
{
        const char *start = reader->at;
        if (start == reader->end || !(is_lower(*start) || *start == '*'))
                return false;
        while (reader->at < reader->end && is_key(*reader->at))
                reader->at++;
        *ret_key = slice_between(start, reader->at);
        return true;
}

/* One parameter, its semicolon in front of us. */
static bool read_parameter(struct reader *reader, struct slice *ret_key, struct structured_value *ret_value)
{
        reader->at++;
        pass_spaces(reader, false);
        if (!read_key(reader, ret_key))
                return false;
        *ret_value = (struct structured_value){ STRUCTURED_BOOLEAN, SLICE("1") };
        return !pass(reader, '=') || read_bare(reader, ret_value);
}

static bool read_parameters(struct reader *reader, struct slice *ret_parameters)
{
        const char *start = reader->at;
        struct slice key;
        struct structured_value value;
        while (next_is(reader, ';'))
                if (!read_parameter(reader, &key, &value))
                        return false;
        *ret_parameters = slice_between(start, reader->at);
        return true;
}

static bool read_item(struct reader *reader, struct structured_member *ret_member)
{
        return read_bare(reader, &ret_member->value) && read_parameters(reader, &ret_member->parameters);
}

/* 3.1.1: Items between parentheses, with spaces between them. */
static bool read_inner(struct reader *reader, struct structured_member *ret_member)
{
        const char *start = ++reader->at;
        struct structured_member member;
        while (reader->at < reader->end) {
                pass_spaces(reader, false);
                const char *stop = reader->at;
                if (pass(reader, ')')) {
                        ret_member->value = (struct structured_value){ STRUCTURED_INNER, slice_between(start, stop) };
                        return read_parameters(reader, &ret_member->parameters);
                }
                if (!read_item(reader, &member) || !(next_is(reader, ' ') || next_is(reader, ')')))
                        return false;
        }
        return false;
}

/* Spaces, no tabs, may stand around the whole field. */
static struct reader reader_of(struct slice field)
{
        struct reader reader = { field.data, slice_end(field) };
        pass_spaces(&reader, false);
        while (reader.end > reader.at && reader.end[-1] == ' ')
                reader.end--;
        return reader;
}

bool structured_item(struct slice field, struct structured_member *ret_member)
{
        struct reader reader = reader_of(field);
        struct structured_member member;
        if (!read_item(&reader, &member) || reader.at != reader.end)
                return false;
        *ret_member = member;
        return true;
}

bool structured_list(struct slice field, struct structured_member *members, size_t room, size_t *ret_count)
{
        struct reader reader = reader_of(field);
        size_t count = 0;
        while (reader.at < reader.end) {
                if (count == room)
                        return false;
                if (!(next_is(&reader, '(') ? read_inner : read_item)(&reader, &members[count++]))
                        return false;
                pass_spaces(&reader, true);
                if (reader.at == reader.end)
                        break;
                if (!pass(&reader, ','))
                        return false;
                pass_spaces(&reader, true);
                if (reader.at == reader.end)
                        return false;      /* a comma at the end */
        }
        *ret_count = count;
        return true;
}

bool structured_parameter(const struct structured_member *member, struct slice key, struct structured_value *ret_value)
{
        struct reader reader = { member->parameters.data, slice_end(member->parameters) };
        bool found = false;
        while (reader.at < reader.end) {
                struct slice name;
                struct structured_value value;
                if (!read_parameter(&reader, &name, &value))
                        break;
                if (slice_equal(name, key)) {
                        *ret_value = value;
                        found = true;
                }
        }
        return found;
}

size_t structured_unescape(struct slice text, char *out)
{
        size_t size = 0;
        for (size_t i = 0; i < text.size; i++) {
                i += text.data[i] == '\\' && i + 1 < text.size;
                out[size++] = text.data[i];
        }
        return size;
}
