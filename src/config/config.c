#include "config/option.h"
#include <stdarg.h>

struct memory_block {
        struct memory_block *next;
        size_t               size;         /* of all of it */
        max_align_t          bytes[];
};

void *config_take(struct memory *memory, size_t size)
{
        struct memory_block *block = memory_get(sizeof(*block) + size);
        block->next = memory->blocks;
        block->size = sizeof(*block) + size;
        memory->blocks = block;
        return block->bytes;
}

char *config_copy(struct memory *memory, struct slice text)
{
        char *copy = config_take(memory, text.size + 1);
        if (text.size)
                memcpy(copy, text.data, text.size);
        return copy;
}

void config_init(struct config *config)
{
        *config = (struct config){ .memory = memory_get(sizeof(struct memory)) };
        for (size_t i = 0; i < OPTION_COUNT; i++) {
                struct error err;
                bool fine = OPTIONS[i].type->parse(&OPTIONS[i], config_memory(config), OPTIONS[i].standard,
                                                   option_value(&OPTIONS[i], config), &err);
                BUG_IF(!fine);
        }
}

void config_done(struct config *config)
{
        struct memory *memory = config_memory(config);
        while (memory && memory->blocks) {
                struct memory_block *block = memory->blocks;
                memory->blocks = block->next;
                explicit_bzero(block, block->size);        /* secrets are among them */
                free(block);
        }
        if (memory)
                free(memory->files.items);
        free(memory);
        *config = (struct config){ 0 };
}

const char *config_secret_file(const struct config *config, size_t i)
{
        const struct text_list *files = &config_memory(config)->files;
        return i < files->count ? files->items[i] : NULL;
}

/* The map or tree that the path is a key of: "kafka.client.security.protocol". */
static const struct option *map_find(const char *path, const char **ret_key)
{
        for (size_t i = 0; i < OPTION_COUNT; i++) {
                size_t size = strlen(OPTIONS[i].path);
                bool below = strncmp(path, OPTIONS[i].path, size) == 0 && path[size] == '.' && path[size + 1];
                if (below && (OPTIONS[i].type->kind == KIND_MAP || OPTIONS[i].type->kind == KIND_TREE)) {
                        *ret_key = path + size + 1;
                        return &OPTIONS[i];
                }
        }
        return NULL;
}

static bool set_key(struct config *config, const struct option *option, const char *key, const char *value, struct error *err)
{
        struct memory *memory = config_memory(config);
        size_t size = strlen(key);
        if (option->type->kind == KIND_TREE) {
                tree_set(memory, option_value(option, config), config_copy(memory, slice_of(key)),
                         config_copy(memory, slice_of(value)));
                memory->origins[option_index(option)] = (struct origin){ .set = true };
                return true;
        }
        bool file = size > 5 && strcmp(key + size - 5, "_file") == 0;
        const char *text = file ? expand_file(memory, value, err) : config_copy(memory, slice_of(value));
        if (!text)
                return false;
        char *name = config_copy(memory, (struct slice){ key, file ? size - 5 : size });
        map_set(memory, option_value(option, config), name, text, file || key_is_secret(name));
        memory->origins[option_index(option)] = (struct origin){ .set = true };
        return true;
}

static bool set_option(struct config *config, const struct option *option, const char *text, struct error *err)
{
        struct error why;
        if (!text)
                return false;
        if (!option->type->parse(option, config_memory(config), text, option_value(option, config), &why))
                return error_set(err, "%s: %.400s", option->path, why.text);
        config_memory(config)->origins[option_index(option)] = (struct origin){ .set = true };
        return true;
}

bool config_set(struct config *config, const char *path, const char *value, struct error *err)
{
        struct slice whole = slice_of(path);
        struct error why;
        const struct option *option = option_find(whole);
        if (option)
                return set_option(config, option, config_copy(config_memory(config), slice_of(value)), err);
        const char *key, *text;
        option = map_find(path, &key);
        if (option)
                return set_key(config, option, key, value, &why) || error_set(err, "%.200s: %.280s", path, why.text);
        if (whole.size > 5 && strcmp(path + whole.size - 5, "_file") == 0)
                option = option_find((struct slice){ path, whole.size - 5 });
        if (option && option->type->secret) {
                text = expand_file(config_memory(config), value, &why);
                return text ? set_option(config, option, text, err) : error_set(err, "%.200s: %.280s", path, why.text);
        }
        return option_unknown(whole, err);
}

bool config_error(const struct config *config, struct errors *errors, const char *path, const char *format, ...)
{
        struct error text;
        va_list args;
        va_start(args, format);
        (void)vsnprintf(text.text, sizeof(text.text), format, args);
        va_end(args);
        const struct option *option = option_find(slice_of(path));
        BUG_IF(!option);
        struct origin origin = config_memory(config)->origins[option_index(option)];
        if (origin.line)
                return errors_add(errors, "%s:%zu:%zu: %s: %s", config->file, origin.line, origin.column, path, text.text);
        if (!origin.set && config->file)
                return errors_add(errors, "%s: %s: %s", config->file, path, text.text);
        return errors_add(errors, "%s: %s", path, text.text);
}

bool config_differs_needs_restart(const struct config *old, const struct config *new, struct errors *ret_paths)
{
        bool differs = false;
        for (const struct option *option = OPTIONS; option < OPTIONS + OPTION_COUNT; option++) {
                const void *before = option_value_const(option, old), *now = option_value_const(option, new);
                if (option->when != RESTART || option->type->equal(before, now))
                        continue;
                (void)errors_add(ret_paths, "%s", option->path);
                differs = true;
        }
        return differs;
}

void config_keep_restart(struct config *config, const struct config *old)
{
        for (const struct option *option = OPTIONS; option < OPTIONS + OPTION_COUNT; option++)
                if (option->when == RESTART)
                        option->type->copy(config_memory(config), option_value_const(option, old), option_value(option, config));
}
