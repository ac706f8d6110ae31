/* The functions of expressions: every argument is there and of its type. */
#include "base/utf8.h"
#include "expression_inner.h"

static const struct value NOTHING = { 0 };

/* ---- numbers ---- */

static struct value run_abs(const struct value *arguments, unsigned count, struct arena *arena)
{
        (void)count, (void)arena;
        struct value value = arguments[0];
        value.number.negative = false;
        return value;
}

static struct value rounded(const struct value *value, unsigned digits, enum rounding rounding)
{
        return value_of_number(decimal_round(&value->number, (struct precision){ digits, rounding }));
}

static struct value run_ceil(const struct value *arguments, unsigned count, struct arena *arena)
{
        (void)count, (void)arena;
        return rounded(arguments, 0, ROUND_CEILING);
}

static struct value run_floor(const struct value *arguments, unsigned count, struct arena *arena)
{
        (void)count, (void)arena;
        return rounded(arguments, 0, ROUND_FLOOR);
}

static struct value run_max(const struct value *arguments, unsigned count, struct arena *arena)
{
        (void)arena;
        const struct value *best = arguments;
        for (unsigned i = 1; i < count; i++)
                if (decimal_compare(&arguments[i].number, &best->number) > 0)
                        best = &arguments[i];
        return *best;
}

static struct value run_min(const struct value *arguments, unsigned count, struct arena *arena)
{
        (void)arena;
        const struct value *best = arguments;
        for (unsigned i = 1; i < count; i++)
                if (decimal_compare(&arguments[i].number, &best->number) < 0)
                        best = &arguments[i];
        return *best;
}

static struct value run_number(const struct value *arguments, unsigned count, struct arena *arena)
{
        (void)count, (void)arena;
        struct value value = { .type = VALUE_NUMBER };
        if (arguments[0].type == VALUE_NUMBER)
                return arguments[0];
        return arguments[0].type == VALUE_TEXT && decimal_parse(arguments[0].text, &value.number) ? value : NOTHING;
}

/* A whole number that is not negative, at most `most`: larger ones are that. False: it is none. */
static bool whole(const struct value *value, size_t most, size_t *ret_number)
{
        struct precision units = { .digits = 0, .rounding = ROUND_FLOOR };
        struct decimal floor = decimal_round(&value->number, units), limit = decimal_of((int64_t)most);
        int64_t number;
        if (floor.negative || decimal_compare(&floor, &value->number) != 0)
                return false;
        *ret_number = decimal_compare(&floor, &limit) < 0 && decimal_minor(&floor, units, &number) ? (size_t)number : most;
        return true;
}

static struct value run_round(const struct value *arguments, unsigned count, struct arena *arena)
{
        (void)arena;
        size_t places = 0;
        if (count == 2 && (!whole(&arguments[1], 19, &places) || places > 18))
                return NOTHING;
        return rounded(arguments, (unsigned)places, ROUND_HALF_UP);
}

/* ---- parts of texts ---- */

static const char *find(struct slice text, struct slice part)
{
        return part.size ? memmem(text.data, text.size, part.data, part.size) : text.data;
}

static struct value run_after(const struct value *arguments, unsigned count, struct arena *arena)
{
        (void)count, (void)arena;
        struct slice text = arguments[0].text, mark = arguments[1].text;
        const char *found = find(text, mark);
        return found ? value_of_text(slice_between(found + mark.size, text.data + text.size)) : NOTHING;
}

static struct value run_before(const struct value *arguments, unsigned count, struct arena *arena)
{
        (void)count, (void)arena;
        const char *found = find(arguments[0].text, arguments[1].text);
        return found ? value_of_text(slice_between(arguments[0].text.data, found)) : NOTHING;
}

static struct value run_contains(const struct value *arguments, unsigned count, struct arena *arena)
{
        (void)count, (void)arena;
        return value_of_boolean(find(arguments[0].text, arguments[1].text) != NULL);
}

static struct value run_starts_with(const struct value *arguments, unsigned count, struct arena *arena)
{
        (void)count, (void)arena;
        return value_of_boolean(slice_starts_with(arguments[0].text, arguments[1].text));
}

static struct value run_ends_with(const struct value *arguments, unsigned count, struct arena *arena)
{
        (void)count, (void)arena;
        struct slice text = arguments[0].text, part = arguments[1].text;
        if (part.size > text.size)
                return value_of_boolean(false);
        return value_of_boolean(slice_equal((struct slice){ text.data + text.size - part.size, part.size }, part));
}

/* Behind so many characters, or the end. */
static const char *skip(struct slice text, size_t characters)
{
        const char *at = text.data, *end = slice_end(text);
        for (; characters && at < end; characters--) {
                size_t length = utf8_length(at, end);
                at += length ? length : 1;
        }
        return at;
}

