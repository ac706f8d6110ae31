/* The table of options as pages: the manual, the sample file, and what is in force. */
#include "config/option.h"
#include <limits.h>
#include <unistd.h>

#define WRAP 100                   /* columns of the sample's comments */

static const char INTRO[] =
"# Configuration\n"
"\n"
"<!-- Printed by `millrace reference config` from include/config/options.def; do not edit. -->\n"
"\n"
"millrace reads one YAML file: the one that `--config FILE` names, else `/etc/millrace/millrace.yaml`, else there is none and "
"every option has\n"
"its default. An option `http.cors.origins` is written as `origins` below `cors` below `http`; `config/millrace.yaml` shows "
"all of them.\n"
"`--set http.listen=[::]:8080` on the command line comes last and wins; lists split at commas, `--set kafka.client.KEY=VALUE` "
"sets one\n"
"key of a map, nothing comes from the environment, and relative paths are the shell's. `millrace check` reports every mistake "
"at\n"
"once, with line and column, and `millrace config` prints what is in force and where it was set.\n"
"\n"
"## Values\n"
"\n"
"| type | written as |\n"
"| --- | --- |\n"
"| integer | `8`, a whole number |\n"
"| bytes | `2MiB`; the units are KiB, MiB, GiB and TiB, powers of 1,024; without a unit it is bytes |\n"
"| duration | `30s`; the units are ms, s, m, h and d; only 0 goes without |\n"
"| boolean | `true` or `false` |\n"
"| text | any text; quote it when it starts with one of `` * & ! [ { ' \" | > @ % ` `` or holds `: ` or ` #` |\n"
"| choice | one of the words in the column *range* |\n"
"| list | `[a, b]`, one `- a` a line, or one text `a, b` |\n"
"| map | `{ key: value }` or one `key: value` a line; handed on as it is |\n"
"| tree | names of your own, each with its keys below it; a value is a text or a list of texts |\n"
"| path | a file or folder; a relative one is taken from the folder of the configuration file |\n"
"| secret | a text that is never printed; `NAME_file: PATH` reads it from a file (its last line end is cut) |\n"
"\n"
"- **Environment**: `${NAME}` inside a value is replaced by that variable, and it is a mistake when it is not set;\n"
"  `${NAME:-otherwise}` gives a value for that case. A dollar sign before a brace or another dollar sign is written `$$`.\n"
"- **Secrets in maps**: every key of a map may be written `KEY_file: PATH`, too, as in `sasl.password_file: "
"${CREDENTIALS_DIRECTORY}/kafka`\n"
"  for systemd's credentials. Such values, and those whose key speaks of a password, secret, token or key, are never printed.\n"
"- **Reload** (SIGHUP): options that take effect on *reload* are taken over when the whole file is right; else the old ones "
"stay in\n"
"  force. Those that need a *restart* keep their old value, and a log line names them.\n"
"- **Refused**: unknown and repeated names, anchors, aliases, tags, a second document, files above 1MiB.\n";

/* The section an option lies in: the part before its last dot. */
static struct slice option_section(const struct option *option)
{
        return slice_between(option->path, strrchr(option->path, '.'));
}

static const char *section_doc(struct slice path)
{
        for (const struct section *section = SECTIONS; section->path; section++)
                if (slice_equal(slice_of(section->path), path))
                        return section->doc;
        return "";
}

/* The first option of its section; sections may be interleaved in options.def. */
static bool opens_section(const struct option *option)
{
        for (const struct option *before = OPTIONS; before < option; before++)
                if (slice_equal(option_section(before), option_section(option)))
                        return false;
        return true;
}

/* Parses the default again, as text for the file. */
static void standard_print(const struct option *option, const struct config *standard, struct buffer *out)
{
        if (option->type->secret)
                buffer_add(out, SLICE("\"\""));
        else
                option->type->print(option, option_value_const(option, standard), out);
}

static void range_print(const struct option *option, struct buffer *out)
{
        if (option->words) {
                for (int i = 0; word_at(option->words, i).data; i++)
                        buffer_format(out, "%s`%.*s`", i ? ", " : "", SLICE_ARGS(word_at(option->words, i)));
        } else if (option->max > option->min) {
                option->type->print(option, &option->min, out);
                if (option->max == INT64_MAX) {
                        buffer_add(out, SLICE(" or more"));
                } else {
                        buffer_add(out, SLICE(" to "));
                        option->type->print(option, &option->max, out);
                }
        }
}

