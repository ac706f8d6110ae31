/* docs/reference/expressions.md. */
#include "expression_inner.h"

/* A line of the page each; long ones are two literals. NOLINTBEGIN(bugprone-suspicious-missing-comma) */
static const char *const TEXT[] = {
        "# Expressions",
        "",
        "<!-- Printed by `millrace reference expressions` from include/enrich/functions.def; do not edit. -->",
        "",
        "Conditions (`enrich.when`) and computed fields (kind `compute`) are written in a small language without loops: "
        "every expression",
        "ends, in a time that is bounded by its own length and by the texts that it looks at. It is checked when the "
        "configuration is",
        "loaded; a mistake is named with its column.",
        "",
        "```",
        "context.app.name == \"shop\" and not (client.geo.country_iso_code in [\"DE\", \"AT\", \"CH\"])",
        "if(/cart/total >= 100, \"large\", \"small\") & \"-\" & lower(first(/currency, \"eur\"))",
        "```",
        "",
        "## Values",
        "",
        "A value is a text, a number, `true` or `false`, or absent. `null`, arrays and objects count as absent. Numbers are "
        "exact decimals of",
        "at most 36 digits: `0.1 + 0.2 == 0.3`. What does not fit, and what is divided by zero, is absent; a quotient has "
        "at most 18",
        "digits behind the point. A text that is made here has at most 8 KiB, a longer one is absent.",
        "",
        "## Words",
        "",
        "| written | is |",
        "| --- | --- |",
        "| `\"text\"`, `'text'` | a text; `\\\"`, `\\'`, `\\\\`, `\\n`, `\\t` and so on as in JSON, without `\\u` |",
        "| `12`, `0.5`, `1e3`, `true`, `false` | a number, a truth |",
        "| `/cart/total` | the value at a JSON pointer into `data`: letters, digits and `_ - . ~ : @ $ %` |",
        "| `userId`, `context.app.name` | a member of the [envelope](envelope.md) |",
        "| `client.geo.country_iso_code` | a [field](fields.md) that an earlier enrichment gave |",
        "| `schema`, `vendor`, `name`, `version` | `com.acme/purchase/1-0-0` and its parts |",
        "| `bot` | whether the event comes from a robot, as far as earlier enrichments tell |",
        "| `` `/a name/with spaces` `` | any of these names, whatever it is made of |",
        "",
        "## Operators, the tightest first",
        "",
        "| written | gives | absent or other types |",
        "| --- | --- | --- |",
        "| `-x` | a number | absent |",
        "| `x * y`, `x / y` | a number | absent |",
        "| `x + y`, `x - y` | a number | absent |",
        "| `x & y` | both as one text | absent when one is absent |",
        "| `x == y`, `!=`, `<`, `<=`, `>`, `>=` | a truth; texts are ordered by their bytes | absent: false, whatever the "
        "sign; of two types: unequal |",
        "| `x in [\"a\", \"b\"]` | whether it is one of these literals | false |",
        "| `x matches \"com.acme/*\"` | whether the whole text fits: `*` is any text, `?` one character | false |",
        "| `not x` | a truth | what is not true is false |",
        "| `x and y` | a truth; `y` is only worked out when it matters | what is not true is false |",
        "| `x or y` | likewise | what is not true is false |",
        "",
        "Comparisons are not chained; parentheses group. Whether something is there, `present()` tells.",
        "",
        "## Functions",
        "",
        "A function with an absent argument, or with one of another type than it takes, is absent; `if`, `first`, `map`, "
        "`bucket` and `present`",
        "have rules of their own.",
        "",
        "| function | gives |",
        "| --- | --- |",
};
/* NOLINTEND(bugprone-suspicious-missing-comma) */

void expressions_print_reference(FILE *out)
{
        for (size_t i = 0; i < COUNT_OF(TEXT); i++)
                fprintf(out, "%s\n", TEXT[i]);
        for (size_t i = 0; i < FUNCTION_COUNT; i++)
                fprintf(out, "| `%s` | %s |\n", FUNCTIONS[i].signature, FUNCTIONS[i].doc);
        fprintf(out,
                "\n## Limits\n\n"
                "%d bytes of text, parentheses and functions %d deep, %d different names, %d steps, %d values at a time; lists "
                "and "
                "`bucket` of\n255 and %d literals; globs of 256 bytes.\n",
                EXPRESSION_MAX, EXPRESSION_DEPTH, EXPRESSION_NAMES, EXPRESSION_STEPS, EXPRESSION_STACK, EXPRESSION_STACK);
}
