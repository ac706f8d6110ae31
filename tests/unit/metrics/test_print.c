/* The page as Prometheus reads it (text format 0.0.4), the manual, and the files that name our metrics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include "metrics/worker.h"

#define NAME_FIRST "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:"
#define NAME_REST  NAME_FIRST "0123456789"
#define SERIES_MAX 2000

/* ---- a reader of the format, written from its specification ---- */
struct page {
        const char *at;                    /* NUL-terminated text */
        char        family[128], type[16]; /* of the last TYPE line */
        bool        helped;                /* a HELP line came before it */
        char       *series[SERIES_MAX];    /* names with labels, all different */
        size_t      series_count;
        char       *families[SERIES_MAX];  /* all different: HELP and TYPE come once */
        size_t      family_count;
        double      bucket;                /* the last histogram bucket's count: they never fall */
};

static void add_once(char **list, size_t *count, struct slice text, const char *what)
{
        assert_true(*count < SERIES_MAX);
        for (size_t i = 0; i < *count; i++)
                if (slice_equal(slice_of(list[i]), text))
                        fail_msg("%s %.*s comes twice", what, SLICE_ARGS(text));
        list[(*count)++] = slice_copy(text);
}

static struct slice read_name(const char **at)
{
        const char *start = *at;
        if (!*start || !strchr(NAME_FIRST, *start))
                fail_msg("no name: %.40s", start);
        *at += strspn(start, NAME_REST);
        return slice_between(start, *at);
}

/* The text behind `# HELP name ` or `# TYPE name `. */
static void read_comment(struct page *page)
{
        bool help = strncmp(page->at, "# HELP ", 7) == 0;
        if (!help && strncmp(page->at, "# TYPE ", 7) != 0)
                fail_msg("neither HELP nor TYPE: %.40s", page->at);
        page->at += 7;
        struct slice name = read_name(&page->at);
        assert_int_equal(*page->at++, ' ');
        const char *end = strchr(page->at, '\n');
        assert_non_null(end);
        if (help) {
                add_once(page->families, &page->family_count, name, "HELP of");
                for (const char *at = page->at; at < end; at++)
                        if (*at == '\\' && !strchr("\\n", *++at))
                                fail_msg("bad escape in HELP of %.*s", SLICE_ARGS(name));
                (void)snprintf(page->family, sizeof(page->family), "%.*s", SLICE_ARGS(name));
                page->helped = true;
        } else {
                assert_true(page->helped);
                page->helped = false;
                assert_true(slice_equal(name, slice_of(page->family)));
                (void)snprintf(page->type, sizeof(page->type), "%.*s", (int)(end - page->at), page->at);
                bool known = strcmp(page->type, "counter") == 0 || strcmp(page->type, "gauge") == 0;
                if (!known && strcmp(page->type, "histogram") != 0)
                        fail_msg("%s is a %s", page->family, page->type);
        }
        page->at = end + 1;
}

static void read_labels(struct page *page)
{
        if (*page->at != '{')
                return;
        do {
                page->at++;
                (void)read_name(&page->at);
                assert_int_equal(*page->at++, '=');
                assert_int_equal(*page->at++, '"');
                for (; *page->at != '"'; page->at++) {
                        assert_true(*page->at != '\0' && *page->at != '\n');
                        if (*page->at == '\\' && !strchr("\\\"n", *++page->at))
                                fail_msg("bad escape in a label: %.20s", page->at);
                }
                page->at++;
        } while (*page->at == ',');
        assert_int_equal(*page->at++, '}');
}

