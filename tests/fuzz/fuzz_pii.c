/* Any JSON as an event from which personal data are taken: JSON is left, and no member of the name; the same once more changes
 * nothing. */
#include "enrich/edit.h"
#include "enrich/pii_path.h"
#include "json/scan.h"

static void visit(void *context, struct slice raw) { (void)edit_remove(context, raw); }

static void replace(void *context, struct slice raw) { (void)edit_replace(context, raw, SLICE("\"***\"")); }

static void walk(const char *text, struct subject *subject, void (*what)(void *context, struct slice raw))
{
        struct pii_path path;
        struct error err;
        const struct layout layout = { .count = 0 };
        const struct pii_visitor visitor = { what, subject };
        BUG_IF(!pii_path_parse(&path, &layout, text, &err));
        pii_path_walk(&path, subject, &visitor);
        pii_path_done(&path);
}

/* What is left of the text, in memory of its own. */
static struct slice left_of(struct slice text, size_t *ret_edits)
{
        struct facts  facts = { 0 };
        struct client client = { 0 };
        struct event  event = { .body = text, .data = text };
        struct findings findings = { 0 };
        struct arena_pool pool;
        struct arena arena;
        arena_pool_init(&pool, 4096, 1);
        arena_init(&arena, &pool, 1 << 26);
        struct subject subject = { .facts = &facts, .client = &client, .event = &event, .arena = &arena, .findings = &findings };
        walk("/a/*", &subject, replace);
        walk("/**/e", &subject, visit);
        walk("/b/0/*/c", &subject, visit);
        BUG_IF(findings.broken);
        *ret_edits = 0;
        for (const struct edit *edit = findings.edits; edit; edit = edit->next) {
                BUG_IF(edit->next && (edit->next->from < edit->to || edit->next->previous != edit));
                ++*ret_edits;
        }
        char *out = memory_get(edit_bound(&findings, text) + 1), *end = edit_put(&findings, text, out);
        BUG_IF((size_t)(end - out) > edit_bound(&findings, text));
        arena_done(&arena);
        arena_pool_done(&pool);
        return slice_between(out, end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct scan_error err;
        char *copy = memory_get(size + 1);
        memcpy(copy, data, size);
        struct slice text = { copy, size };
        while (text.size && strchr(" \t\r\n", *text.data) && *text.data)
                text.data++, text.size--;
        const char *end = text.size ? scan_value(text.data, text.data + text.size, &SCAN_UNLIMITED, &err) : NULL;
        if (end) {
                size_t edits, more;
                text = slice_between(text.data, end);
                struct slice left = left_of(text, &edits);
                BUG_IF(!scan_text(left, &SCAN_UNLIMITED, &err));
                struct slice again = left_of(left, &more);
                BUG_IF(!slice_equal(left, again));
                free((char *)(uintptr_t)again.data);
                free((char *)(uintptr_t)left.data);
        }
        free(copy);
        return 0;
}
