/* Any bytes as an expression over names of every type: a sentence, or a value of the type that was promised; never more. Behind a
 * line end stands the raw JSON text that the names of any type have. */
#include "enrich/expression.h"
#include "json/scan.h"

struct desk { struct arena_pool pool; struct arena arena; struct slice raw; };

static bool find(void *context, struct slice name, uint16_t *ret_number, enum value_type *ret_type, struct error *err)
{
        (void)context;
        static const enum value_type TYPES[] = { VALUE_BOOLEAN, VALUE_NUMBER, VALUE_TEXT, VALUE_ANY };
        if (name.size > 3 && name.data[0] == 'n' && name.data[1] == 'o')
                return error_set(err, "there is no value '%.*s'", (int)(name.size < 99 ? name.size : 99), name.data);
        *ret_number = (uint16_t)((unsigned char)name.data[name.size - 1] % 4);
        *ret_type = TYPES[*ret_number];
        return true;
}

static void load(void *context, uint16_t number, struct value *ret_value)
{
        struct desk *desk = context;
        static const struct slice KNOWN[] = { SLICE_INIT("true"), SLICE_INIT("-12.50"), SLICE_INIT("\"a \\u00e9\\n B\"") };
        *ret_value = value_of_raw(number < COUNT_OF(KNOWN) ? KNOWN[number] : desk->raw, &desk->arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char *copy = memory_get(size + 1);         /* of its own, so that a read past its end is seen */
        memcpy(copy, data, size);
        const char *line = memchr(copy, '\n', size);
        struct slice text = { copy, line ? (size_t)(line - copy) : size }, raw = { 0 };
        struct scan_error wrong;
        if (line)
                raw = slice_between(line + 1, copy + size);
        if (raw.size && scan_value(raw.data, raw.data + raw.size, &SCAN_UNLIMITED, &wrong) != raw.data + raw.size)
                raw = (struct slice){ 0 };
        struct error err = { "" };
        const struct expression_names names = { .find = find };
        struct expression *expression = expression_new(text, &names, &err);
        BUG_IF(!expression && strncmp(err.text, "column ", 7) != 0 && text.size <= EXPRESSION_MAX);
        if (expression) {
                struct desk desk = { .raw = raw };
                arena_pool_init(&desk.pool, 4096, 1);
                arena_init(&desk.arena, &desk.pool, 1 << 20);
                const struct expression_values values = { .load = load, .context = &desk, .arena = &desk.arena };
                struct value value = expression_run(expression, &values);
                BUG_IF(value.type == VALUE_ANY);
                BUG_IF(value.type != VALUE_ABSENT && expression_type(expression) != VALUE_ANY &&
                       value.type != expression_type(expression));
                struct slice shown = value_text(&value, &desk.arena);
                BUG_IF(value.type != VALUE_ABSENT && !shown.data);
                arena_done(&desk.arena);
                arena_pool_done(&desk.pool);
        }
        expression_free(expression);
        free(copy);
        return 0;
}