static void read_sample(struct page *page)
{
        const char  *start = page->at;
        struct slice name = read_name(&page->at), family = slice_of(page->family);
        if (!slice_starts_with(name, family))
                fail_msg("%.*s stands below %s", SLICE_ARGS(name), page->family);
        struct slice rest = slice_between(name.data + family.size, name.data + name.size);
        bool histogram = strcmp(page->type, "histogram") == 0, bucket = slice_equal(rest, SLICE("_bucket"));
        bool part = bucket || slice_equal(rest, SLICE("_sum")) || slice_equal(rest, SLICE("_count"));
        if (histogram != part || (!histogram && rest.size))
                fail_msg("%.*s stands below the %s %s", SLICE_ARGS(name), page->type, page->family);
        read_labels(page);
        add_once(page->series, &page->series_count, slice_between(start, page->at), "series");
        assert_int_equal(*page->at++, ' ');
        char *end;
        double value = strtod(page->at, &end);
        if (end == page->at || *end != '\n' || isspace((unsigned char)*page->at))
                fail_msg("no value: %.60s", start);
        if (value < 0 && strcmp(page->type, "gauge") != 0)
                fail_msg("a %s below 0: %.60s", page->type, start);
        if (bucket && value < page->bucket)
                fail_msg("buckets fall: %.60s", start);
        page->bucket = bucket ? value : 0;
        page->at = end + 1;
}

static void page_read(struct page *page, const char *text)
{
        *page = (struct page){ .at = text };
        while (*page->at)
                if (*page->at == '#')
                        read_comment(page);
                else
                        read_sample(page);
        assert_false(page->helped);
}

static void page_done(struct page *page)
{
        for (size_t i = 0; i < page->series_count; i++)
                free(page->series[i]);
        for (size_t i = 0; i < page->family_count; i++)
                free(page->families[i]);
}

static char *scrape(struct metrics *metrics)
{
        struct buffer out;
        buffer_init(&out, 1 << 22);
        metrics_print(metrics, &out);
        buffer_add_char(&out, '\0');
        assert_false(out.full);
        return out.data;
}

static void test_the_page_is_as_prometheus_wants_it(void **state)
{
        (void)state;
        struct metrics *metrics = metrics_new(3);
        struct page *page = memory_get(sizeof(*page));
        uint32_t slot = metrics_schema(metrics, SLICE("v/\"quoted\\\n\"/1-0-0"));
        for (size_t i = 0; i < 3; i++) {
                struct metrics_worker *worker = metrics_of(metrics, i);
                metrics_begin(worker);
                metrics_received(worker, slot, 2);
                metrics_ended(worker, slot, REASON_published);
                metrics_end(worker);
                for (int64_t time = 1; time < 100000000000; time *= 3)
                        metrics_time(worker, STAGE_sink, time);
        }
        char *text = scrape(metrics);
        page_read(page, text);
        assert_true(page->series_count > 200);
        assert_non_null(strstr(text, "\nmillrace_schema_events_received_total{schema=\"v/\\\"quoted\\\\\\n\\\"/1-0-0\"} 6\n"));
        assert_non_null(strstr(text, "\nmillrace_events_open 3\n"));
        assert_non_null(strstr(text, "\nmillrace_events_ended_total{end=\"published\",reason=\"published\"} 3\n"));
        assert_non_null(strstr(text, "\nmillrace_build_info{version=\"" MILLRACE_VERSION "\"} 1\n"));
        assert_non_null(strstr(text, "\nmillrace_workers 3\n"));
        page_done(page);
        free(page);
        free(text);
        metrics_free(metrics);
}

/* https://prometheus.io/docs/practices/naming */
static void test_names_follow_the_conventions(void **state)
{
        (void)state;
        static const char *const NOT_BASE[] = { "_ms", "_milliseconds", "_us", "_kb", "_kib", "_mb", "_percent", "_count" };
        struct metrics *metrics = metrics_new(1);
        char *text = scrape(metrics);
        for (char *line = text; line && *line; line = strchr(line, '\n') + 1) {
                char name[128], kind[16];
                if (strncmp(line, "# TYPE ", 7) != 0)
                        continue;
                size_t size = strcspn(line + 7, " ");
                (void)snprintf(name, sizeof(name), "%.*s", (int)size, line + 7);
                (void)snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(line + 8 + size, "\n"), line + 8 + size);
                bool total = size > 6 && strcmp(name + size - 6, "_total") == 0;
                if (total != (strcmp(kind, "counter") == 0))
                        fail_msg("%s is a %s", name, kind);
                if (strncmp(name, "millrace_", 9) != 0 && strncmp(name, "process_", 8) != 0)
                        fail_msg("%s is nobody's", name);
                if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != size)
                        fail_msg("%s has other letters", name);
                for (size_t i = 0; i < COUNT_OF(NOT_BASE); i++) {
                        size_t end = size - (total ? 6 : 0), unit = strlen(NOT_BASE[i]);
                        if (end > unit && strncmp(name + end - unit, NOT_BASE[i], unit) == 0)
                                fail_msg("%s: not a base unit", name);
                }
        }
        free(text);
        metrics_free(metrics);
}

