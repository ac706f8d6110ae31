#include "engine.h"

#define SIXTEEN 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1
const bool ENGINE_PLAIN[256] = {
        [0x20] = 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,       /* not '"' */
        [0x30] = SIXTEEN, SIXTEEN,
        [0x50] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1,       /* not '\\' */
        [0x60] = SIXTEEN, SIXTEEN,
};

static const char ENDS_IN_STRING[] = "the text ends inside a string";
static const char LONE_SURROGATE[] = "the escape names half of a surrogate pair";

const char *engine_fail(struct scan_error *err, enum reason reason, const char *where, const char *message)
{
        *err = (struct scan_error){ .reason = reason, .where = where, .message = message };
        return NULL;
}

/* The value of four hexadecimal digits, or -1. */
static int32_t hex_4(const char *at)
{
        int32_t value = 0;
        for (unsigned i = 0; i < 4; i++) {
                unsigned char c = (unsigned char)at[i];
                if (c >= '0' && c <= '9')
                        value = value << 4 | (c - '0');
                else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
                        value = value << 4 | ((c | 0x20) - 'a' + 10);
                else
                        return -1;
        }
        return value;
}

/* Behind the \uXXXX at `at`. */
static const char *escape_unicode(const char *at, const char *end, int32_t *ret_unit, struct scan_error *err)
{
        for (const char *digit = at + 2; digit < at + 6; digit++) {
                if (digit >= end)
                        return engine_fail(err, REASON_json_malformed, end, ENDS_IN_STRING);
                if (!((*digit >= '0' && *digit <= '9') || ((*digit | 0x20) >= 'a' && (*digit | 0x20) <= 'f')))
                        return engine_fail(err, REASON_json_malformed, at, "'\\u' needs four hexadecimal digits");
        }
        *ret_unit = hex_4(at + 2);
        return at + 6;
}

const char *engine_escape(const char *at, const char *end, struct scan_error *err)
{
        if (end - at < 2)
                return engine_fail(err, REASON_json_malformed, end, ENDS_IN_STRING);
        switch (at[1]) {
        case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
                return at + 2;
        case 'u':
                break;
        default:
                return engine_fail(err, REASON_json_malformed, at,
                                   "no such escape; JSON knows \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
        }
        int32_t unit, low;
        const char *behind = escape_unicode(at, end, &unit, err);
        if (!behind)
                return NULL;
        if (unit < 0xD800 || unit > 0xDFFF)
                return behind;
        if (unit > 0xDBFF)
                return engine_fail(err, REASON_json_utf8, at, LONE_SURROGATE);
        if (behind >= end || (*behind == '\\' && end - behind < 2))
                return engine_fail(err, REASON_json_malformed, end, ENDS_IN_STRING);
        if (behind[0] != '\\' || behind[1] != 'u')
                return engine_fail(err, REASON_json_utf8, at, LONE_SURROGATE);
        const char *pair = escape_unicode(behind, end, &low, err);
        if (!pair)
                return NULL;
        if (low < 0xDC00 || low > 0xDFFF)
                return engine_fail(err, REASON_json_utf8, at, LONE_SURROGATE);
        return pair;
}

const char *engine_foreign(const char *at, const char *stop, const char *end, struct scan_error *err)
{
        while (at < stop && (unsigned char)*at >= 0x80) {
                size_t length = utf8_length(at, end);
                if (length == 0)
                        return engine_fail(err, REASON_json_utf8, at, "the bytes are not well-formed UTF-8");
                at += length;
        }
        return at;
}

const char *engine_string_cut(const char *open, const char *stop, const char *end, struct scan_error *err)
{
        if (stop < end)
                return engine_fail(err, REASON_json_string, open, "the string is longer than allowed");
        return engine_fail(err, REASON_json_malformed, end, ENDS_IN_STRING);
}

const char *engine_fail_control(const char *at, struct scan_error *err)
{
        return engine_fail(err, REASON_json_malformed, at, "control characters in a string must be escaped");
}

const char *engine_fail_value(const char *at, const char *end, struct scan_error *err)
{
        if (at >= end)
                return engine_fail(err, REASON_json_malformed, end, "the text ends where a value is missing");
        switch (*at) {
        case ']': case '}': case ',': case ':':
                return engine_fail(err, REASON_json_malformed, at, "a value is missing");
        case '\'':
                return engine_fail(err, REASON_json_malformed, at, "strings are written in double quotes");
        case '+': case '.':
                return engine_fail(err, REASON_json_malformed, at, "a number starts with a digit or '-'");
        case '/':
                return engine_fail(err, REASON_json_malformed, at, "JSON has no comments");
        case (char)0xEF:
                return engine_fail(err, REASON_json_malformed, at,
                                   "a value starts here with a byte order mark or another character");
        default:
                return engine_fail(err, REASON_json_malformed, at, "no value starts with this character");
        }
}

const char *engine_fail_key(const char *at, const char *end, struct scan_error *err)
{
        if (at >= end)
                return engine_fail(err, REASON_json_malformed, end, "the text ends inside an object");
        if (*at == '}')
                return engine_fail(err, REASON_json_malformed, at, "a member is missing behind the comma");
        return engine_fail(err, REASON_json_malformed, at, "a key in double quotes is missing");
}

const char *engine_fail_colon(const char *at, const char *end, struct scan_error *err)
{
        if (at >= end)
                return engine_fail(err, REASON_json_malformed, end, "the text ends inside an object");
        return engine_fail(err, REASON_json_malformed, at, "a ':' is missing behind the key");
}

const char *engine_fail_after(const char *at, const char *end, char close, struct scan_error *err)
{
        bool array = close == ']';
        if (at >= end)
                return engine_fail(err, REASON_json_malformed, end,
                                   array ? "the text ends inside an array" : "the text ends inside an object");
        return engine_fail(err, REASON_json_malformed, at, array ? "a comma or ']' is missing" : "a comma or '}' is missing");
}

const char *engine_fail_depth(const char *at, struct scan_error *err)
{
        return engine_fail(err, REASON_json_depth, at, "arrays and objects are nested deeper than allowed");
}
