/* The examples beside the schemas: `VENDOR/NAME/examples/M-R-A/{good,bad}/NAME.json`. */
#include "base/clock.h"
#include "base/file.h"
#include "server/trial.h"
#include <dirent.h>

#define EXAMPLE_MAX (16 * 1024 * 1024)

struct tour {
        struct plan   *plan;
        struct trial  *trial;
        struct errors *errors;
        size_t         count;
        void         (*visit)(void *context, struct slice key, struct slice payload);  /* NULL: they are checked */
        void          *context;
};

static const struct event *try_payload(struct tour *tour, struct slice key, struct slice payload)
{
        const struct batch *batch;
        struct trial_request request = { .input = &input_payload, .body = payload, .route_key = key, .received = clock_wall() };
        if (trial_run(tour->trial, &request, &batch) != READER_DONE || batch->count != 1)
                return NULL;
        return &batch->events[0];
}

static void try_good(struct tour *tour, const char *path, struct slice key, struct slice text)
{
        if (tour->visit) {
                tour->visit(tour->context, key, text);
                return;
        }
        const struct event *event = try_payload(tour, key, text);
        const struct complaint none = { 0 }, *complaint = event && event->complaint ? event->complaint : &none;
        if (!event)
                (void)errors_add(tour->errors, "%s: holds more than the data of one event", path);
        else if (event->verdict != REASON_published)
                (void)errors_add(tour->errors, "%s: is rejected as %s%s%.*s: %.*s", path, REASONS[event->verdict].name,
                                 complaint->pointer.size ? " at " : "", SLICE_ARGS(complaint->pointer),
                                 SLICE_ARGS(complaint->message));
}

/* True when the example wants nothing of this member, or exactly `found`. */
static bool wanted(struct slice text, const char *pointer, struct slice found, struct slice *ret_wanted)
{
        struct slice raw = scan_pointer(text, slice_of(pointer));
        *ret_wanted = raw.data && *raw.data == '"' ? (struct slice){ raw.data + 1, raw.size - 2 } : raw;
        return !raw.data || slice_equal(*ret_wanted, found);
}

static void try_bad(struct tour *tour, const char *path, struct slice key, struct slice text)
{
        static const struct scan_limits LIMITS = { .depth = 1000, .string = EXAMPLE_MAX };
        struct scan_error err;
        const char *at = scan_space(text.data, text.data + text.size),
                   *end = scan_value(at, text.data + text.size, &LIMITS, &err);
        struct slice data = end ? scan_pointer(slice_between(at, end), SLICE("/data")) : (struct slice){ 0 };
        if (!data.data) {
                (void)errors_add(tour->errors, "%s: must be a JSON object with \"reason\", \"pointer\", \"keyword\" and \"data\"",
                                 path);
                return;
        }
        text = slice_between(at, end);
        const struct event *event = try_payload(tour, key, data);
        const struct complaint none = { 0 }, *complaint = event && event->complaint ? event->complaint : &none;
        struct slice want;
        if (!event || event->verdict == REASON_published)
                (void)errors_add(tour->errors, "%s: is accepted, but should be rejected", path);
        else if (!wanted(text, "/reason", slice_of(REASONS[event->verdict].name), &want))
                (void)errors_add(tour->errors, "%s: is rejected as %s, not as %.*s: %.*s", path, REASONS[event->verdict].name,
                                 SLICE_ARGS(want), SLICE_ARGS(complaint->message));
        else if (!wanted(text, "/pointer", complaint->pointer, &want))
                (void)errors_add(tour->errors, "%s: is rejected at \"%.*s\", not at \"%.*s\": %.*s", path,
                                 SLICE_ARGS(complaint->pointer), SLICE_ARGS(want), SLICE_ARGS(complaint->message));
        else if (!wanted(text, "/keyword", complaint->keyword, &want))
                (void)errors_add(tour->errors, "%s: is rejected by \"%.*s\", not by \"%.*s\": %.*s", path,
                                 SLICE_ARGS(complaint->keyword), SLICE_ARGS(want), SLICE_ARGS(complaint->message));
}

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static int is_example(const struct dirent *entry)
{
        const char *dot = strrchr(entry->d_name, '.');
        return entry->d_name[0] != '.' && dot && strcmp(dot, ".json") == 0;
}

static int is_visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

static void try_folder(struct tour *tour, const char *folder, struct slice key,
                       void (*try)(struct tour *, const char *, struct slice, struct slice))
{
        struct dirent **entries = NULL;
        int count = scandir(folder, &entries, is_example, by_name);
        for (int i = 0; i < count; i++) {
                char path[4096];
                size_t size = 0;
                struct error err;
                (void)snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
                char *text = file_read(path, EXAMPLE_MAX, &size, &err);
                tour->count++;
                if (text)
                        try(tour, path, key, (struct slice){ text, size });
                else
                        (void)errors_add(tour->errors, "%s", err.text);
                free(text);
                free(entries[i]);
        }
        free(entries);
}

/* The folders of a name's versions; one without its schema is a mistake. */
static void try_name(struct tour *tour, struct slice key)
{
        const char *slash = memchr(key.data, '/', key.size),
                   *version = memchr(slash + 1, '/', (size_t)(key.data + key.size - slash - 1));
        struct slice name = slice_between(key.data, version);
        struct dirent **entries = NULL;
        char folder[2048], path[3072];
        (void)snprintf(folder, sizeof(folder), "%s/%.*s/examples", tour->plan->config.schemas_path, SLICE_ARGS(name));
        int count = scandir(folder, &entries, is_visible, by_name);
        for (int i = 0; i < count; i++) {
                char text[512];
                int  size = snprintf(text, sizeof(text), "%.*s/%s", SLICE_ARGS(name), entries[i]->d_name);
                const struct registry_entry *entry =
                        size < (int)sizeof(text) ? registry_find(tour->plan->registry, slice_of(text)) : NULL;
                if (!entry)
                        (void)errors_add(tour->errors, "%s/%s: there is no schema %s", folder, entries[i]->d_name, text);
                (void)snprintf(path, sizeof(path), "%s/%s/good", folder, entries[i]->d_name);
                if (entry)
                        try_folder(tour, path, registry_key(entry), try_good);
                (void)snprintf(path, sizeof(path), "%s/%s/bad", folder, entries[i]->d_name);
                if (entry && !tour->visit)
                        try_folder(tour, path, registry_key(entry), try_bad);
                free(entries[i]);
        }
        free(entries);
}

static struct slice name_of(struct slice key)
{
        while (key.size && key.data[key.size - 1] != '/')
                key.size--;
        return key;
}

static size_t tour_make(struct tour *tour)
{
        const struct registry *registry = tour->plan->registry;
        struct slice last = { 0 };
        for (size_t i = 0; i < registry_count(registry); i++) {
                struct slice key = registry_key(registry_at(registry, i)), name = name_of(key);
                if (last.data && slice_equal(name, last))
                        continue;          /* sorted: the versions of a name stand together */
                last = name;
                try_name(tour, key);
        }
        return tour->count;
}

size_t examples_check(struct plan *plan, struct errors *errors)
{
        struct tour tour = { .plan = plan, .trial = trial_new(plan), .errors = errors };
        size_t count = tour_make(&tour);
        trial_free(tour.trial);
        return count;
}

size_t examples_visit(struct plan *plan, void (*visit)(void *context, struct slice key, struct slice payload), void *context)
{
        struct errors ignored = { 0 };
        struct tour tour = { .plan = plan, .errors = &ignored, .visit = visit, .context = context };
        size_t count = tour_make(&tour);
        errors_done(&ignored);
        return count;
}
