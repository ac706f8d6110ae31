/* How data points are written: the texts of all keys, made once a plan, and the writer that uses them. */
#ifndef ENRICH_LAYOUT_H
#define ENRICH_LAYOUT_H
#include "enrich/enrich.h"

#define LAYOUT_DEPTH 3             /* objects inside the group's: client.as.organization.name has two */
#define LAYOUT_OWN_MAX 1000        /* fields of the configuration's own */
#define LAYOUT_COPIED 32           /* bytes that short texts are copied with: a fixed number is quicker than the right one */

struct layout_field {
        struct slice key;          /* `"name":`; data NULL: not written in this plan */
        struct slice next;         /* `,"name":`, for behind another field of its object; LAYOUT_COPIED bytes can be read */
        struct slice open[LAYOUT_DEPTH];           /* `"os":{`, the objects inside the group's, from the outside */
        uint16_t     inner[LAYOUT_DEPTH];          /* their numbers; 0: no more */
        uint16_t     object;       /* the number of the innermost one, or the group's; never 0 */
        uint8_t      depth;        /* how many */
        enum group   group;
        const char  *name, *type, *doc;            /* of fields.def, or own */
        char        *memory;       /* owns the texts */
};
struct layout {
        struct layout_field *field;                /* the fields of fields.def, then the configuration's own */
        size_t       count;
        struct slice group_open[GROUP_COUNT];      /* `,"user_agent":{` */
        struct slice group_close;                  /* `}` */
        size_t       frame;                        /* most bytes around the pieces of all groups, commas included */
        bool         flat;
        const struct text_list *include, *exclude; /* patterns; NULL: every field is written */
        char        *group_memory[GROUP_COUNT];
};
/* Objects inside objects, as the names say: {"user_agent":{"os":{"name":...}}}. flat: {"user_agent_os_name":...}. Every field
 * is written. */
struct layout *layout_new(bool flat);
void           layout_free(struct layout *layout);
/* From now on only fields that one of `include` names (all, when that is empty) and none of `exclude`: "client.geo.city_name", or
 * "client.geo.*". The lists live as long as the layout. */
void           layout_choose(struct layout *layout, const struct text_list *include, const struct text_list *exclude);
/* True when some field is called so, or begins so where the pattern ends in a star. */
bool           layout_knows(const struct layout *layout, struct slice pattern);
/* A field of the configuration's own, such as "labels.shop.city", inside one of the groups; type as in fields.def. The texts are
 * copied. FIELD_NONE: there is no such group, the name is not made of small letters, digits, '_' and dots, it is too deep, it is
 * there already or would lie inside a field that is, or there are too many. */
#define FIELD_NONE ((enum field)UINT16_MAX)
enum field     layout_own(struct layout *layout, const char *name, const char *type, const char *doc);
/* Most bytes that the fields from `first` to before `end` need around their values. */
size_t         layout_keys(const struct layout *layout, const enum field *fields);
size_t         layout_keys_between(const struct layout *layout, size_t first, size_t end);

/* Writes data points as pieces into a buffer. Fields of one group, and of one inner object, one after the other. */
#define WRITER_PIECES 8
struct field_writer {
        const struct layout *layout;
        struct buffer       *out;
        struct { size_t start, size; enum group group; } piece[WRITER_PIECES];
        size_t   count;
        uint16_t inner[LAYOUT_DEPTH];      /* the inner objects that are open; 0: none */
        uint16_t object;           /* that the last field stands in; 0: there is none yet */
        uint8_t  depth;            /* how many */
        bool     fresh;            /* nothing was written since the last opening */
};
void writer_init(struct field_writer *writer, const struct layout *layout, struct buffer *out);
/* A string; nothing when it is empty. Any bytes: escaped, and made UTF-8. */
void writer_text(struct field_writer *writer, enum field field, struct slice text);
/* JSON text as it is (a number, true); nothing when data is NULL. */
void writer_json(struct field_writer *writer, enum field field, struct slice json);
void writer_integer(struct field_writer *writer, enum field field, int64_t number);
void writer_boolean(struct field_writer *writer, enum field field, bool value);
/* Closes what is open; false when something did not fit, and then no piece is good. */
bool writer_end(struct field_writer *writer);

/* Adds a piece, with READABLE_PADDING bytes behind it (an arena and a text_cache see to that); nothing when it is empty or when
 * there are too many (a mistake of ours, caught by the tests). */
void findings_add(struct findings *findings, enum group group, struct slice text);
/* Adds the writer's pieces; its buffer lives as long as the findings are used. */
void findings_take(struct findings *findings, const struct field_writer *writer);
/* The raw JSON of a field that was written; data NULL: it was not. Reads the pieces: for rules, not for every event. */
struct slice findings_find(const struct findings *findings, enum field field);
#endif
