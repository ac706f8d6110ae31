#include "filter.h"
#include "base/clock.h"
#include "base/suggest.h"
#include "config/option.h"
#include "json/scan.h"

struct filter {
        struct expression *expression;
        struct { char *pointer; bool record; } names[EXPRESSION_NAMES];
        size_t             count;
};
struct draft {
        struct filter     *filter;
        const char *const *names;
        bool               pointers;
};

/* "client.user_agent" as "/client/user_agent". */
static char *pointer_of(struct slice name)
{
        char *pointer = memory_get(name.size + 2);
        pointer[0] = '/';
        for (size_t i = 0; i < name.size; i++)
                pointer[i + 1] = name.data[i] == '.' ? '/' : name.data[i];
        return pointer;
}

static bool name_find(void *context, struct slice name, uint16_t *ret_number, enum value_type *ret_type, struct error *err)
{
        struct draft *draft = context;
        struct filter *filter = draft->filter;
        bool record = draft->pointers && name.data[0] == '/', known = record;
        const char *dot = memchr(name.data, '.', name.size);
        struct slice first = dot ? slice_between(name.data, dot) : name;
        struct suggestion near;
        suggestion_init(&near, first);
        for (size_t i = 0; draft->names[i] && !known; i++) {
                known = slice_equal(first, slice_of(draft->names[i]));
                suggestion_offer(&near, slice_of(draft->names[i]));
        }
        if (!known && near.best.data)
                return error_set(err, "there is no '%.*s' here; did you mean %.*s?", SLICE_ARGS(first), SLICE_ARGS(near.best));
        if (!known)
                return error_set(err, "there is no '%.*s' here", SLICE_ARGS(first));
        filter->names[filter->count].record = record;
        filter->names[filter->count].pointer = record ? slice_copy(name) : pointer_of(name);
        *ret_type = VALUE_ANY;
        *ret_number = (uint16_t)filter->count++;
        return true;
}

struct filter *filter_new(const char *text, const char *const *names, bool pointers, struct error *err)
{
        struct filter *filter = memory_get(sizeof(*filter));
        struct draft draft = { filter, names, pointers };
        const struct expression_names find = { .find = name_find, .context = &draft };
        filter->expression = expression_new(slice_of(text), &find, err);
        enum value_type type = filter->expression ? expression_type(filter->expression) : VALUE_ANY;
        bool good = type == VALUE_BOOLEAN || type == VALUE_ANY;
        if (!good)
                (void)error_set(err, "a condition is true or false; this is %s", VALUE_TYPE_NAMES[type]);
        if (filter->expression && good)
                return filter;
        filter_free(filter);
        return NULL;
}

void filter_free(struct filter *filter)
{
        if (!filter)
                return;
        for (size_t i = 0; i < filter->count; i++)
                free(filter->names[i].pointer);
        expression_free(filter->expression);
        free(filter);
}

struct reading {
        const struct filter *filter;
        struct slice         object, record;
        struct arena        *arena;
};

static void name_load(void *context, uint16_t number, struct value *ret_value)
{
        const struct reading *reading = context;
        struct slice json = reading->filter->names[number].record ? reading->record : reading->object;
        struct slice raw = json.size ? scan_pointer(json, slice_of(reading->filter->names[number].pointer)) : (struct slice){ 0 };
        *ret_value = value_of_raw(raw, reading->arena);
}

bool filter_holds(const struct filter *filter, struct slice object, struct slice record, struct arena *arena)
{
        if (!filter)
                return true;
        struct reading reading = { filter, object, record, arena };
        const struct expression_values values = { .load = name_load, .context = &reading, .arena = arena };
        struct value value = expression_run(filter->expression, &values);
        return value_true(&value);
}

bool moment_parse(const char *text, int64_t now, int64_t *ret_ms, struct error *err)
{
        static const struct option AGO = { .path = "", .type = &TYPE_duration, .min = 0, .max = INT64_MAX / 2 };
        char day[32];
        int64_t ago;
        struct error why;
        (void)snprintf(day, sizeof(day), "%sT00:00:00Z", text);
        if (clock_parse(slice_of(text), ret_ms) || (strlen(text) == 10 && clock_parse(slice_of(day), ret_ms)))
                return true;
        if (!TYPE_duration.parse(&AGO, NULL, text, &ago, &why))
                return error_set(err, "%s is no time such as 2026-11-21T08:00:00Z or 2026-11-21, nor how long ago, such as 2h",
                                 text);
        *ret_ms = now - ago;
        return true;
}

bool count_parse(const char *text, uint64_t *ret_count)
{
        if (!*text || strlen(text) > 18 || strspn(text, "0123456789") != strlen(text))
                return false;
        *ret_count = strtoull(text, NULL, 10);
        return true;
}

bool rate_parse(const char *text, int64_t *ret_rate, struct error *err)
{
        const struct option *like = &OPTIONS[OPTION_spool_drain_rate];
        struct error why;
        return like->type->parse(like, NULL, text, ret_rate, &why) || error_set(err, "--rate: %s", why.text);
}
