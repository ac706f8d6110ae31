#include "enrich/source.h"
#include "base/suggest.h"
#include "json/scan.h"

static const struct { const char *name; enum source_kind kind; } NAMES[] = {
        { "schema", SOURCE_SCHEMA }, { "vendor", SOURCE_VENDOR }, { "name", SOURCE_NAME }, { "version", SOURCE_VERSION },
};

/* "context.traits.email" as a pointer into the context: "/traits/email". */
static char *context_pointer(const char *text)
{
        char *pointer = memory_get(2 * strlen(text) + 1), *at = pointer;
        for (text += strlen("context"); *text; text++) {
                if (*text == '~')
                        *at++ = '~', *at++ = '0';
                else if (*text == '/')
                        *at++ = '~', *at++ = '1';
                else
                        *at++ = *text == '.' ? '/' : *text;
        }
        *at = '\0';
        return pointer;
}

static bool pointer_check(const char *text, struct error *err)
{
        for (const char *at = text; *at; at++)
                if (*at == '~' && at[1] != '0' && at[1] != '1')
                        return error_set(err, "'%s' is no JSON pointer (RFC 6901): '~' must be followed by 0 or 1", text);
        return true;
}

static bool unknown(const struct layout *layout, const char *text, struct error *err)
{
        struct suggestion near;
        suggestion_init(&near, slice_of(text));
        for (size_t i = 0; i < COUNT_OF(NAMES); i++)
                suggestion_offer(&near, slice_of(NAMES[i].name));
        for (size_t i = 0; i < FACT_COUNT; i++)
                suggestion_offer(&near, slice_of(FACTS[i].path));
        for (size_t i = 0; i < layout->count; i++)
                suggestion_offer(&near, slice_of(layout->field[i].name));
        if (near.best.data)
                return error_set(err, "there is no value '%s'; did you mean %.*s?", text, SLICE_ARGS(near.best));
        return error_set(err, "there is no value '%s'; there are JSON pointers into the data such as /cart/total, members of the "
                              "envelope such as userId and context.page.url, data points such as user_agent.name, and schema, "
                              "vendor, name and version", text);
}

bool source_parse(struct source *source, const struct layout *layout, const char *text, struct error *err)
{
        *source = (struct source){ .kind = SOURCE_DATA };
        if (*text == '/') {
                if (!pointer_check(text, err))
                        return false;
                source->pointer = slice_copy(slice_of(text));
                return true;
        }
        for (size_t i = 0; i < COUNT_OF(NAMES); i++)
                if (strcmp(text, NAMES[i].name) == 0) {
                        source->kind = NAMES[i].kind;
                        return true;
                }
        for (source->fact = 0; source->fact < FACT_COUNT; source->fact++)
                if (strcmp(text, FACTS[source->fact].path) == 0) {
                        source->kind = SOURCE_FACT;
                        return true;
                }
        if (strncmp(text, "context.", 8) == 0 && text[8]) {
                source->kind = SOURCE_CONTEXT;
                source->pointer = context_pointer(text);
                return true;
        }
        source->kind = SOURCE_FIELD;
        for (size_t i = 0; i < layout->count; i++)
                if (strcmp(text, layout->field[i].name) == 0) {
                        source->field = (enum field)i;
                        return true;
                }
        return unknown(layout, text, err);
}

void source_done(struct source *source)
{
        free(source->pointer);
        source->pointer = NULL;
}

static struct slice raw_of(const struct source *source, const struct subject *subject)
{
        switch (source->kind) {
        case SOURCE_DATA:
                return subject->event->data.data ? scan_pointer(subject->event->data, slice_of(source->pointer)) :
                                                   (struct slice){ 0 };
        case SOURCE_FACT:
                return subject->facts->fact[source->fact];
        case SOURCE_CONTEXT:
                if (!subject->facts->fact[FACT_context].data)
                        return (struct slice){ 0 };
                return scan_pointer(subject->facts->fact[FACT_context], slice_of(source->pointer));
        case SOURCE_FIELD:
                return findings_find(subject->findings, source->field);
        default:
                return (struct slice){ 0 };
        }
}

struct slice source_raw(const struct source *source, const struct subject *subject)
{
        struct slice raw = raw_of(source, subject);
        return raw.size && *raw.data != 'n' ? raw : (struct slice){ 0 };
}

struct slice source_start(const struct source *source, const struct subject *subject)
{
        struct slice data = subject->event->data;
        if (source->kind != SOURCE_DATA || !data.data)
                return source_raw(source, subject);
        const char *at = scan_pointer_start(data, slice_of(source->pointer));
        return at && at < data.data + data.size && *at != 'n' ? slice_between(at, data.data + data.size) : (struct slice){ 0 };
}

/* "vendor/name/M-R-A" in parts. */
static struct slice schema_part(struct slice schema, enum source_kind kind)
{
        const char *end = slice_end(schema), *first = schema.data ? memchr(schema.data, '/', schema.size) : NULL;
        const char *last = first ? memrchr(schema.data, '/', schema.size) : NULL;
        if (kind == SOURCE_SCHEMA)
                return schema;
        if (!first || first == last)
                return (struct slice){ 0 };
        return kind == SOURCE_VENDOR ? slice_between(schema.data, first) :
               kind == SOURCE_NAME   ? slice_between(first + 1, last) : slice_between(last + 1, end);
}

struct slice source_text(const struct source *source, const struct subject *subject)
{
        if (source->kind >= SOURCE_SCHEMA)
                return schema_part(subject->event->schema, source->kind);
        struct slice raw = source_raw(source, subject);
        return raw.data && *raw.data == '"' ? scan_plain(raw, subject->arena) : raw;
}