static void test_every_metric_is_in_the_manual(void **state)
{
        (void)state;
        struct metrics *metrics = metrics_new(1);
        char *text = scrape(metrics), *manual = NULL;
        size_t size = 0, rows = 0;
        FILE *out = open_memstream(&manual, &size);
        assert_non_null(out);
        metrics_print_reference(out);
        assert_int_equal(fclose(out), 0);
        for (char *line = text; line && *line; line = strchr(line, '\n') + 1) {
                char row[160];
                if (strncmp(line, "# TYPE ", 7) != 0)
                        continue;
                size_t name = strcspn(line + 7, " ");
                (void)snprintf(row, sizeof(row), "\n| `%.*s` | %.*s | ", (int)name, line + 7, (int)strcspn(line + 8 + name, "\n"),
                               line + 8 + name);
                if (!strstr(manual, row))
                        fail_msg("not in the manual: %s", row);
                rows++;
        }
        assert_true(rows > 20);
        free(text);
        free(manual);
        metrics_free(metrics);
}

static const struct { const char *name; bool known; } NAMES[] = {
        { "millrace_events_received_total", true },
        { "millrace_http_responses_total", true },
        { "process_cpu_seconds_total", true },
        { "millrace_stage_seconds_bucket", true },
        { "millrace_stage_seconds_sum", true },
        { "millrace_stage_seconds", false },
        { "millrace_workers_bucket", false },
        { "millrace_events", false },
        { "", false },
};
static void test_names_are_known(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(NAMES); i++)
                if (metrics_known(slice_of(NAMES[i].name)) != NAMES[i].known)
                        fail_msg("%s", NAMES[i].name);
}

/* Whatever looks like a metric of ours in the files that are shipped for Prometheus and Grafana is one. */
static const struct { const char *path; size_t least; } FILES[] = {
        { SOURCE_DIR "/config/alerts.yaml", 10 },
        { SOURCE_DIR "/config/dashboard.json", 20 },
        { SOURCE_DIR "/docs/howto/operations.md", 5 },
};
static void test_shipped_files_name_metrics_that_exist(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(FILES); i++) {
                char *text = memory_get(1 << 20);
                FILE *file = fopen(FILES[i].path, "re");
                if (!file)
                        fail_msg("%s: cannot be opened", FILES[i].path);
                size_t size = fread(text, 1, (1 << 20) - 1, file), found = 0;
                assert_int_equal(fclose(file), 0);
                for (char *at = text; at < text + size;) {
                        size_t word = strspn(at, NAME_REST);
                        struct slice name = { at, word };
                        if (slice_starts_with(name, SLICE("millrace_")) || slice_starts_with(name, SLICE("process_"))) {
                                if (!metrics_known(name))
                                        fail_msg("%s: there is no metric %.*s", FILES[i].path, SLICE_ARGS(name));
                                found++;
                        }
                        at += word ? word : 1;
                }
                assert_true(found >= FILES[i].least);
                free(text);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_page_is_as_prometheus_wants_it),
                cmocka_unit_test(test_names_follow_the_conventions),
                cmocka_unit_test(test_every_metric_is_in_the_manual),
                cmocka_unit_test(test_names_are_known),
                cmocka_unit_test(test_shipped_files_name_metrics_that_exist),
        };
        return cmocka_run_group_tests_name("print", tests, NULL, NULL);
}