static void print_row(const struct option *option, const struct config *standard, FILE *out)
{
        struct buffer value, range;
        buffer_init(&value, 4096);
        buffer_init(&range, 4096);
        standard_print(option, standard, &value);
        range_print(option, &range);
        fprintf(out, "| `%s` | %s | `%.*s` | %.*s | %s | "
                     "", option->path, option->type->name, SLICE_ARGS(value), SLICE_ARGS(range),
                option->when == RELOAD ? "reload" : "restart");
        /* A bar would end the cell. */
        for (const char *at = option->doc; *at; at++)
                fprintf(out, *at == '|' ? "\\|" : "%c", *at);
        fputs(" |\n", out);
        buffer_done(&value);
        buffer_done(&range);
}

void config_print_reference(FILE *out)
{
        struct config standard;
        config_init(&standard);
        fputs(INTRO, out);
        for (const struct option *first = OPTIONS; first < OPTIONS + OPTION_COUNT; first++) {
                if (!opens_section(first))
                        continue;
                struct slice section = option_section(first);
                fprintf(out, "\n## %.*s\n\n%s\n\n", SLICE_ARGS(section), section_doc(section));
                fputs("| option | type | default | range | takes effect on | meaning |\n| --- | --- | --- | --- | --- | --- "
                      "|\n", out);
                for (const struct option *option = first; option < OPTIONS + OPTION_COUNT; option++)
                        if (slice_equal(option_section(option), section))
                                print_row(option, &standard, out);
        }
        config_done(&standard);
}

/* ---- YAML ---- */
/* Text as comment lines behind `indent` spaces, broken at spaces. */
static void print_comment(const char *text, int indent, FILE *out)
{
        while (*text) {
                size_t room = (size_t)(WRAP - indent - 2), size = strlen(text);
                if (size > room) {
                        size = room;
                        while (size > 0 && text[size] != ' ')
                                size--;
                        if (size == 0)
                                size = room;
                }
                fprintf(out, "%*s# %.*s\n", indent, "", (int)size, text);
                text += size + (text[size] == ' ');
        }
}

/* Writes the keys of the sections that lie between the last option's and this one's; returns the option's indent. */
static int print_path(const char *before, const char *path, bool docs, FILE *out)
{
        int depth = 0;
        for (const char *dot = strchr(path, '.'); dot; dot = strchr(dot + 1, '.'), depth++) {
                size_t size = (size_t)(dot - path);
                if (before && strncmp(before, path, size + 1) == 0)
                        continue;
                const char *part = dot;
                while (part > path && part[-1] != '.')
                        part--;
                if (docs) {
                        fputs("\n", out);
                        print_comment(section_doc((struct slice){ path, size }), 2 * depth, out);
                }
                fprintf(out, "%*s%.*s:\n", 2 * depth, "", (int)(dot - part), part);
        }
        return 2 * depth;
}

/* The options of one section stand together and before its subsections, or a section would open twice in the file. */
struct walk {
        const struct option *order[OPTION_COUNT];
        size_t               count;
};
static void walk_section(struct walk *walk, struct slice section)
{
        for (const struct option *option = OPTIONS; option < OPTIONS + OPTION_COUNT; option++)
                if (slice_equal(option_section(option), section))
                        walk->order[walk->count++] = option;
        for (const struct option *option = OPTIONS; option < OPTIONS + OPTION_COUNT; option++) {
                struct slice inner = option_section(option);
                if (opens_section(option) && inner.size > section.size && slice_starts_with(inner, section) &&
                    inner.data[section.size] == '.' && !memchr(inner.data + section.size + 1, '.', inner.size - section.size - 1))
                        walk_section(walk, inner);
        }
}
static void walk_init(struct walk *walk)
{
        walk->count = 0;
        for (const struct option *option = OPTIONS; option < OPTIONS + OPTION_COUNT; option++) {
                struct slice top = { option->path, (size_t)(strchr(option->path, '.') - option->path) };
                bool first = true;
                for (size_t i = 0; i < walk->count; i++)
                        first &= !(strncmp(walk->order[i]->path, top.data, top.size + 1) == 0);
                if (first)
                        walk_section(walk, top);
        }
        BUG_IF(walk->count != OPTION_COUNT);
}

static void print_facts(const struct option *option, int indent, FILE *out)
{
        struct buffer range, line;
        char text[1024];
        buffer_init(&range, 1024);
        buffer_wrap(&line, text, sizeof(text) - 1);
        range_print(option, &range);
        buffer_format(&line, "%s%s%.*s; takes effect on %s.", option->type->name, range.size ? ": " : "", SLICE_ARGS(range),
                      option->when == RELOAD ? "reload" : "restart");
        text[line.size] = '\0';
        print_comment(text, indent, out);
        buffer_done(&range);
}

