#include "enrich/layout.h"

const struct group_row GROUPS[GROUP_COUNT] = {
#define GROUP(id, name, doc) { name, doc },
#define FIELD(id, group, name, type, unit, source, doc)
#include "enrich/fields.def"
#undef GROUP
#undef FIELD
};

const struct field_row FIELDS[FIELD_COUNT] = {
#define GROUP(id, name, doc)
#define FIELD(id, group, name, type, unit, source, doc) { name, type, unit, source, doc, GROUP_##group },
#include "enrich/fields.def"
#undef GROUP
#undef FIELD
};

_Static_assert(GROUP_COUNT <= 64, "findings.groups is a mask of 64 bits");

static struct slice copy_formatted(char **memory, const char *before, struct slice text, const char *behind)
{
        char  *at = *memory;
        size_t size = (size_t)snprintf(at, text.size + 8, "%s%.*s%s", before, SLICE_ARGS(text), behind);
        *memory += size + 1;
        return (struct slice){ at, size };
}

/* The number of an inner object: one more than that of the first field inside it. `size` bytes of the name are the object's. */
static uint16_t inner_number(const struct layout *layout, const char *name, size_t size)
{
        size_t i = 0;
        while (i < layout->count && strncmp(layout->field[i].name, name, size + 1) != 0)
                i++;
        return (uint16_t)(i + 1);
}

/* An object and the one inside it may have begun with the same field, so their depth tells them apart. */
static uint16_t object_number(unsigned inner, unsigned depth) { return (uint16_t)(inner * (LAYOUT_DEPTH + 1) + depth); }
_Static_assert((FIELD_COUNT + LAYOUT_OWN_MAX + 1 + GROUP_COUNT) * (LAYOUT_DEPTH + 1) <= UINT16_MAX, "16 bits");

static bool pattern_covers(struct slice pattern, const char *name)
{
        bool open = pattern.size && pattern.data[pattern.size - 1] == '*';
        size_t size = pattern.size - open;
        return strncmp(name, pattern.data, size) == 0 && (open || name[size] == '\0');
}

static bool list_covers(const struct text_list *list, const char *name)
{
        for (size_t i = 0; list && i < list->count; i++)
                if (pattern_covers(slice_of(list->items[i]), name))
                        return true;
        return false;
}

/* Makes the texts of a field whose name, type and group are set. */
static void field_init(struct layout *layout, struct layout_field *row)
{
        const char *name = row->name, *at = name + strlen(GROUPS[row->group].name) + 1, *dot;
        size_t size = strlen(name);
        char  *memory = row->memory = memory_get((LAYOUT_DEPTH + 2) * (size + 8) + READABLE_PADDING);
        row->depth = 0;
        row->object = object_number(FIELD_COUNT + LAYOUT_OWN_MAX + 1 + row->group, 0);
        if (layout->flat) {
                row->next = copy_formatted(&memory, ",\"", slice_of(name), "\":");
                for (char *c = row->memory; *c; c++)
                        if (*c == '.')
                                *c = '_';
                row->key = slice_between(row->next.data + 1, slice_end(row->next));
                return;
        }
        for (; (dot = strchr(at, '.')); at = dot + 1) {
                BUG_IF(row->depth == LAYOUT_DEPTH);
                row->open[row->depth] = copy_formatted(&memory, "\"", slice_between(at, dot), "\":{");
                row->inner[row->depth++] = inner_number(layout, name, (size_t)(dot - name));
                row->object = object_number(row->inner[row->depth - 1], row->depth);
        }
        row->next = copy_formatted(&memory, ",\"", slice_of(at), "\":");
        row->key = slice_between(row->next.data + 1, slice_end(row->next));
}

static void field_choose(struct layout *layout, struct layout_field *row)
{
        bool wanted = !layout->include || layout->include->count == 0 || list_covers(layout->include, row->name);
        if (!wanted || list_covers(layout->exclude, row->name))
                row->key = (struct slice){ NULL, 0 };
}

void layout_choose(struct layout *layout, const struct text_list *include, const struct text_list *exclude)
{
        layout->include = include;
        layout->exclude = exclude;
        for (size_t i = 0; i < layout->count; i++)
                field_choose(layout, &layout->field[i]);
}

bool layout_knows(const struct layout *layout, struct slice pattern)
{
        for (size_t i = 0; i < layout->count; i++)
                if (pattern_covers(pattern, layout->field[i].name))
                        return true;
        if (pattern.size < 2 || memcmp(pattern.data + pattern.size - 2, ".*", 2) != 0)
                return false;
        for (size_t i = 0; i < COUNT_OF(GROUPS); i++)      /* `labels.*`, also where the configuration has none yet */
                if (slice_equal((struct slice){ pattern.data, pattern.size - 2 }, slice_of(GROUPS[i].name)))
                        return true;
        return false;
}

