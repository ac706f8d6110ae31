/* Any bytes as configuration file: nothing crashes, every refusal has a mistake, and what is taken can be printed, read again and
 * gives the same. */
#include "config/option.h"

static char *effective(const struct config *config, size_t *ret_size)
{
        char *text = NULL;
        FILE *out = open_memstream(&text, ret_size);
        BUG_IF(!out);
        config_print_effective(config, out);
        BUG_IF(fclose(out) != 0);
        return text;
}

static bool has_secret(const struct config *config)
{
        bool secret = false;
        for (const struct option *option = OPTIONS; option < OPTIONS + OPTION_COUNT; option++) {
                const void *value = option_value_const(option, config);
                const struct text_map *map = option->type->kind == KIND_MAP ? value : NULL;
                for (size_t i = 0; map && i < map->count; i++)
                        secret |= map->items[i].secret;
                secret |= option->type->secret && **(const char *const *)value;
        }
        return secret;
}

/* Texts that are no UTF-8 come from nowhere but the environment, which is the same for all runs. Printing makes paths absolute:
 * nothing changes from the second time on. */
static void check_again(const struct config *config, bool printed)
{
        struct config again;
        struct errors errors = { 0 };
        size_t size;
        char *text = effective(config, &size);
        config_init(&again);
        bool fine = config_read(&again, "again.yaml", (struct slice){ text, size }, &errors);
        if (!fine && size <= (size_t)1 << 20) {
                fprintf(stderr, "%s\n%s\n", errors.items[0].text, text);
                BUG_IF(!fine);
        }
        for (const struct option *option = OPTIONS; fine && option < OPTIONS + OPTION_COUNT; option++) {
                bool paths = option->type->path || option->type->kind == KIND_LIST || option->type->kind == KIND_TREE;
                BUG_IF((printed || !paths) &&
                       !option->type->equal(option_value_const(option, config), option_value_const(option, &again)));
        }
        if (fine && !printed)
                check_again(&again, true);
        errors_done(&errors);
        config_done(&again);
        free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct config config;
        struct errors errors = { 0 };
        config_init(&config);
        /* Only KEY_file opens anything while reading (an escape may spell it): keep the target off the file system. */
        if (memmem(data, size, "_file", 5) || memmem(data, size, "\\", 1)) {
                config_done(&config);
                return 0;
        }
        bool fine = config_read(&config, "fuzz.yaml", (struct slice){ (const char *)data, size }, &errors);
        BUG_IF(fine != (errors_total(&errors) == 0));
        for (size_t i = 0; i < errors.count; i++)
                BUG_IF(strncmp(errors.items[i].text, "fuzz.yaml:", 10) != 0);
        (void)config_check(&config, &errors);
        if (fine && !has_secret(&config))
                check_again(&config, false);
        errors_done(&errors);
        config_done(&config);
        return 0;
}
