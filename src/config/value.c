/* The types of values: from text, to text, compare, copy. */
#include "base/suggest.h"
#include "config/option.h"
#include <inttypes.h>

struct unit {
        const char *suffix;
        int64_t     scale;
};
/* What people write instead of a unit, and what they mean by it. */
struct hint {
        const char *wrong, *right;
};
struct scale {
        const struct unit *units;          /* the largest last, as printing takes the last that divides; ended by suffix NULL */
        const struct hint *hints;          /* ended by wrong NULL */
        const char        *known;
        bool               needs_unit;     /* all but 0 */
};
static const struct scale NUMBERS = {
        .units = (const struct unit[]){ { "", 1 }, { NULL, 0 } },
        .hints = (const struct hint[]){ { NULL, NULL } },
};
static const struct scale SIZES = {
        .units = (const struct unit[]){ { "", 1 }, { "KiB", INT64_C(1) << 10 }, { "MiB", INT64_C(1) << 20 },
                                        { "GiB", INT64_C(1) << 30 }, { "TiB", INT64_C(1) << 40 }, { NULL, 0 } },
        .hints = (const struct hint[]){
                { "B", "" }, { "K", "KiB" }, { "KB", "KiB" }, { "Ki", "KiB" }, { "KiB", "KiB" },
                { "M", "MiB" }, { "MB", "MiB" }, { "Mi", "MiB" }, { "MiB", "MiB" },
                { "G", "GiB" }, { "GB", "GiB" }, { "Gi", "GiB" }, { "GiB", "GiB" },
                { "T", "TiB" }, { "TB", "TiB" }, { "Ti", "TiB" }, { "TiB", "TiB" }, { NULL, NULL } },
        .known = "KiB, MiB, GiB and TiB",
};
static const struct scale DURATIONS = {
        .units = (const struct unit[]){ { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 },
                                        { "d", 86400000 }, { NULL, 0 } },
        .hints = (const struct hint[]){
                { "s", "s" }, { "sec", "s" }, { "secs", "s" }, { "second", "s" }, { "seconds", "s" },
                { "m", "m" }, { "min", "m" }, { "mins", "m" }, { "minute", "m" }, { "minutes", "m" },
                { "h", "h" }, { "hr", "h" }, { "hour", "h" }, { "hours", "h" }, { "d", "d" }, { "day", "d" }, { "days", "d" },
                { "ms", "ms" }, { "msec", "ms" }, { "millis", "ms" }, { NULL, NULL } },
        .known = "ms, s, m, h and d", .needs_unit = true,
};
static const struct hint BOOLEAN_HINTS[] = {
        { "yes", "true" }, { "on", "true" }, { "y", "true" }, { "1", "true" },
        { "no", "false" }, { "off", "false" }, { "n", "false" }, { "0", "false" }, { NULL, NULL },
};
/* Keys of maps whose values are never printed. */
static const char *const SECRET_WORDS[] = {
        "api_key", "apikey", "credential", "jaas", "key.pem", "oauthbearer.config", "password", "secret", "token",
};

/* What the hint is for, whatever the case; NULL: none. */
static const char *hint_find(const struct hint *hints, const char *text)
{
        while (hints->wrong && strcasecmp(hints->wrong, text) != 0)
                hints++;
        return hints->right;
}

static struct slice trim(struct slice text)
{
        while (text.size && strchr(" \t\r\n", text.data[0]))
                text.data++, text.size--;
        while (text.size && strchr(" \t\r\n", text.data[text.size - 1]))
                text.size--;
        return text;
}

const char *text_show(struct slice text, char shown[SHOWN_SIZE])
{
        size_t room = SHOWN_SIZE - 8, size = text.size < room ? text.size : room;
        /* Not in the middle of a character. */
        while (size < text.size && size > 0 && ((unsigned char)text.data[size] & 0xC0) == 0x80)
                size--;
        char *out = shown;
        *out++ = '\'';
        for (size_t i = 0; i < size; i++)
                *out++ = text.data[i];
        for (char *at = shown + 1; at < out; at++)
                if ((unsigned char)*at < 0x20 || *at == 0x7F)
                        *at = ' ';
        memcpy(out, size < text.size ? "...'" : "'\0\0\0", 5);
        return shown;
}