struct layout *layout_new(bool flat)
{
        struct layout *layout = memory_get(sizeof(*layout));
        layout->flat = flat;
        layout->field = memory_get((FIELD_COUNT + LAYOUT_OWN_MAX) * sizeof(*layout->field));
        for (layout->count = 0; layout->count < FIELD_COUNT; layout->count++) {
                struct layout_field *row = &layout->field[layout->count];
                const struct field_row *field = &FIELDS[layout->count];
                size_t size = strlen(GROUPS[field->group].name);
                BUG_IF(strncmp(field->name, GROUPS[field->group].name, size) != 0 || field->name[size] != '.');
                row->name = field->name;
                row->type = field->type;
                row->doc = field->doc;
                row->group = field->group;
                field_init(layout, row);
        }
        layout->group_close = flat ? SLICE("") : SLICE("}");
        for (unsigned i = 0; i < GROUP_COUNT; i++) {
                char *memory = layout->group_memory[i] = memory_get(strlen(GROUPS[i].name) + 8 + READABLE_PADDING);
                layout->group_open[i] = flat ? copy_formatted(&memory, ",", SLICE(""), "")
                                             : copy_formatted(&memory, ",\"", slice_of(GROUPS[i].name), "\":{");
                layout->frame += layout->group_open[i].size + layout->group_close.size;
        }
        layout->frame += PIECES_MAX + READABLE_PADDING;
        return layout;
}

void layout_free(struct layout *layout)
{
        if (!layout)
                return;
        for (size_t i = 0; i < layout->count; i++) {
                free(layout->field[i].memory);
                if (i >= FIELD_COUNT)
                        free((char *)(uintptr_t)layout->field[i].name);    /* and what is copied behind it */
        }
        for (unsigned i = 0; i < GROUP_COUNT; i++)
                free(layout->group_memory[i]);
        free(layout->field);
        free(layout);
}

/* ---- the configuration's own fields ---- */

#define OWN_NAME_MAX 128

static bool name_sane(const char *name)
{
        size_t parts = 1, size = strlen(name);
        for (size_t i = 0; i < size; i++) {
                bool letter = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') || name[i] == '_';
                if (!letter && (name[i] != '.' || i == 0 || name[i - 1] == '.' || i + 1 == size))
                        return false;
                parts += name[i] == '.';
        }
        return size <= OWN_NAME_MAX && parts >= 2 && parts <= LAYOUT_DEPTH + 2;
}

/* Two names that one object cannot hold: the same one, or one that is an object for the other. */
static bool names_clash(const char *a, const char *b)
{
        while (*a && *a == *b)
                a++, b++;
        return (!*a && (!*b || *b == '.')) || (!*b && *a == '.');
}

/* The same for the names joined by '_', as a flat layout has them. */
static bool names_clash_flat(const char *a, const char *b)
{
        for (; *a && (*a == *b || ((*a == '.' || *a == '_') && (*b == '.' || *b == '_'))); a++)
                b++;
        return !*a && !*b;
}

enum field layout_own(struct layout *layout, const char *name, const char *type, const char *doc)
{
        unsigned group = 0;
        size_t   size = strlen(name);
        if (!name_sane(name) || layout->count == FIELD_COUNT + LAYOUT_OWN_MAX)
                return FIELD_NONE;
        while (group < GROUP_COUNT && (strncmp(name, GROUPS[group].name, strlen(GROUPS[group].name)) != 0 ||
                                       name[strlen(GROUPS[group].name)] != '.'))
                group++;
        for (size_t i = 0; i < layout->count; i++)
                if (names_clash(name, layout->field[i].name) || names_clash_flat(name, layout->field[i].name))
                        return FIELD_NONE;
        if (group == GROUP_COUNT)
                return FIELD_NONE;
        char *text = memory_get(size + strlen(type) + strlen(doc) + 3);
        struct layout_field *row = &layout->field[layout->count];
        row->name = memcpy(text, name, size + 1);
        row->type = memcpy(text + size + 1, type, strlen(type) + 1);
        row->doc = memcpy(text + size + 2 + strlen(type), doc, strlen(doc) + 1);
        row->group = (enum group)group;
        field_init(layout, row);
        field_choose(layout, row);
        return (enum field)layout->count++;
}

static size_t keys_of(const struct layout_field *row)
{
        size_t size = row->key.size + 2;           /* a comma, and what closes the group */
        for (size_t i = 0; i < row->depth; i++)
                size += row->open[i].size + 2;
        return size;
}

size_t layout_keys(const struct layout *layout, const enum field *fields)
{
        size_t size = 0;
        for (; fields && *fields != FIELD_COUNT; fields++)
                size += keys_of(&layout->field[*fields]);
        return size;
}

size_t layout_keys_between(const struct layout *layout, size_t first, size_t end)
{
        size_t size = 0;
        for (size_t i = first; i < end; i++)
                size += keys_of(&layout->field[i]);
        return size;
}
