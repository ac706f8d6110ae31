#include "base/buffer.h"
#include "base/clock.h"
#include "base/digest.h"
#include "command/command.h"
#include "server/key_text.h"
#include "server/keys.h"
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FLAG_BURST, FLAG_EXPIRES, FLAG_FROM, FLAG_NAME, FLAG_ORIGINS, FLAG_RATE, FLAG_ROUTES, FLAG_SCHEMAS };
const struct flag KEY_FLAGS[] = {
        [FLAG_BURST] = { "--burst", "EVENTS", "`new`: events at once after a pause." },
        [FLAG_EXPIRES] = { "--expires", "DAY", "`new`: the day (2027-01-31) or moment (RFC 3339) from which it opens nothing." },
        [FLAG_FROM] = { "--from", "FILE", "`new`: draw no key but take the one in this file, `-` for standard input: that of "
                                          "another system, which clients have already." },
        [FLAG_NAME] = { "--name", "NAME", "`new`: whose key it is, for metrics and bad events." },
        [FLAG_ORIGINS] = { "--origins", "LIST", "`new`: pages that may use it, `https://shop.example,https://*.shop.example`." },
        [FLAG_RATE] = { "--rate", "EVENTS", "`new`: events a second, in place of `limits.key_rate`." },
        [FLAG_ROUTES] = { "--routes", "LIST", "`new`: paths that it opens, `/v1/events,/v1/events/com.acme/*`." },
        [FLAG_SCHEMAS] = { "--schemas", "LIST", "`new`: schemas whose events it may send, `com.acme/*`." },
        { .name = NULL },
};

/* ---- new ---- */
#define SHORT_KEY 22               /* characters: less than 128 bits, whoever drew them */

static bool take_key(const char *file, char text[KEY_TEXT_MAX], size_t *ret_size, struct error *err)
{
        char found[KEY_TEXT_MAX + 2];
        bool standard = strcmp(file, "-") == 0;
        FILE *in = standard ? stdin : fopen(file, "re");
        if (!in)
                return error_set(err, "%s: %s", file, strerror(errno));
        size_t size = fread(found, 1, sizeof(found), in);
        bool read = !ferror(in);
        if (!standard)
                (void)fclose(in);
        while (size && (found[size - 1] == '\n' || found[size - 1] == '\r'))
                size--;
        bool good = read && size > 0 && size <= KEY_TEXT_MAX;
        if (good)
                memcpy(text, found, size);
        explicit_bzero(found, sizeof(found));
        *ret_size = size;
        return good || error_set(err, read ? "%s: a key has 1 to %d bytes" : "%s: it cannot be read", file, KEY_TEXT_MAX);
}

static void add_list(struct buffer *out, const char *field, const char *list)
{
        if (!list)
                return;
        buffer_format(out, "    %s: [", field);
        for (const char *at = list; *at;) {
                size_t size = strcspn(at, ",");
                buffer_format(out, "%s\"%.*s\"", at > list ? ", " : "", (int)size, at);
                at += size + (at[size] == ',');
        }
        buffer_add(out, SLICE("]\n"));
}

static void add_text(struct buffer *out, const char *field, const char *text)
{
        if (text)
                buffer_format(out, "    %s: %s\n", field, text);
}

/* The row, as the file has it; what it says is judged by whoever reads it. */
static void write_row(const struct arguments *arguments, struct slice key, struct buffer *out)
{
        uint8_t digest[DIGEST_SIZE];
        char hex[DIGEST_HEX];
        digest_sha256(key, digest);
        digest_format(digest, hex);
        buffer_format(out, "  - name: %s\n    hash: sha256:%.*s\n", arguments->flag[FLAG_NAME], DIGEST_HEX, hex);
        add_list(out, "routes", arguments->flag[FLAG_ROUTES]);
        add_list(out, "schemas", arguments->flag[FLAG_SCHEMAS]);
        add_list(out, "origins", arguments->flag[FLAG_ORIGINS]);
        add_text(out, "rate", arguments->flag[FLAG_RATE]);
        add_text(out, "burst", arguments->flag[FLAG_BURST]);
        add_text(out, "expires", arguments->flag[FLAG_EXPIRES]);
}

/* By the reader of the file itself, so that what is printed can be pasted. */
static bool row_fits(struct slice row)
{
        struct errors errors = { 0 };
        struct buffer file;
        buffer_init(&file, 65536);
        buffer_add(&file, SLICE("keys:\n"));
        buffer_add(&file, row);
        struct keys *keys = keys_read("millrace key new", buffer_slice(&file), &errors);
        bool good = keys && keys_count(keys) == 1;
        errors_print(&errors, stderr);
        keys_free(keys);
        errors_done(&errors);
        buffer_done(&file);
        return good;
}

