#include "json/equal.h"
#include "json/scan.h"
#include "registry_inner.h"
#include "schema/remote.h"
#include <stdarg.h>

/* Rounds of asking the remote registries for what the plan's own schemas refer to: a reference may lead to another. */
#define ROUNDS_MAX 8

struct load {
        struct registry     *registry;
        const struct config *config;
        struct remote       *remote;
        struct errors       *errors;
        size_t               sorted;       /* so many entries, from the first on, are in order */
        bool                 good;
};

/* ---- is it a schema of that name? ---- */

/* "SOURCE:LINE:COLUMN: POINTER: SENTENCE" for the place `where` in the document; what a remote registry gave is only noted. */
__attribute__((format(printf, 5, 6))) static bool entry_fail(struct load *load, const struct registry_entry *entry,
                                                             const char *where, const char *pointer, const char *format, ...)
{
        size_t line, column;
        char text[256];
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);
        scan_position(entry->text, where, &line, &column);
        if (!entry->remote)
                load->good = false;
        return errors_add(entry->remote ? &load->registry->notes : load->errors, "%s:%zu:%zu: %s%s%s", entry->source, line,
                          column, pointer, *pointer ? ": " : "", text);
}

static bool check_self(struct load *load, const struct registry_entry *entry)
{
        struct slice self = scan_pointer(entry->text, SLICE("/self"));
        char version[40];
        (void)snprintf(version, sizeof(version), "%u-%u-%u", entry->iglu.version[0], entry->iglu.version[1],
                       entry->iglu.version[2]);
        const struct { const char *pointer; struct slice want;
        } MEMBERS[] = {
                { "/self/vendor", entry->iglu.vendor },
                { "/self/name", entry->iglu.name },
                { "/self/format", SLICE("jsonschema") },
                { "/self/version", slice_of(version) },
        };
        if (!self.data)
                return true;
        if (*self.data != '{')
                return entry_fail(load, entry, self.data, "/self", "it is not an object");
        bool good = true;
        for (size_t i = 0; i < COUNT_OF(MEMBERS); i++) {
                struct slice member = scan_pointer(entry->text, slice_of(MEMBERS[i].pointer));
                if (!member.data)
                        good = entry_fail(load, entry, self.data, "/self", "it has no member '%s'", MEMBERS[i].pointer + 6);
                else if (*member.data != '"' || !string_is(member, MEMBERS[i].want))
                        good = entry_fail(load, entry, member.data, MEMBERS[i].pointer,
                                          "it is %.*s, but the schema lies where '%.*s' belongs",
                                          (int)(member.size < 80 ? member.size : 80), member.data, SLICE_ARGS(MEMBERS[i].want));
        }
        return good;
}

static bool check_entry(struct load *load, const struct registry_entry *entry)
{
        struct scan_error err;
        if (!scan_text(entry->text, &SCAN_UNLIMITED, &err))
                return entry_fail(load, entry, err.where, "", "%s", err.message);
        const char *start = scan_space(entry->text.data, entry->text.data + entry->text.size);
        if (*start != '{' && *start != 't' && *start != 'f')
                return entry_fail(load, entry, start, "", "a schema is an object, true or false");
        return check_self(load, entry);
}

/* ---- compile ---- */

static int entry_compare(const void *a, const void *b)
{
        const struct registry_entry *x = a, *y = b;
        int order = iglu_compare(&x->iglu, &y->iglu);
        return order ? order : strcmp(x->source, y->source);
}

