#include "enrich/value.h"
#include "json/scan.h"

const char *const VALUE_TYPE_NAMES[VALUE_TYPES] = {
        [VALUE_ABSENT] = "nothing", [VALUE_BOOLEAN] = "true or false", [VALUE_NUMBER] = "a number", [VALUE_TEXT] = "a text",
        [VALUE_LIST] = "a list", [VALUE_ANY] = "any value",
};

struct value value_of_raw(struct slice raw, struct arena *arena)
{
        struct value value = { 0 };
        if (raw.size == 0)
                return value;
        switch (*raw.data) {
        case '"':
                value.text = scan_plain(raw, arena);
                value.type = value.text.data ? VALUE_TEXT : VALUE_ABSENT;
                return value;
        case 't':
        case 'f':
                return value_of_boolean(*raw.data == 't');
        case '[':
                return (struct value){ .type = VALUE_LIST, .text = raw };
        case 'n':
        case '{':
                return value;
        default:
                value.type = decimal_parse(raw, &value.number) ? VALUE_NUMBER : VALUE_ABSENT;
                return value;
        }
}

struct slice value_text(const struct value *value, struct arena *arena)
{
        char *text;
        switch (value->type) {
        case VALUE_TEXT:
                return value->text;
        case VALUE_BOOLEAN:
                return value->boolean ? SLICE("true") : SLICE("false");
        case VALUE_NUMBER:
                text = arena_take(arena, DECIMAL_TEXT);
                return (struct slice){ text, text ? decimal_format(&value->number, text) : 0 };
        default:
                return (struct slice){ 0 };
        }
}

bool value_same(const struct value *a, const struct value *b)
{
        if (a->type != b->type)
                return false;
        switch (a->type) {
        case VALUE_TEXT:    return slice_equal(a->text, b->text);
        case VALUE_NUMBER:  return decimal_compare(&a->number, &b->number) == 0;
        case VALUE_BOOLEAN: return a->boolean == b->boolean;
        default:            return false;
        }
}

struct slice value_element(struct slice *at)
{
        struct scan_error err;
        const char *end = at->data + at->size, *from = at->size ? scan_space(at->data + 1, end) : end;
        if (from >= end || *from == ']')
                return (struct slice){ 0 };
        const char *behind = scan_value(from, end, &SCAN_UNLIMITED, &err);
        if (!behind)
                return (struct slice){ 0 };
        *at = slice_between(scan_space(behind, end), end);     /* at the comma, or at the end of the list */
        return slice_between(from, behind);
}
