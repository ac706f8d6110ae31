/* Random patterns and texts with our answers, for tests/suite/pattern to compare with an engine that is surely ECMA-262's.
 * Usage: suite.pattern SEED COUNT. One JSON array a line: pattern, null or our engine, then text and answer by turns. */
#include "random_pattern.h"
#include "schema/pattern.h"

#define TEXTS 8
#define LIMIT 200000

int main(int count, char **arguments)
{
        struct random random;
        struct buffer ecma, text, line;
        struct pattern_scratch *scratch = pattern_scratch_new();
        if (count != 3)
                return 2;
        random_init_fixed(&random, strtoull(arguments[1], NULL, 10));
        buffer_init(&ecma, 1 << 16);
        buffer_init(&text, 1 << 16);
        buffer_init(&line, 1 << 20);
        for (unsigned long i = strtoul(arguments[2], NULL, 10); i > 0; i--) {
                buffer_clear(&ecma);
                buffer_clear(&line);
                if (random_next(&random) % 4 == 0)
                        buffer_add(&ecma, SLICE("(?<n>a|é)"));
                random_pattern(&ecma, &random, random_next(&random) % 3 == 0, 0);
                struct pattern *pattern = pattern_compile(buffer_slice(&ecma), LIMIT, NULL);
                buffer_add_char(&line, '[');
                buffer_add_json(&line, buffer_slice(&ecma));
                if (pattern)
                        buffer_format(&line, ",%d", pattern_engine(pattern));
                else
                        buffer_add(&line, SLICE(",null"));
                for (size_t j = 0; j < TEXTS && pattern; j++) {
                        buffer_clear(&text);
                        random_text(&text, &random, false);
                        buffer_add_char(&line, ',');
                        buffer_add_json(&line, buffer_slice(&text));
                        buffer_format(&line, ",%d", pattern_match(pattern, scratch, buffer_slice(&text)));
                }
                buffer_add(&line, SLICE("]\n"));
                (void)fwrite(line.data, 1, line.size, stdout);
                pattern_free(pattern);
        }
        buffer_done(&ecma);
        buffer_done(&text);
        buffer_done(&line);
        pattern_scratch_free(scratch);
        return 0;
}
