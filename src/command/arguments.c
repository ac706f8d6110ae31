#include "command/arguments.h"
#include "base/suggest.h"
#include <unistd.h>

enum { COMMON_CONFIG, COMMON_SET };
const struct flag COMMON_FLAGS[] = {
        [COMMON_CONFIG] = { "--config", "FILE", "The configuration; else `" CONFIG_FILE "` if there is one, else every option "
          "has its default." },
        [COMMON_SET] = { "--set", "OPTION=VALUE", "One option by its path, such as `http.listen=[::]:8080`. Comes after the "
                                                  "file; may be repeated." },
        { NULL, NULL, NULL },
};
const struct flag NO_FLAGS[] = { { NULL, NULL, NULL } };
static const struct flag HELP_FLAGS[] = { { "--help", NULL, NULL }, { NULL, NULL, NULL } };

/* The row that a word names, which may have its value behind '='; -1: none. */
static int flag_find(const struct flag *flags, struct slice name)
{
        for (int i = 0; flags[i].name; i++)
                if (slice_equal(slice_of(flags[i].name), name))
                        return i;
        return -1;
}

static bool flag_unknown(struct slice name, const struct flag *own, bool common, struct error *err)
{
        struct suggestion near;
        suggestion_init(&near, name);
        const struct flag *tables[] = { own, common ? COMMON_FLAGS : NO_FLAGS, HELP_FLAGS };
        for (size_t i = 0; i < COUNT_OF(tables); i++)
                for (const struct flag *flag = tables[i]; flag->name; flag++)
                        suggestion_offer(&near, slice_of(flag->name));
        if (near.best.data)
                return error_set(err, "there is no flag %.*s here; did you mean %.*s?", SLICE_ARGS(name), SLICE_ARGS(near.best));
        return error_set(err, "there is no flag %.*s here", SLICE_ARGS(name));
}

static bool take_set(struct arguments *arguments, const char *text, struct error *err)
{
        if (*text == '=' || !strchr(text, '='))
                return error_set(err, "--set %s is not of the form OPTION=VALUE", text);
        arguments->sets[arguments->set_count++] = text;
        return true;
}

/* One flag; *words moves on when its value is a word of its own. */
static bool take_flag(struct arguments *arguments, const char *const **words, const struct flag *own, bool common,
                      struct error *err)
{
        const char  *word = **words, *equals = strchrnul(word, '=');
        struct slice name = slice_between(word, equals);
        int index = flag_find(own, name), shared = common ? flag_find(COMMON_FLAGS, name) : -1;
        if (index < 0 && shared < 0)
                return flag_unknown(name, own, common, err);
        const struct flag *flag = index >= 0 ? &own[index] : &COMMON_FLAGS[shared];
        const char *value = *equals ? equals + 1 : "";
        if (!flag->value && *equals)
                return error_set(err, "%s takes no value", flag->name);
        if (flag->value && !*equals) {
                value = (*words)[1];
                if (!value)
                        return error_set(err, "%s needs a value: %s %s", flag->name, flag->name, flag->value);
                ++*words;
        }
        bool again = index >= 0 ? arguments->flag[index] != NULL : shared == COMMON_CONFIG && arguments->config;
        if (again)
                return error_set(err, "%s is given twice", flag->name);
        if (index < 0 && shared == COMMON_SET)
                return take_set(arguments, value, err);
        if (index >= 0)
                arguments->flag[index] = value;
        else
                arguments->config = value;
        return true;
}

bool arguments_parse(struct arguments *arguments, const char *const *words, const struct flag *own, bool common,
                     struct error *err)
{
        size_t count = 0;
        while (words[count])
                count++;
        *arguments = (struct arguments){ .sets = memory_get(count * sizeof(*arguments->sets)),
                                         .operands = memory_get(count * sizeof(*arguments->operands)) };
        bool flags = true;
        for (; *words; words++) {
                if (flags && strcmp(*words, "--") == 0)
                        flags = false;
                else if (flags && (strcmp(*words, "--help") == 0 || strcmp(*words, "-h") == 0))
                        arguments->help = true;
                else if (flags && **words == '-' && (*words)[1]) {
                        if (!take_flag(arguments, &words, own, common, err))
                                return false;
                } else {
                        arguments->operands[arguments->operand_count++] = *words;
                }
        }
        return true;
}

void arguments_done(struct arguments *arguments)
{
        free(arguments->sets);
        free(arguments->operands);
        *arguments = (struct arguments){ 0 };
}

bool operand_read(const char *name, struct buffer *out, struct error *err)
{
        FILE *in = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
        size_t got = 1;
        if (!in)
                return error_set(err, "%s: %m", name);
        while (got && buffer_reserve(out, 65536)) {
                got = fread(out->data + out->size, 1, 65536, in);
                out->size += got;
        }
        bool good = !out->full && !ferror(in);
        if (!good)
                (void)(out->full ? error_set(err, "%s: is too large", name) : error_set(err, "%s: %m", name));
        if (in != stdin)
                (void)fclose(in);
        return good;
}

bool arguments_config(const struct arguments *arguments, struct config *ret_config, struct errors *errors)
{
        size_t before = errors_total(errors);
        config_init(ret_config);
        const char *file = arguments->config ? arguments->config : access(CONFIG_FILE, F_OK) == 0 ? CONFIG_FILE : NULL;
        if (file)
                (void)config_load(ret_config, file, errors);
        for (size_t i = 0; i < arguments->set_count; i++) {
                const char *equals = strchr(arguments->sets[i], '=');
                char *path = slice_copy(slice_between(arguments->sets[i], equals));
                struct error err;
                if (!config_set(ret_config, path, equals + 1, &err))
                        (void)errors_add(errors, "--set: %s", err.text);
                free(path);
        }
        /* What was not understood would only be blamed twice. */
        if (errors_total(errors) == before)
                (void)config_check(ret_config, errors);
        return errors_total(errors) == before;
}
