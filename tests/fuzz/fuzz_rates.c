/* Any bytes as a file of rates: nothing crashes, every refusal has a mistake, and what is taken converts there and back. */
#include "enrich/rates.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct errors errors = { 0 };
        char *text = malloc(size ? size : 1);      /* of its own, so that a read past its end is seen */
        BUG_IF(!text);
        memcpy(text, data, size);
        struct rates *rates = rates_read("fuzz", text, size, &errors);
        free(text);
        BUG_IF((rates == NULL) != (errors_total(&errors) > 0));
        for (size_t i = 0; i < errors.count; i++)
                BUG_IF(strncmp(errors.items[i].text, "fuzz: ", 6) != 0);
        errors_done(&errors);
        if (!rates)
                return 0;
        struct currency from, to;
        struct decimal  amount = decimal_of(1234567), result;
        BUG_IF(rates->count < 2 || rates->count > CURRENCIES);
        for (size_t i = 0; currency_at(i, &from); i++)
                for (size_t k = i ? i - 1 : 0; k < i + 2 && currency_at(k, &to); k++)
                        if (rates_convert(rates, &amount, &from, &to, ROUND_HALF_EVEN, &result)) {
                                BUG_IF(result.negative || result.scale > 18);
                                BUG_IF(i == k && decimal_compare(&result, &amount) != 0);
                        }
        free(rates);
        return 0;
}
