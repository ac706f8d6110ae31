#include "enrich/setting.h"
#include "config/option.h"

static bool option_read(const struct enrich_setup *setup, struct errors *errors, const char *name, const struct option *option,
                        void *value)
{
        const char *text = setting_text(setup, name);
        struct error err;
        return option->type->parse(option, NULL, text ? text : "", value, &err) ||
               setup_error(setup, errors, name, "%s", err.text);
}

bool setting_choice(const struct enrich_setup *setup, struct errors *errors, const char *name, const char *words, int *ret_index)
{
        const struct option option = { .type = &TYPE_choice, .words = words };
        return option_read(setup, errors, name, &option, ret_index);
}

bool setting_boolean(const struct enrich_setup *setup, struct errors *errors, const char *name, bool *ret_value)
{
        const struct option option = { .type = &TYPE_boolean };
        return option_read(setup, errors, name, &option, ret_value);
}

bool setting_bytes(const struct enrich_setup *setup, struct errors *errors, const char *name, const int64_t limits[static 2],
                   int64_t *ret_bytes)
{
        const struct option option = { .type = &TYPE_bytes, .min = limits[0], .max = limits[1] };
        return option_read(setup, errors, name, &option, ret_bytes);
}

bool setting_duration(const struct enrich_setup *setup, struct errors *errors, const char *name, const int64_t limits[static 2],
                      int64_t *ret_ms)
{
        const struct option option = { .type = &TYPE_duration, .min = limits[0], .max = limits[1] };
        return option_read(setup, errors, name, &option, ret_ms);
}

/* ---- lists of values ---- */

static bool source_add(struct source_list *list, const struct enrich_setup *setup, struct errors *errors, const char *name,
                       struct slice text)
{
        struct error err;
        char *copy = slice_copy(text);
        list->items = memory_grow(list->items, (list->count + 1) * sizeof(*list->items));
        bool good = source_parse(&list->items[list->count], setup->layout, copy, &err);
        if (good)
                list->count++;
        else
                source_done(&list->items[list->count]);
        free(copy);
        return good || setup_error(setup, errors, name, "%s", err.text);
}

static const char *standard_of(const struct enrich_setup *setup, const char *name)
{
        for (const struct enrich_setting *setting = setup->kind->settings; setting->name; setting++)
                if (strcmp(setting->name, name) == 0)
                        return setting->standard;
        return NULL;
}

bool source_list_load(struct source_list *list, const struct enrich_setup *setup, struct errors *errors, const char *name)
{
        const char *text;
        bool good = true;
        *list = (struct source_list){ 0 };
        for (size_t i = 0; (text = setting_list(setup, name, i)); i++)
                good &= source_add(list, setup, errors, name, slice_of(text));
        if (list->count || !good || !(text = standard_of(setup, name)))
                return good;
        for (const char *comma; *text; text = *comma ? comma + 1 + (comma[1] == ' ') : comma) {
                comma = strchrnul(text, ',');
                good &= source_add(list, setup, errors, name, slice_between(text, comma));
        }
        return good;
}

void source_list_done(struct source_list *list)
{
        for (size_t i = 0; i < list->count; i++)
                source_done(&list->items[i]);
        free(list->items);
        *list = (struct source_list){ 0 };
}

struct slice source_list_start(const struct source_list *list, const struct subject *subject)
{
        struct slice text = { NULL, 0 };
        for (size_t i = 0; i < list->count && !text.data; i++)
                text = source_start(&list->items[i], subject);
        return text;
}

struct slice source_list_text(const struct source_list *list, const struct subject *subject)
{
        struct slice text = { NULL, 0 };
        for (size_t i = 0; i < list->count && text.size == 0; i++)
                text = source_text(&list->items[i], subject);
        return text.size ? text : (struct slice){ NULL, 0 };
}
