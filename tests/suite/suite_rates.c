/* Converts for tests/suite/tables: prints the date of the rates, then an answer for each line of amount, currency, currency.
 * Usage: suite.rates FILE <QUESTIONS */
#include "enrich/rates.h"

int main(int argc, char **argv)
{
        struct errors errors = { 0 };
        struct rates *rates = argc == 2 ? rates_load(argv[1], &errors) : NULL;
        char line[256], text[DECIMAL_TEXT];
        errors_print(&errors, stderr);
        if (!rates)
                return 2;
        printf("%.*s\n", RATES_DATE, rates->date);
        while (fgets(line, sizeof(line), stdin)) {
                char *rest = line, *word[3];
                struct decimal amount, result;
                struct currency from, to;
                line[strcspn(line, "\n")] = '\0';
                for (size_t i = 0; i < COUNT_OF(word); i++)
                        word[i] = strsep(&rest, " ");
                BUG_IF(!word[2] || !decimal_parse(slice_of(word[0]), &amount));
                bool good = currency_find(slice_of(word[1]), &from) && currency_find(slice_of(word[2]), &to) &&
                            rates_convert(rates, &amount, &from, &to, ROUND_HALF_EVEN, &result);
                printf("%.*s\n", good ? (int)decimal_format(&result, text) : 4, good ? text : "none");
        }
        free(rates);
        return 0;
}
