/* Answers the questions of tests/suite/decimal, one a line: an operation and numbers, apart by spaces. */
#include "enrich/decimal.h"

static void answer(bool good, const struct decimal *value)
{
        char text[DECIMAL_TEXT];
        size_t size = good ? decimal_format(value, text) : 0;
        printf("%.*s\n", good ? (int)size : 4, good ? text : "none");
}

static void line_answer(char *line)
{
        char *word[6] = { 0 }, *rest = line;
        struct decimal value[3] = { 0 }, result = { 0 };
        bool good = true;
        for (size_t i = 0; i < COUNT_OF(word); i++)
                word[i] = strsep(&rest, " ");
        for (size_t i = 0; i < 3; i++)
                good = good && (!word[i + 1] || decimal_parse(slice_of(word[i + 1]), &value[i]));
        static const char *const WAYS[] = { [ROUND_HALF_EVEN] = "even", [ROUND_HALF_UP] = "up", [ROUND_FLOOR] = "floor",
                                            [ROUND_CEILING] = "ceiling" };
        struct precision precision = { word[4] ? (unsigned)strtoul(word[4], NULL, 10) : 0, ROUND_HALF_EVEN };
        for (size_t i = 0; word[5] && i < COUNT_OF(WAYS); i++)
                if (strcmp(word[5], WAYS[i]) == 0)
                        precision.rounding = (enum rounding)i;
        if (strcmp(word[0], "parse") == 0) {
                answer(good, &value[0]);
        } else if (strcmp(word[0], "add") == 0) {
                answer(good && decimal_add(&value[0], &value[1], &result), &result);
        } else if (strcmp(word[0], "multiply") == 0) {
                answer(good && decimal_multiply(&value[0], &value[1], &result), &result);
        } else if (strcmp(word[0], "compare") == 0) {
                int order = good ? decimal_compare(&value[0], &value[1]) : 0;
                printf("%d\n", (order > 0) - (order < 0));
        } else if (strcmp(word[0], "scale") == 0) {
                answer(good && decimal_scale(&value[0], &value[1], &value[2], precision, &result), &result);
        } else {
                int64_t minor = 0;
                good = good && decimal_minor(&value[0], precision, &minor);
                printf(good ? "%lld\n" : "none\n", (long long)minor);
        }
}

int main(void)
{
        char line[4096];
        while (fgets(line, sizeof(line), stdin)) {
                line[strcspn(line, "\n")] = '\0';
                line_answer(line);
        }
        return 0;
}
