/* Comma-separated values by RFC 4180, from memory that the reader may write to: quoted fields are undone in place, so that every
 * field is a view into the text and lives as long. Beyond the RFC: another separator, lines that end in a line feed alone, a byte
 * order mark, empty lines (passed over). A quote inside a field that does not begin with one is a character. */
#ifndef ENRICH_CSV_H
#define ENRICH_CSV_H
#include "base/base.h"

struct csv {
        char  *at, *end;
        size_t line;               /* of `at`, from 1 */
        char   separator;
};
struct csv_row {
        struct slice *field;       /* the caller's, room for `most` */
        size_t        most, count;
        size_t        line;        /* where it begins */
};
enum csv_answer { CSV_ROW, CSV_BROKEN, CSV_END };

/* `text` is the caller's, and is written to. */
void csv_init(struct csv *csv, char *text, size_t size, char separator);
/* The next row. CSV_BROKEN: "line 7: ..." in the error; the reading can go on behind that line. */
enum csv_answer csv_next(struct csv *csv, struct csv_row *row, struct error *err);
/* The line of the first byte that is not UTF-8; 0: it is UTF-8. */
size_t csv_line_not_utf8(struct slice text);
#endif