/* Digits with an optional minus; the rest is the unit. False when there are no digits, or too many. */
static bool parse_digits(const char *text, int64_t *ret_number, const char **ret_rest)
{
        const char *at = text;
        bool negative = *at == '-';
        at += negative;
        if (*at < '0' || *at > '9')
                return false;
        int64_t number = 0;
        for (; *at >= '0' && *at <= '9'; at++)
                if (__builtin_mul_overflow(number, 10, &number) || __builtin_add_overflow(number, *at - '0', &number))
                        return false;
        *ret_number = negative ? -number : number;
        *ret_rest = at;
        return true;
}

const char *option_wanted(const struct option *option, char text[WANTED_SIZE])
{
        struct buffer out;
        buffer_wrap(&out, text, WANTED_SIZE - 1);
        buffer_add(&out, option->words ? SLICE("") : slice_of(option->type->doc));
        for (int i = 0; option->words && word_at(option->words, i).data; i++) {
                if (i > 0)
                        buffer_add(&out, word_at(option->words, i + 1).data ? SLICE(", ") : SLICE(" or "));
                buffer_add(&out, word_at(option->words, i));
        }
        if (option->max > option->min) {
                buffer_add(&out, SLICE(" from "));
                option->type->print(option, &option->min, &out);
                buffer_add(&out, SLICE(" to "));
                option->type->print(option, &option->max, &out);
        }
        text[out.size] = '\0';
        return text;
}

static bool wrong(const struct option *option, const char *text, struct error *err, const char *hint)
{
        char shown[SHOWN_SIZE], want[WANTED_SIZE];
        return error_set(err, "%s found, but wanted is %s%s%s", text_show(slice_of(text), shown), option_wanted(option, want),
                         *hint ? "; " : "", hint);
}

static bool parse_scaled(const struct option *option, const struct scale *scale, const char *text, int64_t *value,
                         struct error *err)
{
        int64_t number;
        const char *rest;
        char hint[96] = "";
        if (!parse_digits(text, &number, &rest))
                return wrong(option, text, err, "");
        const struct unit *unit = scale->units;
        while (unit->suffix && strcmp(unit->suffix, rest) != 0)
                unit++;
        if (unit->suffix || (*rest == '\0' && number == 0)) {
                if (__builtin_mul_overflow(number, unit->suffix ? unit->scale : 1, &number))
                        return wrong(option, text, err, *text == '-' ? "this is too small" : "this is too large");
                if (option->max > option->min && (number < option->min || number > option->max))
                        return wrong(option, text, err, number < option->min ? "this is too small" : "this is too large");
                *value = number;
                return true;
        }
        const char *right = hint_find(scale->hints, rest + (*rest == ' '));
        if (right)
                (void)snprintf(hint, sizeof(hint), "did you mean %" PRId64 "%s?", number, right);
        else if (*rest == '\0')
                (void)snprintf(hint, sizeof(hint), "the unit is missing: %s", scale->known);
        else if (scale->known)
                (void)snprintf(hint, sizeof(hint), "the units are %s", scale->known);
        return wrong(option, text, err, hint);
}

static bool parse_integer(const struct option *option, struct memory *memory, const char *text, void *value, struct error *err)
{
        (void)memory;
        return parse_scaled(option, &NUMBERS, text, value, err);
}
static bool parse_bytes(const struct option *option, struct memory *memory, const char *text, void *value, struct error *err)
{
        (void)memory;
        return parse_scaled(option, &SIZES, text, value, err);
}
static bool parse_duration(const struct option *option, struct memory *memory, const char *text, void *value, struct error *err)
{
        (void)memory;
        return parse_scaled(option, &DURATIONS, text, value, err);
}

static bool parse_boolean(const struct option *option, struct memory *memory, const char *text, void *value, struct error *err)
{
        (void)memory;
        bool yes = strcmp(text, "true") == 0;
        if (!yes && strcmp(text, "false") != 0) {
                char hint[32] = "";
                const char *right = hint_find(BOOLEAN_HINTS, text);
                if (right)
                        (void)snprintf(hint, sizeof(hint), "did you mean %s?", right);
                return wrong(option, text, err, hint);
        }
        *(bool *)value = yes;
        return true;
}

static bool parse_text(const struct option *option, struct memory *memory, const char *text, void *value, struct error *err)
{
        (void)option, (void)memory, (void)err;
        *(const char **)value = text;
        return true;
}

