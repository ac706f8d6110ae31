/* Client hints in an event: navigator.userAgentData as JSON. The text is known to be well-formed. */
#include "enrich/hints.h"
#include "json/scan.h"

/* Steps through an object or an array. */
struct walk { const char *at, *end; };

/* Behind the value at `at`; the text is JSON, so it has an end. */
static const char *value_end(const char *at, const char *end)
{
        struct scan_error err;
        const char *stop = scan_value(at, end, &SCAN_UNLIMITED, &err);
        return stop ? stop : end;
}

static bool walk_begin(struct walk *walk, struct slice json, char bracket)
{
        const char *end = slice_end(json), *at = json.data ? scan_space(json.data, end) : end;
        if (at == end || *at != bracket)
                return false;
        *walk = (struct walk){ at + 1, end };
        return true;
}

/* The next value, and in an object its key with its quotes; false behind the last. */
static bool walk_next(struct walk *walk, bool object, struct slice *ret_key, struct slice *ret_value)
{
        const char *at = scan_space(walk->at, walk->end), *stop;
        if (at < walk->end && *at == ',')
                at = scan_space(at + 1, walk->end);
        if (at == walk->end || *at == '}' || *at == ']')
                return false;
        if (object) {
                stop = value_end(at, walk->end);
                *ret_key = slice_between(at, stop);
                at = scan_space(stop, walk->end);
                if (at == walk->end || *at != ':')
                        return false;
                at = scan_space(at + 1, walk->end);
        }
        stop = value_end(at, walk->end);
        *ret_value = slice_between(at, stop);
        walk->at = stop;
        return stop > at;
}

static bool key_is(struct slice key, const char *name)
{
        size_t size = strlen(name);
        return key.size == size + 2 && memcmp(key.data + 1, name, size) == 0;
}

static bool text_take(struct slice raw, struct buffer *text, struct slice *ret_text)
{
        if (raw.size < 2 || *raw.data != '"' || raw.size > HINT_TEXT_MOST + 2)
                return false;
        *ret_text = (struct slice){ raw.data + 1, raw.size - 2 };
        if (!memchr(raw.data, '\\', raw.size))
                return true;
        if (!buffer_reserve(text, raw.size))
                return false;
        char *out = text->data + text->size;
        *ret_text = (struct slice){ out, scan_unescape(raw, out) };
        text->size += ret_text->size;
        return true;
}

/* {"brand": "Chromium", "version": "131"} */
static bool brand_take(struct slice raw, struct buffer *text, struct slice *ret_name, struct slice *ret_version)
{
        struct walk  walk;
        struct slice key, value;
        *ret_name = *ret_version = (struct slice){ NULL, 0 };
        if (!walk_begin(&walk, raw, '{'))
                return false;
        while (walk_next(&walk, true, &key, &value))
                if ((key_is(key, "brand") && !text_take(value, text, ret_name)) ||
                    (key_is(key, "version") && !text_take(value, text, ret_version)))
                        return false;
        return ret_name->data != NULL;
}

static bool list_take(struct slice raw, const struct hint_row *row, struct buffer *text, struct hint_list *list)
{
        struct walk  walk;
        struct slice key, value;
        size_t count = 0;
        if (row->kind == HINT_KIND_NAMES && raw.size && *raw.data == '"') {        /* "formFactor" was one text at first */
                list->count = text_take(raw, text, &list->item[0].name) && list->item[0].name.size > 0;
                return true;
        }
        if (!walk_begin(&walk, raw, '['))
                return false;
        for (; walk_next(&walk, false, &key, &value); count++) {
                if (count == HINT_ITEMS)
                        return false;
                bool good = row->kind == HINT_KIND_BRANDS
                                    ? brand_take(value, text, &list->item[count].name, &list->item[count].version)
                                    : text_take(value, text, &list->item[count].name);
                if (!good)
                        return false;
        }
        list->count = count;
        return true;
}

static bool value_take(struct slice raw, const struct hint_row *row, struct buffer *text, struct hints *hints)
{
        void *place = hint_place(hints, row);
        switch (row->kind) {
        case HINT_KIND_TEXT:
                return text_take(raw, text, place);
        case HINT_KIND_TRUTH:
                *(enum hint_truth *)place = *raw.data == 't' ? HINT_YES : *raw.data == 'f' ? HINT_NO : HINT_UNSAID;
                return *raw.data == 't' || *raw.data == 'f';
        default:
                return list_take(raw, row, text, place);
        }
}

void hints_read_event(struct slice json, struct buffer *text, struct hints *hints)
{
        struct walk  walk;
        struct slice key, value;
        if (!walk_begin(&walk, json, '{')) {
                hints->broken++;
                return;
        }
        while (walk_next(&walk, true, &key, &value)) {
                size_t i = 0;
                while (i < HINT_ROWS && !key_is(key, HINTS[i].member))
                        i++;
                if (i == HINT_ROWS || *value.data == 'n' || hint_known(hints, &HINTS[i]))
                        continue;          /* another member, null, said already */
                if (!value_take(value, &HINTS[i], text, hints))
                        hints->broken++;
        }
}
