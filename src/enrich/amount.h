/* An amount of money as fields of the record. For money.c and cart.c. */
#ifndef ENRICH_AMOUNT_H
#define ENRICH_AMOUNT_H
#include "enrich/currency.h"
#include "enrich/decimal.h"
#include "enrich/layout.h"

static inline void amount_write(struct field_writer *writer, enum field field, const struct decimal *value)
{
        char text[DECIMAL_TEXT];
        writer_json(writer, field, (struct slice){ text, decimal_format(value, text) });
}

/* In the currency's minor unit; nothing where it has none (no currency at all: all-zero), or where the number does not fit. */
static inline void amount_minor_write(struct field_writer *writer, enum field field, const struct decimal *value,
                                      const struct currency *currency, enum rounding rounding)
{
        int64_t minor;
        if (currency->minor && decimal_minor(value, (struct precision){ currency->digits, rounding }, &minor))
                writer_integer(writer, field, minor);
}
#endif
