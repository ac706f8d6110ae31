/* Prints the table of currencies, for tests/suite/currency: code, digits or N.A., current or historic. */
#include "enrich/currency.h"

int main(void)
{
        struct currency currency;
        for (size_t i = 0; currency_at(i, &currency); i++) {
                printf("%.*s ", SLICE_ARGS(currency.code));
                if (currency.minor)
                        printf("%u", currency.digits);
                else
                        printf("N.A.");
                printf(" %s\n", currency.historic ? "historic" : "current");
        }
        return 0;
}