void config_print_sample(FILE *out)
{
        struct config standard;
        struct walk walk;
        const char *before = NULL;
        config_init(&standard);
        walk_init(&walk);
        print_comment("Every option of millrace with its default. To change one, take away the '#' before its name. "
                      "Printed by `millrace reference sample`; docs/reference/configuration.md says more.", 0, out);
        for (size_t i = 0; i < walk.count; i++) {
                const struct option *option = walk.order[i];
                struct buffer value;
                int indent = print_path(before, option->path, true, out);
                buffer_init(&value, 4096);
                standard_print(option, &standard, &value);
                fputs("\n", out);
                print_comment(option->doc, indent, out);
                print_facts(option, indent, out);
                fprintf(out, "%*s#%s: %.*s\n", indent, "", strrchr(option->path, '.') + 1, SLICE_ARGS(value));
                buffer_done(&value);
                before = option->path;
        }
        config_done(&standard);
}

/* ---- what is in force ---- */

/* Lists whose items are paths, a word and '=' before them or not, and keys of an enrichment whose values are. */
static const struct { const char *path; bool of_file; } PATH_LISTS[] = {
        { "enrich.geo.databases",  true },         /* relative ones begin at the configuration file's folder */
        { "enrich.referrer.lists", true },
        { "tls.certificates",      false },
};
static const char *const PATH_KEYS[] = { "file", "key_file", "rates" };

/* From where we stand, as the output may be read again from elsewhere. `file`: where a relative one begins; NULL: here. */
static const char *path_absolute(struct memory *memory, const char *file, const char *path)
{
        char here[PATH_MAX + 1];
        path = expand_path(memory, file, path);
        if (*path == '/' || *path == '\0' || !getcwd(here, PATH_MAX))
                return path;
        memcpy(here + strlen(here), "/", 2);
        return expand_path(memory, here, path);
}

static void list_absolute(struct memory *memory, const char *file, struct text_list *list)
{
        for (size_t i = 0; i < list->count; i++) {
                const char *item = list->items[i], *equals = strchr(item, '=');
                size_t word = equals && !memchr(item, '/', (size_t)(equals - item)) ? (size_t)(equals - item) + 1 : 0;
                const char *path = path_absolute(memory, file, item + word);
                char *whole = config_take(memory, word + strlen(path) + 1);
                memcpy(whole, item, word);
                memcpy(whole + word, path, strlen(path) + 1);
                list->items[i] = whole;
        }
}

static void tree_absolute(struct memory *memory, const char *file, const struct text_tree *from, struct text_tree *to)
{
        for (size_t i = 0; i < to->count; i++) {
                struct tree_item *item = &to->items[i];
                const char *dot = strrchr(item->path, '.');
                for (size_t k = 0; dot && k < COUNT_OF(PATH_KEYS); k++)
                        if (strcmp(dot + 1, PATH_KEYS[k]) == 0)
                                item->value = path_absolute(memory, from->items[i].line ? file : NULL, item->value);
        }
}

/* The option's value, its paths made absolute. */
static void value_print(const struct config *config, const struct option *option, struct buffer *out)
{
        union { const char *text; struct text_list list; struct text_tree tree; } copy;
        struct memory *memory = config_memory(config);
        const void *value = option_value_const(option, config);
        if (option->type->path) {
                copy.text = path_absolute(memory, NULL, *(const char *const *)value);
                value = &copy;
        } else if (option->type->kind == KIND_TREE) {
                option->type->copy(memory, value, &copy);
                tree_absolute(memory, config->file, value, &copy.tree);
                value = &copy;
        }
        for (size_t i = 0; i < COUNT_OF(PATH_LISTS); i++)
                if (strcmp(option->path, PATH_LISTS[i].path) == 0) {
                        option->type->copy(memory, value, &copy);
                        list_absolute(memory, PATH_LISTS[i].of_file ? config->file : NULL, &copy.list);
                        value = &copy;
                }
        option->type->print(option, value, out);
}

void config_print_effective(const struct config *config, FILE *out)
{
        struct walk walk;
        const char *before = NULL;
        walk_init(&walk);
        for (size_t i = 0; i < walk.count; i++) {
                const struct option *option = walk.order[i];
                struct origin origin = config_memory(config)->origins[option_index(option)];
                struct buffer value;
                int indent = print_path(before, option->path, false, out);
                buffer_init(&value, (size_t)16 << 20);
                value_print(config, option, &value);
                fprintf(out, "%*s%s: %.*s", indent, "", strrchr(option->path, '.') + 1, SLICE_ARGS(value));
                if (origin.set)
                        fputs("   # --set", out);
                else if (origin.line)
                        fprintf(out, "   # %s:%zu", config->file, origin.line);
                fputs("\n", out);
                buffer_done(&value);
                before = option->path;
        }
}
