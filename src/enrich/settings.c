/* The settings of kinds of which there may be several, as they are read while the plan is loaded. */
#include "base/suggest.h"
#include "enrich/enrichment.h"
#include <errno.h>
#include <stdarg.h>

#define INSTANCES "enrich.instances"

/* What follows "NAME." in an item's path; NULL: it is another instance's. */
static const char *own_part(const struct enrich_setup *setup, const char *path)
{
        size_t size = strlen(setup->instance);
        return strncmp(path, setup->instance, size) == 0 && path[size] == '.' ? path + size + 1 : NULL;
}

static const struct tree_item *item_find(const struct enrich_setup *setup, const char *name, size_t skip)
{
        const struct text_tree *tree = &setup->config->enrich_instances;
        for (size_t i = 0; i < tree->count; i++) {
                const char *part = own_part(setup, tree->items[i].path);
                if (part && strcmp(part, name) == 0 && skip-- == 0)
                        return &tree->items[i];
        }
        return NULL;
}

const char *setting_text(const struct enrich_setup *setup, const char *name)
{
        const struct tree_item *item = item_find(setup, name, 0);
        if (item)
                return item->value;
        for (const struct enrich_setting *setting = setup->kind->settings; setting && setting->name; setting++)
                if (strcmp(setting->name, name) == 0)
                        return setting->standard && *setting->standard ? setting->standard : NULL;
        return NULL;
}

const char *setting_list(const struct enrich_setup *setup, const char *name, size_t i)
{
        const struct tree_item *item = item_find(setup, name, i);
        return item ? item->value : NULL;
}

const char *setting_path(const struct enrich_setup *setup, const char *name)
{
        const struct tree_item *item = item_find(setup, name, 0);
        return item ? config_path(setup->config, item) : setting_text(setup, name);
}

bool setting_pair(const struct enrich_setup *setup, const char *name, size_t i, const char **ret_key, const char **ret_value)
{
        const struct text_tree *tree = &setup->config->enrich_instances;
        size_t size = strlen(name);
        for (size_t k = 0; k < tree->count; k++) {
                const char *part = own_part(setup, tree->items[k].path);
                if (part && strncmp(part, name, size) == 0 && part[size] == '.' && i-- == 0) {
                        *ret_key = part + size + 1;
                        *ret_value = tree->items[k].value;
                        return true;
                }
        }
        return false;
}

bool setting_number(const struct enrich_setup *setup, struct errors *errors, const char *name, int64_t limits[static 2],
                    int64_t *ret_number)
{
        const char *text = setting_text(setup, name);
        char *end = NULL;
        errno = 0;
        *ret_number = text ? strtoll(text, &end, 10) : 0;
        if (text && end > text && *end == '\0' && !errno && *ret_number >= limits[0] && *ret_number <= limits[1])
                return true;
        return setup_error(setup, errors, name, "'%s' found, but wanted is a whole number from %lld to %lld", text ? text : "",
                           (long long)limits[0], (long long)limits[1]);
}

bool setup_error(const struct enrich_setup *setup, struct errors *errors, const char *setting, const char *format, ...)
{
        struct error text;
        char path[200];
        va_list args;
        va_start(args, format);
        (void)vsnprintf(text.text, sizeof(text.text), format, args);
        va_end(args);
        const struct tree_item *item = item_find(setup, setting, 0), *kind = item_find(setup, "kind", 0);
        (void)snprintf(path, sizeof(path), "%s.%s", setup->instance, setting);
        /* What is not there is missed where the instance says its kind. */
        const struct tree_item bare = { .path = path, .line = kind ? kind->line : 0, .column = kind ? kind->column : 0 };
        return config_error_item(setup->config, errors, INSTANCES, item ? item : &bare, text.text);
}

void setup_note(const struct enrich_setup *setup, const char *format, ...)
{
        struct error text;
        va_list args;
        if (!setup->notes)
                return;
        va_start(args, format);
        (void)vsnprintf(text.text, sizeof(text.text), format, args);
        va_end(args);
        (void)errors_add(setup->notes, "enrich.%s%s: %s", setup->kind->many ? "instances." : "", setup->instance, text.text);
}

void setup_watch(const struct enrich_setup *setup, const char *path)
{
        struct text_list *list = setup->watched;
        for (size_t i = 0; i < list->count; i++)
                if (strcmp(list->items[i], path) == 0)
                        return;
        list->items = memory_grow(list->items, (list->count + 1) * sizeof(*list->items));
        list->items[list->count++] = path;
}