static bool parse_choice(const struct option *option, struct memory *memory, const char *text, void *value, struct error *err)
{
        (void)memory;
        int index = word_index(option->words, slice_of(text));
        if (index >= 0) {
                *(int *)value = index;
                return true;
        }
        char hint[SUGGEST_LONGEST + 24] = "";
        struct suggestion near;
        suggestion_init(&near, slice_of(text));
        for (int i = 0; word_at(option->words, i).data; i++)
                suggestion_offer(&near, word_at(option->words, i));
        if (near.best.data)
                (void)snprintf(hint, sizeof(hint), "did you mean %.*s?", SLICE_ARGS(near.best));
        return wrong(option, text, err, hint);
}

static bool parse_list(const struct option *option, struct memory *memory, const char *text, void *value, struct error *err)
{
        (void)option, (void)err;
        struct text_list list = { 0 };
        size_t most = 1;
        for (const char *at = text; *at; at++)
                most += *at == ',';
        list.items = config_take(memory, most * sizeof(*list.items));
        for (const char *at = text; at;) {
                const char *end = strchrnul(at, ',');
                struct slice item = trim(slice_between(at, end));
                if (item.size)
                        list.items[list.count++] = config_copy(memory, item);
                at = *end ? end + 1 : NULL;
        }
        *(struct text_list *)value = list;
        return true;
}

/* A map or a tree is given key by key; only the empty one has a text. */
static bool parse_map(const struct option *option, struct memory *memory, const char *text, void *value, struct error *err)
{
        (void)memory;
        if (*text)
                return error_set(err, "one value found, but wanted are keys with their values: %s.KEY", option->path);
        if (option->type->kind == KIND_TREE)
                *(struct text_tree *)value = (struct text_tree){ 0 };
        else
                *(struct text_map *)value = (struct text_map){ 0 };
        return true;
}

void map_set(struct memory *memory, struct text_map *map, const char *key, const char *value, bool secret)
{
        struct text_pair pair = { .key = key, .value = value, .secret = secret };
        for (size_t i = 0; i < map->count; i++)
                if (strcmp(map->items[i].key, key) == 0) {
                        map->items[i] = pair;
                        return;
                }
        if ((map->count & (map->count - 1)) == 0) {
                struct text_pair *items = config_take(memory, (map->count ? 2 * map->count : 1) * sizeof(*items));
                if (map->count)
                        memcpy(items, map->items, map->count * sizeof(*items));
                map->items = items;
        }
        map->items[map->count++] = pair;
}

bool key_is_secret(const char *key)
{
        for (size_t i = 0; i < COUNT_OF(SECRET_WORDS); i++)
                if (strcasestr(key, SECRET_WORDS[i]))
                        return true;
        return false;
}

/* ---- to text ---- */
static void scaled_print(int64_t number, const struct scale *scale, struct buffer *out)
{
        const struct unit *best = scale->units;
        for (const struct unit *unit = best + 1; number != 0 && unit->suffix; unit++)
                if (number % unit->scale == 0)
                        best = unit;
        buffer_add_number(out, number / best->scale);
        buffer_add(out, slice_of(best->suffix));
}
void bytes_print(int64_t bytes, struct buffer *out) { scaled_print(bytes, &SIZES, out); }
void duration_print(int64_t ms, struct buffer *out) { scaled_print(ms, &DURATIONS, out); }