static struct value run_length(const struct value *arguments, unsigned count, struct arena *arena)
{
        (void)count, (void)arena;
        struct slice text = arguments[0].text;
        int64_t units = 0;
        if (arguments[0].type == VALUE_LIST)
                while (value_element(&text).data)
                        units++;
        else if (arguments[0].type == VALUE_TEXT)
                for (size_t i = 0; i < text.size; i++)
                        units += ((unsigned char)text.data[i] & 0xC0) != 0x80;
        else
                return NOTHING;
        return value_of_number(decimal_of(units));
}

static struct value run_substring(const struct value *arguments, unsigned count, struct arena *arena)
{
        (void)arena;
        struct slice text = arguments[0].text;
        size_t start, characters = text.size;
        if (!whole(&arguments[1], text.size, &start) || (count == 3 && !whole(&arguments[2], text.size, &characters)))
                return NOTHING;
        const char *from = skip(text, start);
        struct slice rest = slice_between(from, text.data + text.size);
        return value_of_text(slice_between(from, skip(rest, characters)));
}

static struct value run_has(const struct value *arguments, unsigned count, struct arena *arena)
{
        (void)count;
        struct slice list = arguments[0].text, raw;
        if (arguments[0].type != VALUE_LIST)
                return value_of_boolean(value_same(&arguments[0], &arguments[1]));
        while ((raw = value_element(&list)).data) {
                struct value element = value_of_raw(raw, arena);
                if (value_same(&element, &arguments[1]))
                        return value_of_boolean(true);
        }
        return value_of_boolean(false);
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static struct value run_trim(const struct value *arguments, unsigned count, struct arena *arena)
{
        (void)count, (void)arena;
        struct slice text = arguments[0].text;
        while (text.size && is_space(*text.data))
                text.data++, text.size--;
        while (text.size && is_space(text.data[text.size - 1]))
                text.size--;
        return value_of_text(text);
}

/* ---- texts that are made ---- */

static struct value recased(struct slice text, char first, struct arena *arena)
{
        char *made = text.size <= VALUE_TEXT_MAX ? arena_take(arena, text.size) : NULL;
        if (!made)
                return NOTHING;
        for (size_t i = 0; i < text.size; i++)
                made[i] = (char)((unsigned char)(text.data[i] - first) < 26 ? text.data[i] ^ 0x20 : text.data[i]);
        return value_of_text((struct slice){ made, text.size });
}

static struct value run_lower(const struct value *arguments, unsigned count, struct arena *arena)
{
        (void)count;
        return recased(arguments[0].text, 'A', arena);
}

static struct value run_upper(const struct value *arguments, unsigned count, struct arena *arena)
{
        (void)count;
        return recased(arguments[0].text, 'a', arena);
}

static struct value run_text(const struct value *arguments, unsigned count, struct arena *arena)
{
        (void)count;
        struct slice text = value_text(&arguments[0], arena);
        return text.data ? value_of_text(text) : NOTHING;
}

static struct value run_concat(const struct value *arguments, unsigned count, struct arena *arena)
{
        size_t bound = 0;
        for (unsigned i = 0; i < count; i++) {
                size_t size = arguments[i].type == VALUE_TEXT ? arguments[i].text.size : DECIMAL_TEXT;
                bound += size < VALUE_TEXT_MAX + 1 ? size : VALUE_TEXT_MAX + 1;
        }
        char *made = arena_take(arena, bound), *at = made;
        if (!made)
                return NOTHING;
        for (unsigned i = 0; i < count; i++) {
                struct slice text = arguments[i].type == VALUE_TEXT ? arguments[i].text : SLICE("false");
                if (arguments[i].type == VALUE_BOOLEAN && arguments[i].boolean)
                        text = SLICE("true");
                if (text.size > VALUE_TEXT_MAX)
                        return NOTHING;
                if (arguments[i].type == VALUE_NUMBER)
                        at += decimal_format(&arguments[i].number, at);
                else
                        at = (char *)memcpy(at, text.data, text.size) + text.size;
        }
        arena_trim(arena, made, at);
        return at - made <= VALUE_TEXT_MAX ? value_of_text(slice_between(made, at)) : NOTHING;
}

/* ---- the table ---- */

const struct function_row FUNCTIONS[FUNCTION_COUNT] = {
#define FUNCTION(id, least, most, arguments, result, signature, doc) \
        { #id, signature, doc, arguments, least, most, VALUE_##result, run_##id },
#define FORM(id, signature, doc) { #id, signature, doc, "a", 1, 0, VALUE_ANY, NULL },
#include "enrich/functions.def"
};

enum function function_find(struct slice name)
{
        unsigned at = 0;
        while (at < FUNCTION_COUNT && !slice_equal(name, slice_of(FUNCTIONS[at].name)))
                at++;
        return (enum function)at;
}