static int key_new(const struct arguments *arguments)
{
        char key[KEY_TEXT_MAX];
        size_t size = KEY_TEXT_SIZE;
        const char *from = arguments->flag[FLAG_FROM];
        struct error err;
        struct buffer row;
        if (!arguments->flag[FLAG_NAME]) {
                fprintf(stderr, "millrace key new: --name NAME is wanted: whose key it is\n");
                return STATUS_USAGE;
        }
        if (!(from ? take_key(from, key, &size, &err) : key_text_new(key, &err))) {
                fprintf(stderr, "millrace key new: %s\n", err.text);
                return EXIT_FAILURE;
        }
        buffer_init(&row, 65536);
        write_row(arguments, (struct slice){ key, size }, &row);
        bool good = !row.full && row_fits(buffer_slice(&row));
        if (good) {
                struct stat out;
                /* The first row of a file begins it. */
                if (fstat(STDOUT_FILENO, &out) == 0 && S_ISREG(out.st_mode) && out.st_size == 0)
                        puts("keys:");
                (void)fwrite(row.data, 1, row.size, stdout);
                if (!from)
                        fprintf(stderr, "The key, which nobody can tell you again: %.*s\nThe row for the file of keys goes to "
                                        "standard output.\n", (int)size, key);
                else if (size < SHORT_KEY)
                        fprintf(stderr, "advice: a key of %zu characters can be guessed, and found from its hash; draw a new one "
                                        "when you can\n", size);
        }
        explicit_bzero(key, sizeof(key));
        buffer_done(&row);
        return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- check, ls ---- */
static const char *state_of(const struct key *key, int64_t now)
{
        return !key->enabled ? "disabled" : now >= key->expires ? "expired" : "active";
}

static void print_list(const char *name, const struct text_list *list)
{
        for (size_t i = 0; i < list->count; i++)
                printf("%s%s", i ? "," : name, list->items[i]);
}

/* A hash's beginning finds its row; all of it would let others try keys of other systems. */
static void print_key(const struct key *key, int64_t now)
{
        char hex[DIGEST_HEX], expires[CLOCK_TEXT];
        digest_format(key->digest, hex);
        printf("%-24.*s %.8s  %-8s", SLICE_ARGS(key->name), hex, state_of(key, now));
        if (key->expires != INT64_MAX) {
                clock_format(key->expires, expires);
                printf("  until %.10s", expires);
        }
        if (key->rate >= 0)
                printf("  rate %lld", (long long)key->rate);
        if (key->burst >= 0)
                printf("  burst %lld", (long long)key->burst);
        print_list("  routes ", &key->routes);
        print_list("  schemas ", &key->schemas);
        print_list("  origins ", &key->origins);
        printf("\n");
}

/* The file: the operand's, else the configuration's. NULL: mistakes were told. */
static struct keys *load(const struct arguments *arguments)
{
        struct config config;
        struct errors errors = { 0 };
        struct keys *keys = NULL;
        if (arguments->operand_count > 1) {
                keys = keys_load(arguments->operands[1], &errors);
        } else {
                if (arguments_config(arguments, &config, &errors) && !*config.keys_file)
                        (void)errors_add(&errors, "millrace key: name the file: keys.file is not set");
                else if (!errors_total(&errors))
                        keys = keys_load(config.keys_file, &errors);
                config_done(&config);
        }
        errors_print(&errors, stderr);
        errors_done(&errors);
        return keys;
}

static int key_check(const struct arguments *arguments)
{
        struct keys *keys = load(arguments);
        size_t active = 0;
        int64_t now = clock_wall();
        if (!keys)
                return EXIT_FAILURE;
        for (size_t i = 0; i < keys_count(keys); i++)
                active += strcmp(state_of(keys_at(keys, i), now), "active") == 0;
        printf("all is well: %zu key%s, %zu of them active\n", keys_count(keys), keys_count(keys) == 1 ? "" : "s", active);
        keys_free(keys);
        return EXIT_SUCCESS;
}

static int key_ls(const struct arguments *arguments)
{
        struct keys *keys = load(arguments);
        int64_t now = clock_wall();
        for (size_t i = 0; keys && i < keys_count(keys); i++)
                print_key(keys_at(keys, i), now);
        keys_free(keys);
        return keys ? EXIT_SUCCESS : EXIT_FAILURE;
}

static const struct { const char *name; int (*run)(const struct arguments *arguments); size_t operands; } WORDS[] = {
        { "check", key_check, 2 }, { "ls", key_ls, 2 }, { "new", key_new, 1 },
};

int command_key(const struct arguments *arguments)
{
        for (size_t i = 0; i < COUNT_OF(WORDS) && arguments->operand_count; i++)
                if (strcmp(arguments->operands[0], WORDS[i].name) == 0 && arguments->operand_count <= WORDS[i].operands)
                        return WORDS[i].run(arguments);
        fprintf(stderr, "millrace key: wanted is `new`, `check [FILE]` or `ls [FILE]`; `millrace key --help` says more\n");
        return STATUS_USAGE;
}
