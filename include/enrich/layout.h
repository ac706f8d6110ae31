/* How data points are written: the texts of all keys, made once a plan, and the writer that uses them. */
#ifndef ENRICH_LAYOUT_H
#define ENRICH_LAYOUT_H
#include "enrich/enrich.h"

struct layout_field {
        struct slice key;          /* `"name":`; data NULL: not written in this plan */
        struct slice open;         /* `"os":{`, the object inside the group's; empty: directly in the group's */
        uint16_t     inner;        /* number of that object; 0: none */
};
struct layout {
        struct layout_field field[FIELD_COUNT];
        struct slice group_open[GROUP_COUNT];      /* `,"user_agent":{` */
        struct slice group_close;                  /* `}` */
        size_t       frame;                        /* most bytes around the pieces of all groups, commas included */
        char        *memory;                       /* owns the texts */
};
/* Objects inside objects, as the names say: {"user_agent":{"os":{"name":...}}}. Every field is written. */
struct layout *layout_new(void);
void           layout_free(struct layout *layout);

/* Writes data points as pieces into a buffer. Fields of one group, and of one inner object, one after the other. */
#define WRITER_PIECES 8
struct field_writer {
        const struct layout *layout;
        struct buffer       *out;
        struct { size_t start, size; enum group group; } piece[WRITER_PIECES];
        size_t   count;
        uint16_t inner;            /* the inner object that is open; 0: none */
        bool     fresh;            /* nothing was written since the last opening */
};
void writer_init(struct field_writer *writer, const struct layout *layout, struct buffer *out);
/* A string; nothing when it is empty. Any bytes: escaped, and made UTF-8. */
void writer_text(struct field_writer *writer, enum field field, struct slice text);
/* JSON text as it is (a number, true); nothing when data is NULL. */
void writer_json(struct field_writer *writer, enum field field, struct slice json);
/* Closes what is open; false when something did not fit, and then no piece is good. */
bool writer_end(struct field_writer *writer);

/* Adds a piece; nothing when it is empty or when there are too many (a mistake of ours, caught by the tests). */
void findings_add(struct findings *findings, enum group group, struct slice text);
/* Adds the writer's pieces; its buffer lives as long as the findings are used. */
void findings_take(struct findings *findings, const struct field_writer *writer);
#endif
