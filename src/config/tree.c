/* Options whose names the configuration itself gives: a tree of mappings, kept as paths with their values. */
#include "config/reading.h"

void tree_add(struct memory *memory, struct text_tree *tree, const struct tree_item *item)
{
        if ((tree->count & (tree->count - 1)) == 0) {
                struct tree_item *items = config_take(memory, (tree->count ? 2 * tree->count : 1) * sizeof(*items));
                if (tree->count)
                        memcpy(items, tree->items, tree->count * sizeof(*items));
                tree->items = items;
        }
        tree->items[tree->count++] = *item;
}

/* The number of leading parts ("a.b.") that two paths share, in bytes. */
static size_t shared(const char *a, const char *b)
{
        size_t size = 0;
        for (size_t i = 0; a[i] && a[i] == b[i]; i++)
                if (a[i] == '.')
                        size = i + 1;
        return size;
}

void tree_set(struct memory *memory, struct text_tree *tree, const char *path, const char *value)
{
        struct text_tree old = *tree;
        const struct tree_item item = { .path = path, .value = value };
        size_t near = old.count, most = 0;         /* behind the last item of the same branch, so that branches stay together */
        for (size_t i = 0; i < old.count; i++)
                if (shared(old.items[i].path, path) >= most) {
                        most = shared(old.items[i].path, path);
                        near = i;
                }
        *tree = (struct text_tree){ 0 };
        for (size_t i = 0; i < old.count; i++) {
                if (strcmp(old.items[i].path, path) != 0)
                        tree_add(memory, tree, &old.items[i]);
                if (i == near)
                        tree_add(memory, tree, &item);
        }
        if (old.count == 0)
                tree_add(memory, tree, &item);
}

struct branch {
        struct reading      *reading;
        const struct option *option;
        struct text_tree     tree;
};

static void add(struct branch *branch, const char *path, const char *value, yaml_mark_t mark)
{
        struct memory *memory = config_memory(branch->reading->config);
        struct tree_item item = { .path = config_copy(memory, slice_of(path + strlen(branch->option->path) + 1)), .value = value,
                                  .line = mark.line + 1, .column = mark.column + 1 };
        tree_add(memory, &branch->tree, &item);
}

static void read_items(struct branch *branch, const char *path, yaml_event_t *event)
{
        yaml_event_delete(event);
        while (reading_next(branch->reading, event) && event->type != YAML_SEQUENCE_END_EVENT) {
                yaml_mark_t mark = event->start_mark;
                const char *text = reading_text(branch->reading, event, path, "a text");
                if (text)
                        add(branch, path, text, mark);
        }
        yaml_event_delete(event);
}

static void read_branch(struct branch *branch, const char *prefix, size_t depth, yaml_event_t *event)
{
        struct reading *reading = branch->reading;
        struct keys    *keys = memory_get(sizeof(*keys));
        struct entry    entry;
        yaml_event_delete(event);
        while (reading_key(reading, prefix, &entry)) {
                bool odd = memchr(entry.key.data, '.', entry.key.size) || strlen(entry.key.data) != entry.key.size ||
                           entry.key.size == 0 || strlen(entry.path) + 1 >= sizeof(entry.path);
                if (odd)
                        reading_report(reading, entry.mark, entry.path, "a name here is short and has no dot");
                if (!reading_keys_add(reading, keys, &entry) || odd) {
                        reading_skip_next(reading);
                        continue;
                }
                if (!reading_next(reading, event))
                        break;
                yaml_mark_t mark = event->start_mark;
                if (event->type == YAML_MAPPING_START_EVENT && depth < TREE_DEPTH) {
                        read_branch(branch, entry.path, depth + 1, event);
                } else if (event->type == YAML_SEQUENCE_START_EVENT) {
                        read_items(branch, entry.path, event);
                } else {
                        const char *text = reading_text(reading, event, entry.path, "a text or a list of texts");
                        if (text)
                                add(branch, entry.path, text, mark);
                }
        }
        free(keys);
}

void read_tree(struct reading *reading, const struct option *option, yaml_event_t *event)
{
        struct branch branch = { .reading = reading, .option = option };
        yaml_mark_t mark = event->start_mark;
        read_branch(&branch, option->path, 1, event);
        *(struct text_tree *)option_value(option, reading->config) = branch.tree;
        config_memory(reading->config)->origins[option_index(option)] =
                (struct origin){ .line = mark.line + 1, .column = mark.column + 1 };
}

bool config_error_item(const struct config *config, struct errors *errors, const char *path, const struct tree_item *item,
                       const char *text)
{
        if (item->line)
                return errors_add(errors, "%s:%zu:%zu: %s.%s: %s", config->file, item->line, item->column, path, item->path,
                                  text);
        return errors_add(errors, "%s.%s: %s", path, item->path, text);
}

const char *config_path(const struct config *config, const struct tree_item *item)
{
        return item->line ? expand_path(config_memory(config), config->file, item->value) : item->value;
}
