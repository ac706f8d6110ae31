/* Structured fields against the tests of those who wrote the standard. Lines from the script `structured` on standard input. */
#include "enrich/structured.h"
#include "base/buffer.h"

#define MEMBERS 2048

static unsigned hex_value(char c) { return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10); }

static struct slice unhex(const char *text, char *out)
{
        size_t size = 0;
        for (; text[0] && text[1]; text += 2)
                out[size++] = (char)(hex_value(text[0]) << 4 | hex_value(text[1]));
        return (struct slice){ out, size };
}

static unsigned base64_value(char c)
{
        static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        const char *at = strchr(ALPHABET, c);
        return at ? (unsigned)(at - ALPHABET) : 0;
}

static void print_bytes(struct buffer *out, struct slice text)
{
        unsigned bits = 0, have = 0;
        for (size_t i = 0; i < text.size && text.data[i] != '='; i++) {
                bits = bits << 6 | base64_value(text.data[i]);
                have += 6;
                if (have >= 8)
                        buffer_add_char(out, (char)(bits >> (have -= 8)));
        }
}

static void print_percent(struct buffer *out, struct slice text)
{
        for (size_t i = 0; i < text.size; i++) {
                char byte[2];
                if (text.data[i] == '%') {
                        buffer_add(out, unhex((char[]){ text.data[i + 1], text.data[i + 2], 0 }, byte));
                        i += 2;
                } else {
                        buffer_add_char(out, text.data[i]);
                }
        }
}

/* As repr() of a double has it, which is how the script prints numbers. */
static void print_number(struct buffer *out, struct slice text)
{
        char copy[64];
        snprintf(copy, sizeof(copy), "%.*s", SLICE_ARGS(text));
        double number = strtod(copy, NULL) + 0.0;        /* -0 is 0 */
        int    digits = 1;
        for (char shorter[64]; digits < 17; digits++) {
                snprintf(shorter, sizeof(shorter), "%.*g", digits, number);
                if (strtod(shorter, NULL) == number)
                        break;
        }
        snprintf(copy, sizeof(copy), "%.*g", digits, number);
        if (strchr(copy, 'e'))
                snprintf(copy, sizeof(copy), "%.0f", number);
        buffer_format(out, "number %s%s", copy, strchr(copy, '.') ? "" : ".0");
}

static void print_value(struct buffer *out, struct structured_value value)
{
        static const char *const NAMES[] = {
                [STRUCTURED_STRING] = "string ",   [STRUCTURED_TOKEN] = "token ", [STRUCTURED_BYTES] = "bytes ",
                [STRUCTURED_BOOLEAN] = "boolean ", [STRUCTURED_DATE] = "date ",   [STRUCTURED_DISPLAY] = "display ",
                [STRUCTURED_INNER] = "inner",
        };
        if (value.type == STRUCTURED_INTEGER || value.type == STRUCTURED_DECIMAL) {
                print_number(out, value.text);
                return;
        }
        buffer_add(out, slice_of(NAMES[value.type]));
        char *plain = memory_get(value.text.size + 1);
        if (value.type == STRUCTURED_BYTES)
                print_bytes(out, value.text);
        else if (value.type == STRUCTURED_DISPLAY)
                print_percent(out, value.text);
        else if (value.type == STRUCTURED_STRING)
                buffer_add(out, (struct slice){ plain, structured_unescape(value.text, plain) });
        else if (value.type != STRUCTURED_INNER)
                buffer_add(out, value.text);
        free(plain);
}

/* The parameters in the order of their first standing, each with its last value. */
static void print_parameters(struct buffer *out, const struct structured_member *member)
{
        struct slice left = member->parameters, seen[300];
        for (size_t count = 0; left.size;) {
                size_t start = 1;
                while (left.data[start] == ' ')
                        start++;
                size_t stop = start;
                while (stop < left.size && !strchr("=;", left.data[stop]))
                        stop++;
                struct slice key = { left.data + start, stop - start };
                struct structured_value value;
                BUG_IF(!structured_parameter(member, key, &value) || count == COUNT_OF(seen));
                bool again = false;
                for (size_t i = 0; i < count; i++)
                        again |= slice_equal(seen[i], key);
                if (!again) {
                        seen[count++] = key;
                        buffer_add_char(out, ';');
                        buffer_add(out, key);
                        buffer_add_char(out, '=');
                        print_value(out, value);
                }
                /* Behind the value: a semicolon inside quotes is none. */
                bool quoted = false;
                for (; stop < left.size && (quoted || left.data[stop] != ';'); stop++)
                        if (left.data[stop] == '\\' && quoted)
                                stop++;
                        else
                                quoted ^= left.data[stop] == '"';
                left = (struct slice){ left.data + stop, left.size - stop };
        }
}

static bool right(const char *kind, const char *want, struct slice field, struct slice expected)
{
        static struct structured_member members[MEMBERS];
        size_t count = 1;
        bool good =
                strcmp(kind, "list") == 0 ? structured_list(field, members, MEMBERS, &count) : structured_item(field, members);
        if (!good)
                return strcmp(want, "must") != 0;
        if (strcmp(want, "fail") == 0)
                return false;
        struct buffer out;
        buffer_init(&out, 1 << 20);
        for (size_t i = 0; i < count; i++) {
                if (i)
                        buffer_add_char(&out, '\n');
                print_value(&out, members[i].value);
                print_parameters(&out, &members[i]);
        }
        bool same = slice_equal(buffer_slice(&out), expected);
        if (!same)
                printf("  got  %.*s\n  want %.*s\n", SLICE_ARGS(buffer_slice(&out)), SLICE_ARGS(expected));
        buffer_done(&out);
        return same;
}

int main(void)
{
        char  *line = NULL;
        size_t room = 0, cases = 0, wrong = 0;
        for (ssize_t size; (size = getline(&line, &room, stdin)) > 0;) {
                char *part[5] = { line }, *at = line;
                line[size - 1] = '\0';
                for (size_t i = 1; i < COUNT_OF(part); i++) {
                        at = strchr(part[i - 1], '\t');
                        BUG_IF(!at);
                        *at = '\0';
                        part[i] = at + 1;
                }
                char *field = memory_get((size_t)size), *expected = memory_get((size_t)size);
                cases++;
                if (!right(part[1], part[2], unhex(part[3], field), unhex(part[4], expected))) {
                        wrong++;
                        printf("  WRONG: %s (%s)\n", part[0], part[2]);
                }
                free(field);
                free(expected);
        }
        free(line);
        printf("structured fields: %zu of %zu cases\n", cases - wrong, cases);
        return cases > 1000 && wrong == 0 ? 0 : 1;
}
