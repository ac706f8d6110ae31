/* Tables from comma-separated values. */
#include "enrich/csv.h"
#include "enrich/table_inner.h"

#define FIELDS_MOST 1024           /* of one line */

/* Where the columns of the plan are in a line. */
struct csv_columns {
        size_t key;
        size_t value[TABLE_COLUMNS_MOST];
        size_t count;              /* fields of every line */
};

static bool name_find(const struct csv_row *names, struct slice name, size_t *ret_place)
{
        for (size_t i = 0; i < names->count; i++)
                if (slice_equal(names->field[i], name)) {
                        *ret_place = i;
                        return true;
                }
        return false;
}

/* "1" is the first column. */
static bool number_find(const struct csv_row *first, struct slice name, size_t *ret_place)
{
        size_t number = 0;
        for (size_t i = 0; i < name.size; i++) {
                if (name.data[i] < '0' || name.data[i] > '9' || number > first->count)
                        return false;
                number = number * 10 + (size_t)(name.data[i] - '0');
        }
        *ret_place = number - 1;
        return number >= 1 && number <= first->count;
}

static void column_missing(struct table_builder *builder, const struct csv_row *first, struct slice name)
{
        char names[300] = "";
        if (!builder->plan->header) {
                (void)builder_mistake(builder, first->line, "there is no column %.*s; without a header the columns are 1 to %zu",
                                      SLICE_ARGS(name), first->count);
                return;
        }
        for (size_t i = 0; i < first->count && strlen(names) < sizeof(names) - 80; i++)
                snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%.*s", i ? ", " : "",
                         (int)(first->field[i].size < 60 ? first->field[i].size : 60), first->field[i].data);
        (void)builder_mistake(builder, first->line, "there is no column '%.*s'; there are: %s", SLICE_ARGS(name), names);
}

static bool columns_find(struct table_builder *builder, const struct csv_row *first, struct csv_columns *columns)
{
        const struct table_plan *plan = builder->plan;
        bool (*find)(const struct csv_row *, struct slice, size_t *) = plan->header ? name_find : number_find;
        columns->key = 0;
        columns->count = first->count;
        if (plan->key.size && !find(first, plan->key, &columns->key))
                column_missing(builder, first, plan->key);
        for (size_t i = 0; i < plan->count; i++)
                if (!find(first, plan->columns[i].name, &columns->value[i]))
                        column_missing(builder, first, plan->columns[i].name);
        return builder->mistakes == 0;
}

static void row_add(struct table_builder *builder, const struct csv_columns *columns, const struct csv_row *row)
{
        struct slice values[TABLE_COLUMNS_MOST];
        if (row->count != columns->count) {
                (void)builder_mistake(builder, row->line, "%zu fields, where the first line has %zu", row->count, columns->count);
                return;
        }
        for (size_t i = 0; i < builder->plan->count; i++)
                values[i] = row->field[columns->value[i]];
        builder_row(builder, row->line, row->field[columns->key], values);
}

void table_csv_read(struct table_builder *builder, char *text, size_t size)
{
        struct slice fields[FIELDS_MOST];
        struct csv_row row = { .field = fields, .most = FIELDS_MOST };
        struct csv_columns columns = { .count = 0 };
        struct csv csv;
        struct error err;
        size_t bad = csv_line_not_utf8((struct slice){ text, size });
        if (bad) {
                (void)builder_mistake(builder, bad, "this is not UTF-8");
                return;
        }
        csv_init(&csv, text, size, builder->plan->separator);
        bool first = true;
        for (enum csv_answer answer; (answer = csv_next(&csv, &row, &err)) != CSV_END;) {
                if (answer == CSV_BROKEN) {
                        (void)builder_mistake(builder, 0, "%s", err.text);
                        if (first)
                                return;
                } else if (first && !columns_find(builder, &row, &columns)) {
                        return;
                } else if (!first || !builder->plan->header) {
                        row_add(builder, &columns, &row);
                }
                first = false;
                if (builder_stopped(builder))
                        return;
        }
        if (first)
                (void)builder_mistake(builder, 0, "the file is empty");
}
