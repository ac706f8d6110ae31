/* The enrichment money: an amount with its currency, in minor units, and converted into another currency. */
#include "amount.h"
#include "enrich/enrichment.h"
#include "enrich/rates.h"
#include "enrich/setting.h"

/* What it gives, `money.INSTANCE.NAME`. */
enum { AMOUNT, AMOUNT_MINOR, CURRENCY, CONVERTED, CONVERTED_MINOR, CONVERTED_CURRENCY, RATE_DATE, GIVES };
static const struct { const char *name, *type, *doc; bool conversion; } ROWS[GIVES] = {
        [AMOUNT]             = { "amount", "float", "The amount, digit for digit.", false },
        [AMOUNT_MINOR]       = { "amount_minor", "long", "The same in the currency's minor unit, rounded.", false },
        [CURRENCY]           = { "currency", "keyword", "Its currency, ISO 4217.", false },
        [CONVERTED]          = { "converted", "float", "The amount in the other currency, rounded to its minor unit.", true },
        [CONVERTED_MINOR]    = { "converted_minor", "long", "The same in minor units.", true },
        [CONVERTED_CURRENCY] = { "converted_currency", "keyword", "The other currency.", true },
        [RATE_DATE]          = { "rate_date", "keyword", "The date of the rates that it was converted by.", true },
};
#define VALUES_MOST 256            /* bytes of all values as JSON */

struct money {
        struct source_list amount, currency;
        struct currency    fixed, to;
        bool               has_fixed, has_to;
        enum rounding      rounding;
        struct rates      *rates;
        int64_t            max_age;        /* ms; 0: any */
        enum field         field[GIVES];   /* of a conversion only with a target */
};

static const struct enrich_setting SETTINGS[] = {
        { "amount", NULL,
          "The amount: a number, or a text that is one; of a list the first that the event has: `/price`, "
          "`[/value, /revenue, /total]`." },
        { "currency", "", "Its currency, a code of ISO 4217 in either case." },
        { "currency_code", "", "The currency of events that do not tell one." },
        { "to", "", "The currency to convert into." },
        { "rates", "",
          "The file of exchange rates, needed for `to`: JSON, CSV, or the European Central Bank's eurofxref. It is read "
          "again when it changes." },
        { "max_age", "7d", "Older rates, counted from the begin of their day, are not used, and counted. 0: any age will do." },
        { "rounding", "half_even",
          "`half_even`: a half goes to the even neighbour, without bias over many amounts; `half_up`: away "
          "from zero." },
        { NULL, NULL, NULL },
};

static bool code_read(const struct enrich_setup *setup, struct errors *errors, const char *name, struct currency *ret_currency)
{
        const char *code = setting_text(setup, name);
        if (code && !currency_find(slice_of(code), ret_currency))
                (void)setup_error(setup, errors, name, "'%s' is no currency of ISO 4217", code);
        return code != NULL;
}

static void fields_make(struct money *money, const struct enrich_setup *setup, struct errors *errors)
{
        char name[200];
        for (size_t i = 0; i < GIVES; i++) {
                if (ROWS[i].conversion && !money->has_to)
                        continue;
                (void)snprintf(name, sizeof(name), "money.%s.%s", setup->instance, ROWS[i].name);
                money->field[i] = layout_own(setup->layout, name, ROWS[i].type, ROWS[i].doc);
                if (money->field[i] == FIELD_NONE) {
                        (void)setup_error(setup, errors, "kind",
                                          "%s cannot be a field: the name of the enrichment must be made of "
                                          "small letters, digits and _",
                                          name);
                        return;
                }
        }
}

static void rates_setup(struct money *money, const struct enrich_setup *setup, struct errors *errors)
{
        static const int64_t AGES[] = { 0, INT64_C(3660) * 86400000 };
        const char *file = setting_path(setup, "rates");
        (void)setting_duration(setup, errors, "max_age", AGES, &money->max_age);
        if (money->has_to && !file)
                (void)setup_error(setup, errors, "rates", "a file of rates is needed to convert");
        if (!file)
                return;
        setup_watch(setup, file);
        money->rates = rates_load(file, errors);
        if (money->rates && money->has_to && money->to.code.data && !money->rates->rate[money->to.number].magnitude)
                (void)setup_error(setup, errors, "to", "%s has no rate of %.*s", file, SLICE_ARGS(money->to.code));
}

