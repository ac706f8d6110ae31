/* A YAML file that is one list of rows under one name, read like the configuration and with the same kind of mistakes:
 *
 *     keys:
 *       - name: web
 *         routes: [/v1/events]
 *
 * What the fields mean is the reader's matter. */
#ifndef CONFIG_ROWS_H
#define CONFIG_ROWS_H
#include "config/config.h"

#define ROWS_FILE_MAX ((size_t)16 << 20)   /* bytes */

struct row {
        size_t           line, column;     /* where it begins, from 1 */
        struct text_tree fields;           /* path: the field's name; the items of a list have the same one */
};
struct rows {
        const char   *file;
        struct row   *items;
        size_t        count;
        struct config texts;               /* owns all of it */
};
/* `name`: that of the list. Every mistake is added to `errors` as "FILE:LINE:COLUMN: field: sentence". False when there was any;
 * rows_done() either way. An empty list, or no list at all, is none. */
bool rows_load(struct rows *rows, const char *file, const char *name, struct errors *errors);
/* The same from memory. */
bool rows_read(struct rows *rows, const char *file, struct slice yaml, const char *name, struct errors *errors);
void rows_done(struct rows *rows);

/* Adds "FILE:LINE:COLUMN: field: sentence" with the item's place; NULL: the row's own. False. */
bool rows_error(const struct rows *rows, const struct row *row, const struct tree_item *item, struct errors *errors,
                const char *format, ...) __attribute__((format(printf, 5, 6)));
#endif