void text_print(struct slice text, struct buffer *out)
{
        static const char PLAIN[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.-+";
        static const char *const WORDS[] = { "true", "false", "null", "yes", "no", "on", "off", "y", "n" };
        bool plain = text.size > 0 && !strchr("-.+:", text.data[0]);
        for (size_t i = 0; i < text.size; i++)
                plain &= text.data[i] == ':' ? i + 1 < text.size : text.data[i] && strchr(PLAIN, text.data[i]);
        for (size_t i = 0; i < COUNT_OF(WORDS); i++)
                plain &= !slice_equal_nocase(text, slice_of(WORDS[i]));
        if (plain) {
                buffer_add(out, text);
                return;
        }
        size_t start = out->size;
        buffer_add_json(out, text);
        /* A dollar sign is doubled, or reading it again would look into the environment. */
        for (size_t i = start; i < out->size && !out->full; i++)
                if (out->data[i] == '$' && buffer_reserve(out, 1)) {
                        memmove(out->data + i + 1, out->data + i, out->size - i);
                        out->size++, i++;
                }
}

static void print_integer(const struct option *option, const void *value, struct buffer *out)
{
        (void)option;
        buffer_add_number(out, *(const int64_t *)value);
}
static void print_bytes(const struct option *option, const void *value, struct buffer *out)
{
        (void)option;
        bytes_print(*(const int64_t *)value, out);
}
static void print_duration(const struct option *option, const void *value, struct buffer *out)
{
        (void)option;
        duration_print(*(const int64_t *)value, out);
}
static void print_boolean(const struct option *option, const void *value, struct buffer *out)
{
        (void)option;
        buffer_add(out, *(const bool *)value ? SLICE("true") : SLICE("false"));
}
static void print_text(const struct option *option, const void *value, struct buffer *out)
{
        (void)option;
        text_print(slice_of(*(const char *const *)value), out);
}
static void print_secret(const struct option *option, const void *value, struct buffer *out)
{
        (void)option;
        buffer_add(out, **(const char *const *)value ? SLICE("\"***\"") : SLICE("\"\""));
}
static void print_choice(const struct option *option, const void *value, struct buffer *out)
{
        buffer_add(out, word_at(option->words, *(const int *)value));
}
static void print_list(const struct option *option, const void *value, struct buffer *out)
{
        (void)option;
        const struct text_list *list = value;
        buffer_add_char(out, '[');
        for (size_t i = 0; i < list->count; i++) {
                buffer_add(out, i ? SLICE(", ") : SLICE(""));
                text_print(slice_of(list->items[i]), out);
        }
        buffer_add_char(out, ']');
}
/* The items of `tree` from `first` to `end`, which share the part of their paths before `depth`. */
static void print_branch(const struct text_tree *tree, size_t first, size_t end, size_t depth, struct buffer *out)
{
        buffer_add_char(out, '{');
        for (size_t i = first, next; i < end; i = next) {
                const char *path = tree->items[i].path + depth;
                struct slice name = slice_between(path, strchrnul(path, '.'));
                for (next = i + 1; next < end && strncmp(tree->items[next].path + depth, name.data, name.size) == 0 &&
                                   strchr("." , tree->items[next].path[depth + name.size]);)
                        next++;
                buffer_add(out, i > first ? SLICE(", ") : SLICE(" "));
                text_print(name, out);
                buffer_add(out, SLICE(": "));
                bool list = path[name.size] == '\0' && next - i > 1;
                if (path[name.size] == '.') {
                        print_branch(tree, i, next, depth + name.size + 1, out);
                        continue;
                }
                for (size_t k = i; k < next; k++) {
                        buffer_add(out, k > i ? SLICE(", ") : list ? SLICE("[") : SLICE(""));
                        text_print(slice_of(tree->items[k].value), out);
                }
                buffer_add(out, list ? SLICE("]") : SLICE(""));
        }
        buffer_add(out, end > first ? SLICE(" }") : SLICE("}"));
}
static void print_tree(const struct option *option, const void *value, struct buffer *out)
{
        (void)option;
        const struct text_tree *tree = value;
        print_branch(tree, 0, tree->count, 0, out);
}
static void print_map(const struct option *option, const void *value, struct buffer *out)
{
        (void)option;
        const struct text_map *map = value;
        buffer_add_char(out, '{');
        for (size_t i = 0; i < map->count; i++) {
                buffer_add(out, i ? SLICE(", ") : SLICE(" "));
                text_print(slice_of(map->items[i].key), out);
                buffer_add(out, SLICE(": "));
                text_print(map->items[i].secret ? SLICE("***") : slice_of(map->items[i].value), out);
        }
        buffer_add(out, map->count ? SLICE(" }") : SLICE("}"));
}

/* ---- compare and copy ---- */
static bool equal_number(const void *a, const void *b) { return *(const int64_t *)a == *(const int64_t *)b; }
static bool equal_boolean(const void *a, const void *b) { return *(const bool *)a == *(const bool *)b; }
static bool equal_choice(const void *a, const void *b) { return *(const int *)a == *(const int *)b; }
static bool equal_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b) == 0; }
static bool equal_list(const void *a, const void *b)
{
        const struct text_list *x = a, *y = b;
        bool same = x->count == y->count;
        for (size_t i = 0; same && i < x->count; i++)
                same = strcmp(x->items[i], y->items[i]) == 0;
        return same;
}
static bool equal_map(const void *a, const void *b)
{
        const struct text_map *x = a, *y = b;
        bool same = x->count == y->count;
        for (size_t i = 0; same && i < x->count; i++)
                same = strcmp(x->items[i].key, y->items[i].key) == 0 && strcmp(x->items[i].value, y->items[i].value) == 0;
        return same;
}