static void money_unload(void *state)
{
        struct money *money = state;
        if (!money)
                return;
        source_list_done(&money->amount);
        source_list_done(&money->currency);
        free(money->rates);
        free(money);
}

static void *money_load(const struct enrich_setup *setup, struct errors *errors)
{
        struct money *money = memory_get(sizeof(*money));
        size_t mistakes = errors_total(errors);
        int    rounding = 0;
        (void)source_list_load(&money->amount, setup, errors, "amount");
        (void)source_list_load(&money->currency, setup, errors, "currency");
        money->has_fixed = code_read(setup, errors, "currency_code", &money->fixed);
        money->has_to = code_read(setup, errors, "to", &money->to);
        if (money->currency.count == 0 && !money->has_fixed && !setting_text(setup, "currency"))
                (void)setup_error(setup, errors, "currency", "one of currency and currency_code must be given");
        (void)setting_choice(setup, errors, "rounding", "half_even|half_up", &rounding);
        money->rounding = rounding ? ROUND_HALF_UP : ROUND_HALF_EVEN;
        rates_setup(money, setup, errors);
        fields_make(money, setup, errors);
        if (errors_total(errors) == mistakes)
                return money;
        money_unload(money);
        return NULL;
}

/* ---- the run ---- */

static void converted_write(const struct money *money, struct subject *subject, struct field_writer *writer,
                            const struct decimal *amount, const struct currency *currency)
{
        const struct rates *rates = money->rates;
        struct decimal converted;
        if (money->max_age && subject->facts->received - rates->day > money->max_age) {
                subject_count(subject, METRIC_money_stale, 1);
                return;
        }
        if (!rates_convert(rates, amount, currency, &money->to, money->rounding, &converted)) {
                subject_count(subject, METRIC_money_unconverted, 1);
                return;
        }
        amount_write(writer, money->field[CONVERTED], &converted);
        amount_minor_write(writer, money->field[CONVERTED_MINOR], &converted, &money->to, money->rounding);
        writer_text(writer, money->field[CONVERTED_CURRENCY], money->to.code);
        writer_text(writer, money->field[RATE_DATE], (struct slice){ rates->date, RATES_DATE });
}

/* The event's own word, else the configuration's; false: neither, or a word that is no currency. */
static bool currency_of(const struct money *money, struct subject *subject, struct currency *ret_currency)
{
        struct slice code = source_list_text(&money->currency, subject);
        if (code.data) {
                bool known = currency_find(code, ret_currency);
                if (!known)
                        subject_count(subject, METRIC_money_currency, 1);
                return known;
        }
        *ret_currency = money->fixed;
        return money->has_fixed;
}

static void money_run(void *scratch, struct subject *subject)
{
        const struct money *money = scratch;
        struct slice text = source_list_text(&money->amount, subject);
        struct currency currency;
        struct decimal  amount;
        struct field_desk desk;
        if (!text.data)
                return;
        if (!decimal_parse(text, &amount)) {
                subject_count(subject, METRIC_money_malformed, 1);
                return;
        }
        bool known = currency_of(money, subject, &currency);
        if (!desk_open(&desk, subject, VALUES_MOST))
                return;
        amount_write(&desk.writer, money->field[AMOUNT], &amount);
        if (known) {
                amount_minor_write(&desk.writer, money->field[AMOUNT_MINOR], &amount, &currency, money->rounding);
                writer_text(&desk.writer, money->field[CURRENCY], currency.code);
                if (money->has_to)
                        converted_write(money, subject, &desk.writer, &amount, &currency);
        }
        desk_close(&desk, subject);
}

extern const struct enrichment ENRICHMENT_money;
const struct enrichment ENRICHMENT_money = {
        .name = "money",
        .stage = STAGE_enrich_money,
        .doc = "An amount with its currency, exactly: in minor units (cents) by ISO 4217 and, where `to` and `rates` are given, "
               "in\n"
               "another currency, with the date of the rates. It gives `money.INSTANCE.amount`, `amount_minor`, `currency`, and\n"
               "`converted`, `converted_minor`, `converted_currency`, `rate_date`. No number goes through a binary fraction.",
        .many = true,
        .settings = SETTINGS,
        .gives = (const enum field[]){ FIELD_COUNT },
        .load = money_load,
        .unload = money_unload,
        .run = money_run,
};
