/* Prints a CSV file as JSON, an object a row, for tests/suite/tables. Usage: suite.csv FILE */
#include "base/buffer.h"
#include "base/file.h"
#include "enrich/csv.h"

#define FIELDS 64

static void row_print(const struct csv_row *names, const struct csv_row *row, struct buffer *out)
{
        BUG_IF(row->count != names->count);
        buffer_add(out, out->size == 1 ? SLICE("{") : SLICE(",{"));
        for (size_t i = 0; i < row->count; i++) {
                if (i)
                        buffer_add_char(out, ',');
                buffer_add_json(out, names->field[i]);
                buffer_add_char(out, ':');
                buffer_add_json(out, row->field[i]);
        }
        buffer_add_char(out, '}');
}

int main(int argc, char **argv)
{
        struct slice first[FIELDS], fields[FIELDS];
        struct csv_row names = { .field = first, .most = FIELDS }, row = { .field = fields, .most = FIELDS };
        struct csv csv;
        struct error err;
        struct buffer out;
        size_t size;
        char  *text = argc == 2 ? file_read(argv[1], 1 << 20, &size, &err) : NULL;
        if (!text)
                return 2;
        buffer_init(&out, 1 << 24);
        buffer_add_char(&out, '[');
        csv_init(&csv, text, size, ',');
        if (csv_next(&csv, &names, &err) != CSV_ROW)
                return 1;
        for (enum csv_answer answer; (answer = csv_next(&csv, &row, &err)) != CSV_END;) {
                if (answer == CSV_BROKEN) {
                        fprintf(stderr, "%s\n", err.text);
                        return 1;
                }
                row_print(&names, &row, &out);
        }
        buffer_add(&out, SLICE("]\n"));
        (void)fwrite(out.data, 1, out.size, stdout);
        buffer_done(&out);
        free(text);
        return 0;
}
