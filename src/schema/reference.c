#include "document.h"
#include "uri.h"

static struct document *document_find(struct compiler *compiler, const char *uri)
{
        for (struct document *document = compiler->documents; document; document = document->next)
                if (strcmp(document->uri, uri) == 0)
                        return document;
        return NULL;
}

/* The root of the resource or document of that URI: one that is here already, or fetched now. */
static struct target target_find(struct compiler *compiler, struct document *document, uint32_t entry, const char *uri,
                                 const struct resource *base)
{
        struct resource *resource = resource_find(compiler, uri);
        if (resource)
                return (struct target){ .document = resource->document, .entry = resource->entry, .resource = resource };
        struct document *found = document_find(compiler, uri);
        if (!found) {
                const struct schema_options *options = compiler->options;
                struct slice text = options->resolve && uri[0] ? options->resolve(options->context, uri) : (struct slice){ 0 };
                if (!text.data)
                        compile_fail(compiler, document, entry, "the schema '%s' is not known and could not be fetched", uri);
                found = document_add(compiler, text, uri, base);
        }
        struct target target = { .document = found };
        for (resource = compiler->resources; resource; resource = resource->next)
                if (resource->document == found && resource->entry == 0)
                        target.resource = resource;
        return target;
}

/* One step of a JSON pointer; 0: there is none. */
static uint32_t step_find(const struct document *document, uint32_t entry, struct slice name)
{
        if (entry_kind(document, entry) == TAPE_OBJECT)
                return tape_member(&document->tape, entry, name);
        if (entry_kind(document, entry) != TAPE_ARRAY || name.size == 0 || name.size > 9 ||
            (name.data[0] == '0' && name.size > 1))
                return 0;
        uint32_t index = 0;
        for (size_t i = 0; i < name.size; i++) {
                if (name.data[i] < '0' || name.data[i] > '9')
                        return 0;
                index = index * 10 + (uint32_t)(name.data[i] - '0');
        }
        FOR_EACH_ELEMENT(document, entry, element)
                if (index-- == 0)
                        return element;
        return 0;
}

/* Undoes ~0 and ~1 in place. */
static struct slice step_decode(char *text, size_t size)
{
        size_t out = 0;
        for (size_t at = 0; at < size; at++) {
                if (text[at] == '~' && at + 1 < size && (text[at + 1] == '0' || text[at + 1] == '1'))
                        text[out++] = text[++at] == '0' ? '~' : '/';
                else
                        text[out++] = text[at];
        }
        return (struct slice){ text, out };
}

/* Follows the pointer from the target's entry on; false: it leads nowhere. */
static bool pointer_follow(struct target *target, char *pointer)
{
        while (*pointer == '/') {
                size_t size = strcspn(++pointer, "/");
                target->entry = step_find(target->document, target->entry, step_decode(pointer, size));
                if (target->entry == 0)
                        return false;
                pointer += size;
        }
        return *pointer == '\0';
}

struct target reference_resolve(struct compiler *compiler, struct document *document, uint32_t entry, const struct resource *base)
{
        struct slice raw = tape_raw(&document->tape, entry);
        char *text = scratch_take(compiler, raw.size + 1);
        size_t size = scan_unescape(raw, text);
        char *uri = uri_resolve(&compiler->arena, base->uri, (struct slice){ text, size });
        BUG_IF(!uri);
        char *fragment = uri_cut_fragment(uri);
        struct target target;
        if (size == 0 || text[0] == '#')       /* stays here, whatever other resource bears the same name */
                target = (struct target){ .document = base->document, .entry = base->entry, .resource = base };
        else
                target = target_find(compiler, document, entry, uri, base);
        if (!fragment || !*fragment)
                return target;
        uri_decode(fragment);
        if (*fragment == '/') {
                if (!pointer_follow(&target, fragment))
                        compile_fail(compiler, document, entry, "'%.*s' leads nowhere", (int)(size < 200 ? size : 200), text);
                return target;
        }
        target.anchor = target.resource ? anchor_find(target.resource, slice_of(fragment)) : NULL;
        if (!target.anchor)
                compile_fail(compiler, document, entry, "'%.*s' names an anchor that is not there",
                             (int)(size < 200 ? size : 200), text);
        target.entry = target.anchor->entry;
        return target;
}
