/* Any bytes as a table: the first byte chooses the format, the way to match and the settings, the rest is the file. Nothing
 * crashes, every refusal has a mistake, every value is JSON, and what is found does not depend on how it is matched where it
 * cannot: an exact key is its own longest prefix. */
#include "enrich/csv.h"
#include "enrich/table.h"
#include "json/scan.h"

static const struct table_column COLUMNS[] = { { SLICE_INIT("a"), TABLE_KEYWORD }, { SLICE_INIT("b"), TABLE_FLOAT },
                                               { SLICE_INIT("c"), TABLE_LONG }, { SLICE_INIT("d"), TABLE_BOOLEAN } };
static const struct table_column NUMBERED[] = { { SLICE_INIT("1"), TABLE_KEYWORD }, { SLICE_INIT("2"), TABLE_KEYWORD } };

static struct table *table_of(struct table_plan *plan, const uint8_t *data, size_t size)
{
        struct errors errors = { 0 };
        char *text = malloc(size ? size : 1);      /* of its own, so that a read past its end is seen */
        BUG_IF(!text);
        memcpy(text, data, size);
        struct table *table = table_read(plan, text, size, &errors);
        BUG_IF((table == NULL) != (errors_total(&errors) > 0));
        for (size_t i = 0; i < errors.count; i++)
                BUG_IF(strncmp(errors.items[i].text, "fuzz: ", 6) != 0);
        BUG_IF(errors_total(&errors) > 60);
        errors_done(&errors);
        free(text);
        return table;
}

static void row_check(const char *row, size_t columns)
{
        struct scan_error err;
        for (size_t i = 0; row && i < columns; i++) {
                struct slice value = table_value_next(&row);
                BUG_IF(value.data && !scan_text(value, &SCAN_UNLIMITED, &err));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (size == 0)
                return 0;
        unsigned how = *data++;
        size--;
        struct table_plan plan = { .file = "fuzz",
                                   .format = (enum table_format)(how % 3),
                                   .match = (enum table_match)(how / 3 % 3),
                                   .separator = how & 16 ? ';' : ',',
                                   .header = !(how & 32),
                                   .ignore_case = (how & 64) != 0,
                                   .rows_limit = 1000,
                                   .bytes_limit = 1 << 20 };
        plan.columns = plan.header || plan.format != TABLE_CSV ? COLUMNS : NUMBERED;
        plan.count = plan.columns == COLUMNS ? COUNT_OF(COLUMNS) : COUNT_OF(NUMBERED);
        if (how & 128)
                plan.key = plan.columns == COLUMNS ? SLICE("a") : SLICE("2");
        struct table *table = table_of(&plan, data, size);
        if (!table)
                return 0;
        plan.match = plan.match == TABLE_EXACT ? TABLE_PREFIX : TABLE_EXACT;
        struct table *other = table_of(&plan, data, size);
        BUG_IF(!other);
        for (size_t start = 0; start < size && start < 64; start++)
                for (size_t end = start; end <= size && end < start + 20; end++) {
                        struct slice key = { (const char *)data + start, end - start };
                        const char *row = table_find(table, key), *same = table_find(other, key);
                        row_check(row, plan.count);
                        row_check(same, plan.count);
                        const char *exact = plan.match == TABLE_PREFIX ? row : same,
                                   *prefix = plan.match == TABLE_PREFIX ? same : row;
                        if (how / 3 % 3 != TABLE_CIDR && exact)
                                BUG_IF(!prefix || !slice_equal(table_value_next(&exact), table_value_next(&prefix)));
                }
        table_free(table);
        table_free(other);
        return 0;
}