static bool equal_tree(const void *a, const void *b)
{
        const struct text_tree *x = a, *y = b;
        bool same = x->count == y->count;
        for (size_t i = 0; same && i < x->count; i++)
                same = strcmp(x->items[i].path, y->items[i].path) == 0 && strcmp(x->items[i].value, y->items[i].value) == 0;
        return same;
}

static void copy_number(struct memory *memory, const void *from, void *to)
{
        (void)memory, *(int64_t *)to = *(const int64_t *)from;
}
static void copy_boolean(struct memory *memory, const void *from, void *to)
{
        (void)memory, *(bool *)to = *(const bool *)from;
}
static void copy_choice(struct memory *memory, const void *from, void *to)
{
        (void)memory, *(int *)to = *(const int *)from;
}
static void copy_text(struct memory *memory, const void *from, void *to)
{
        *(const char **)to = config_copy(memory, slice_of(*(const char *const *)from));
}
static void copy_list(struct memory *memory, const void *from, void *to)
{
        const struct text_list *list = from;
        struct text_list copy = { .items = config_take(memory, list->count * sizeof(*copy.items)), .count = list->count };
        for (size_t i = 0; i < list->count; i++)
                copy.items[i] = config_copy(memory, slice_of(list->items[i]));
        *(struct text_list *)to = copy;
}
static void copy_map(struct memory *memory, const void *from, void *to)
{
        const struct text_map *map = from;
        struct text_map copy = { 0 };
        for (size_t i = 0; i < map->count; i++)
                map_set(memory, &copy, config_copy(memory, slice_of(map->items[i].key)),
                        config_copy(memory, slice_of(map->items[i].value)), map->items[i].secret);
        *(struct text_map *)to = copy;
}

static void copy_tree(struct memory *memory, const void *from, void *to)
{
        const struct text_tree *tree = from;
        struct text_tree copy = { 0 };
        for (size_t i = 0; i < tree->count; i++) {
                struct tree_item item = tree->items[i];
                item.path = config_copy(memory, slice_of(item.path));
                item.value = config_copy(memory, slice_of(item.value));
                tree_add(memory, &copy, &item);
        }
        *(struct text_tree *)to = copy;
}

#define TYPE(id, doc_, kind_, parse_, print_, how, ...)                                                               \
        const struct option_type TYPE_##id = { .name = #id, .doc = doc_, .kind = kind_, .parse = parse_, .print = print_, \
                                               .equal = equal_##how, .copy = copy_##how, __VA_ARGS__ }
TYPE(integer,  "a whole number",               KIND_SCALAR, parse_integer,  print_integer,  number,  .path = false);
TYPE(bytes,    "a size",                       KIND_SCALAR, parse_bytes,    print_bytes,    number,  .path = false);
TYPE(duration, "a duration",                   KIND_SCALAR, parse_duration, print_duration, number,  .path = false);
TYPE(boolean,  "true or false",                KIND_SCALAR, parse_boolean,  print_boolean,  boolean, .path = false);
TYPE(text,     "a text",                       KIND_SCALAR, parse_text,     print_text,     text,    .path = false);
TYPE(path,     "a path",                       KIND_SCALAR, parse_text,     print_text,     text,    .path = true);
TYPE(secret,   "a text",                       KIND_SCALAR, parse_text,     print_secret,   text,    .secret = true);
TYPE(choice,   "a word of its list",           KIND_SCALAR, parse_choice,   print_choice,   choice,  .path = false);
TYPE(list,     "a list of texts",              KIND_LIST,   parse_list,     print_list,     list,    .path = false);
TYPE(tree,     "names with their keys",        KIND_TREE,   parse_map,      print_tree,     tree,    .path = false);
TYPE(map,      "keys with their values",       KIND_MAP,    parse_map,      print_map,      map,     .path = false);