static const struct registry_entry *entry_of(const struct load *load, const struct iglu *iglu)
{
        size_t low = 0, high = load->sorted;
        while (low < high) {
                size_t middle = low + (high - low) / 2;
                int order = iglu_compare(&load->registry->entries[middle].iglu, iglu);
                if (order == 0)
                        return &load->registry->entries[middle];
                if (order < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return NULL;
}

/* Where a $ref leads: "iglu:VENDOR/NAME/jsonschema/M-R-A", the same relative to the referring schema, or at Iglu Central's
 * address; with or without ".json". */
static bool reference_parse(struct slice uri, struct iglu *ret_iglu)
{
        static const struct slice PREFIXES[] = {
                SLICE_INIT("iglu:/"),
                SLICE_INIT("iglu:"),
                SLICE_INIT("http://iglucentral.com/schemas/"),
                SLICE_INIT("https://iglucentral.com/schemas/"),
        };
        static const struct slice SUFFIX = SLICE_INIT(".json");
        char text[IGLU_KEY_MAX];
        for (size_t i = 0; i < COUNT_OF(PREFIXES); i++) {
                if (!slice_starts_with(uri, PREFIXES[i]))
                        continue;
                struct slice rest = { uri.data + PREFIXES[i].size, uri.size - PREFIXES[i].size };
                if (slice_ends_with(rest, SUFFIX))
                        rest.size -= SUFFIX.size;
                int size = snprintf(text, sizeof(text), "iglu:%.*s", SLICE_ARGS(rest));
                struct iglu iglu;
                if (size >= (int)sizeof(text) || !iglu_parse((struct slice){ text, (size_t)size }, &iglu))
                        return false;
                /* Views into the caller's text, not into ours. */
                iglu.vendor.data = rest.data + (iglu.vendor.data - text - 5);
                iglu.name.data = rest.data + (iglu.name.data - text - 5);
                *ret_iglu = iglu;
                return true;
        }
        return false;
}

static struct slice resolve(void *context, const char *uri)
{
        struct load *load = context;
        struct iglu  iglu;
        if (!reference_parse(slice_of(uri), &iglu))
                return (struct slice){ 0 };
        const struct registry_entry *entry = entry_of(load, &iglu);
        if (entry)
                return entry->text;
        if (load->remote) {
                char key[IGLU_KEY_MAX];
                size_t size = iglu_format_key(&iglu, key);
                remote_want(load->remote, (struct slice){ key, size });
        }
        return (struct slice){ 0 };
}

static void compile_entry(struct load *load, struct registry_entry *entry)
{
        const struct schema_options options = {
                .assert_format = load->config->schemas_format == 0, .match_limit = (uint32_t)load->config->schemas_match_limit,
                .resolve = resolve, .context = load, .shelf = load->registry->shelf,
        };
        /* With a '/' at the start, so that relative references work as in paths. */
        char uri[IGLU_KEY_MAX + 1] = "iglu:/";
        memcpy(uri + 6, entry->uri.data + 5, entry->uri.size - 5);
        struct error err;
        entry->schema = schema_compile(entry->text, uri, &options, &err);
        if (entry->schema)
                return;
        if (!entry->remote)
                load->good = false;
        (void)errors_add(entry->remote ? &load->registry->notes : load->errors, "%s:%s", entry->source, err.text);
}

/* What the plan has itself comes before what a remote registry gave. */
static void take_document(void *context, struct slice key, struct slice text, const char *source)
{
        struct load *load = context;
        struct iglu  iglu;
        BUG_IF(!iglu_parse(key, &iglu));
        if (entry_of(load, &iglu) || (int64_t)load->registry->count >= load->config->schemas_count_limit)
                return;
        char *copy = memory_get(text.size + 1);
        memcpy(copy, text.data, text.size);
        registry_add(load->registry, &iglu, source, (struct slice){ copy, text.size }, true);
}

static void sort_entries(struct load *load)
{
        if (load->registry->count)
                qsort(load->registry->entries, load->registry->count, sizeof(*load->registry->entries), entry_compare);
        load->sorted = load->registry->count;
}

static void check_twice(struct load *load)
{
        const struct registry_entry *entries = load->registry->entries;
        for (size_t i = 1; i < load->registry->count; i++)
                if (iglu_compare(&entries[i - 1].iglu, &entries[i].iglu) == 0)
                        load->good = errors_add(load->errors, "%s: the version is there twice: '%s'", entries[i].source,
                                                entries[i - 1].source);
}

/* Remote schemas that do not compile are noted and left out. */
static void drop_broken(struct registry *registry)
{
        size_t kept = 0;
        for (size_t i = 0; i < registry->count; i++) {
                struct registry_entry *entry = &registry->entries[i];
                if (entry->schema) {
                        registry->entries[kept++] = *entry;
                        continue;
                }
                free(entry->source);
                free((void *)(uintptr_t)entry->text.data);
        }
        registry->count = kept;
}

/* One attempt with what the remote registries have given so far. */
static struct registry *load_once(const struct config *config, struct remote *remote, struct errors *errors)
{
        struct load load = {
                .registry = memory_get(sizeof(*load.registry)), .config = config, .remote = remote, .errors = errors, .good = true
        };
        struct registry *registry = load.registry;
        registry->shelf = shelf_new();
        if (*config->schemas_path && !registry_read_folder(registry, config, errors))
                load.good = false;
        sort_entries(&load);
        check_twice(&load);
        if (remote)
                remote_each(remote, take_document, &load);
        sort_entries(&load);
        for (size_t i = 0; i < registry->count; i++)
                if (check_entry(&load, &registry->entries[i]))
                        compile_entry(&load, &registry->entries[i]);
        if (!load.good) {
                registry_free(registry);
                return NULL;
        }
        drop_broken(registry);
        registry_index(registry);
        return registry;
}

struct registry *registry_load(const struct config *config, struct remote *remote, struct errors *errors)
{
        for (size_t round = 0;; round++) {
                struct errors found = { 0 };
                struct registry *registry = load_once(config, remote, &found);
                bool again = !registry && round < ROUNDS_MAX && remote && remote_wanted(remote) && remote_refresh(remote, false);
                for (size_t i = 0; !again && i < found.count; i++)
                        (void)errors_add(errors, "%s", found.items[i].text);
                if (!again)
                        errors->more += found.more;
                errors_done(&found);
                if (!again)
                        return registry;
        }
}
