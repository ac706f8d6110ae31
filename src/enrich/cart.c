/* The enrichment cart: what the lines of a cart or an order add up to. */
#include "amount.h"
#include "enrich/enrichment.h"
#include "enrich/setting.h"
#include "json/equal.h"
#include "json/members.h"

/* What it gives: `cart.NAME`, of an instance with a name of its own `cart.INSTANCE.NAME`. */
enum { ITEMS, QUANTITY, VALUE, VALUE_MINOR, CURRENCY, PRICE_MIN, PRICE_MAX, GIVES };
static const enum field FIELD_OF[GIVES + 1] = {
        [ITEMS] = FIELD_cart_items,             [QUANTITY] = FIELD_cart_quantity, [VALUE] = FIELD_cart_value,
        [VALUE_MINOR] = FIELD_cart_value_minor, [CURRENCY] = FIELD_cart_currency, [PRICE_MIN] = FIELD_cart_price_min,
        [PRICE_MAX] = FIELD_cart_price_max,     [GIVES] = FIELD_COUNT,
};
#define VALUES_MOST 400            /* bytes of all values as JSON */

/* What is read of a line. */
enum { OF_QUANTITY, OF_PRICE, OF_CURRENCY, PARTS };

/* A JSON pointer into a line: a member of it, and what is followed from there on. */
struct path {
        char *name, *rest;         /* own; NULL: not asked for */
        size_t name_size;
        char   first;              /* what a name like it begins with, its quote when it is empty; or with a backslash */
};
struct cart {
        struct source_list items, currency;
        struct path        part[PARTS];
        int64_t            limit;
        enum rounding      rounding;
        enum field         field[GIVES];
};

static const struct enrich_setting SETTINGS[] = {
        { "items", "/items, /products",
          "The array of lines; of a list the first that the event has. As it stands: GA4's and "
          "Segment's." },
        { "quantity", "/quantity",
          "How often a line's article is taken, as a JSON pointer inside the line; a line without it counts "
          "once." },
        { "price", "/price", "The price of one piece, inside the line." },
        { "item_currency", "/currency", "The price's currency, inside the line." },
        { "currency", "/currency", "The currency of the event; where there is none, that of the lines, if all have the same." },
        { "items_limit", "1000", "Most lines; a longer cart gives nothing, and is counted." },
        { "rounding", "half_even", "Of `value_minor`: `half_even` or `half_up`." },
        { NULL, NULL, NULL },
};

/* ---- the settings ---- */

static void path_read(struct path *path, const struct enrich_setup *setup, struct errors *errors, const char *name)
{
        const char *text = setting_text(setup, name);
        if (!text)
                return;
        const char *end = *text == '/' ? strchrnul(text + 1, '/') : text;
        for (const char *at = text; *at; at++)
                if (*at == '~' && at[1] != '0' && at[1] != '1')
                        end = text;
        if (end == text) {
                (void)setup_error(setup, errors, name, "'%s' is no JSON pointer into a line, such as /price", text);
                return;
        }
        char *out = path->name = memory_get(strlen(text));
        for (const char *at = text + 1; at < end; at++)
                *out++ = *at != '~' ? *at : *++at == '0' ? '~' : '/';
        path->name_size = (size_t)(out - path->name);
        path->first = path->name_size ? *path->name : '"';
        path->rest = slice_copy(slice_of(end));
}

static void fields_make(struct cart *cart, const struct enrich_setup *setup, struct errors *errors)
{
        char name[200];
        memcpy(cart->field, FIELD_OF, sizeof(cart->field));
        if (strcmp(setup->instance, setup->kind->name) == 0)
                return;
        for (size_t i = 0; i < GIVES; i++) {
                const struct field_row *row = &FIELDS[FIELD_OF[i]];
                (void)snprintf(name, sizeof(name), "cart.%s.%s", setup->instance, row->name + strlen("cart."));
                cart->field[i] = layout_own(setup->layout, name, row->type, row->doc);
                if (cart->field[i] == FIELD_NONE) {
                        (void)setup_error(setup, errors, "kind",
                                          "%s cannot be a field: the name of the enrichment must be made of "
                                          "small letters, digits and _, and be none of a cart's fields",
                                          name);
                        return;
                }
        }
}

static void cart_unload(void *state)
{
        struct cart *cart = state;
        if (!cart)
                return;
        source_list_done(&cart->items);
        source_list_done(&cart->currency);
        for (size_t i = 0; i < PARTS; i++) {
                free(cart->part[i].name);
                free(cart->part[i].rest);
        }
        free(cart);
}

static void *cart_load(const struct enrich_setup *setup, struct errors *errors)
{
        static const char *const NAMES[PARTS] = { [OF_QUANTITY] = "quantity", [OF_PRICE] = "price",
                                                  [OF_CURRENCY] = "item_currency" };
        struct cart *cart = memory_get(sizeof(*cart));
        size_t mistakes = errors_total(errors);
        int    rounding = 0;
        (void)source_list_load(&cart->items, setup, errors, "items");
        (void)source_list_load(&cart->currency, setup, errors, "currency");
        for (size_t i = 0; i < PARTS; i++)
                path_read(&cart->part[i], setup, errors, NAMES[i]);
        (void)setting_number(setup, errors, "items_limit", (int64_t[]){ 1, 1000000 }, &cart->limit);
        (void)setting_choice(setup, errors, "rounding", "half_even|half_up", &rounding);
        cart->rounding = rounding ? ROUND_HALF_UP : ROUND_HALF_EVEN;
        fields_make(cart, setup, errors);
        if (errors_total(errors) == mistakes)
                return cart;
        cart_unload(cart);
        return NULL;
}

/* ---- the sums ---- */

struct totals {
        int64_t         items;
        struct decimal  quantity, value, least, most;      /* least and most: of the prices */
        bool            priced;            /* some line has a price */
        bool            unpriced;          /* some line has none, so that there is no sum */
        bool            malformed;         /* a quantity or price is no number, or they do not fit */
        bool            mixed;             /* lines in several currencies */
        struct currency currency;          /* code.data NULL: not known */
};

/* Whether the raw name is the path's. */
static inline bool name_is(struct slice raw, const struct path *path)
{
        if (LIKELY(raw.data[1] != path->first && raw.data[1] != '\\'))
                return false;
        if (raw.size == path->name_size + 2)
                return memcmp(raw.data + 1, path->name, path->name_size) == 0;
        return raw.size > path->name_size + 2 && memchr(raw.data, '\\', raw.size) &&
               string_is(raw, (struct slice){ path->name, path->name_size });
}

/* The parts of a line, raw; data NULL: it has none, or null. */
static void parts_find(const struct cart *cart, struct members *members, struct slice parts[static PARTS])
{
        struct slice name, value;
        while (member_next(members, &name, &value))
                for (size_t i = 0; i < PARTS; i++) {
                        const struct path *path = &cart->part[i];
                        if (!path->name || !name_is(name, path))
                                continue;
                        parts[i] = *path->rest ? scan_pointer(value, slice_of(path->rest)) : value;
                        if (parts[i].data && *parts[i].data == 'n')
                                parts[i].data = NULL;
                }
}

/* A number, or a text that is one. */
static bool number_of(struct slice raw, struct decimal *ret_number)
{
        if (*raw.data == '"')
                raw = (struct slice){ raw.data + 1, raw.size - 2 };
        return decimal_parse(raw, ret_number);
}

static void currency_take(struct totals *totals, struct slice raw)
{
        struct currency currency;
        if (*raw.data != '"' || !currency_find((struct slice){ raw.data + 1, raw.size - 2 }, &currency))
                return;
        totals->mixed |= totals->currency.code.data && totals->currency.number != currency.number;
        totals->currency = currency;
}

static void price_take(struct totals *totals, const struct decimal *price, const struct decimal *quantity)
{
        struct decimal sum;
        if (!decimal_multiply(price, quantity, &sum) || !decimal_add(&totals->value, &sum, &totals->value))
                totals->malformed = true;
        if (!totals->priced || decimal_compare(price, &totals->least) < 0)
                totals->least = *price;
        if (!totals->priced || decimal_compare(price, &totals->most) > 0)
                totals->most = *price;
        totals->priced = true;
}

static void line_take(const struct cart *cart, struct totals *totals, struct members *members)
{
        struct slice   parts[PARTS] = { { NULL, 0 } };
        struct decimal quantity = decimal_of(1), price;
        totals->items++;
        parts_find(cart, members, parts);
        if (parts[OF_CURRENCY].data)
                currency_take(totals, parts[OF_CURRENCY]);
        if ((parts[OF_QUANTITY].data && !number_of(parts[OF_QUANTITY], &quantity)) ||
            !decimal_add(&totals->quantity, &quantity, &totals->quantity) ||
            (parts[OF_PRICE].data && !number_of(parts[OF_PRICE], &price))) {
                totals->malformed = true;
                return;
        }
        if (parts[OF_PRICE].data)
                price_take(totals, &price, &quantity);
        else
                totals->unpriced = true;
}

/* One pass over the array: a line that is an object is not looked for its end before. False: there are too many lines. */
static bool lines_take(const struct cart *cart, struct slice array, struct totals *totals)
{
        struct slice other;
        for (struct members lines = elements_of(array); lines.at;) {
                struct members members = members_of(slice_between(lines.at, lines.end));
                if (totals->items == cart->limit)
                        return false;
                line_take(cart, totals, &members);
                if (members.behind)
                        element_pass(&lines, members.behind);
                else
                        (void)element_next(&lines, &other);
        }
        return true;
}

/* ---- the run ---- */

/* What is not certain is left out: a sum of some lines would be taken for the cart's. */
static void totals_write(const struct cart *cart, const struct totals *totals, struct field_writer *writer)
{
        const struct currency *currency = &totals->currency;
        writer_integer(writer, cart->field[ITEMS], totals->items);
        if (totals->malformed)
                return;
        amount_write(writer, cart->field[QUANTITY], &totals->quantity);
        if (totals->unpriced || totals->mixed)
                return;
        amount_write(writer, cart->field[VALUE], &totals->value);
        amount_minor_write(writer, cart->field[VALUE_MINOR], &totals->value, currency, cart->rounding);
        writer_text(writer, cart->field[CURRENCY], currency->code);
        if (totals->priced) {
                amount_write(writer, cart->field[PRICE_MIN], &totals->least);
                amount_write(writer, cart->field[PRICE_MAX], &totals->most);
        }
}

static void cart_run(void *scratch, struct subject *subject)
{
        const struct cart *cart = scratch;
        struct slice items = source_list_start(&cart->items, subject);
        struct totals totals = { 0 };
        struct field_desk desk;
        if (!items.data || *items.data != '[')
                return;
        struct slice code = source_list_text(&cart->currency, subject);
        if (code.data && !currency_find(code, &totals.currency))
                totals.currency = (struct currency){ .code = { NULL, 0 } };
        if (!lines_take(cart, items, &totals)) {
                subject_count(subject, METRIC_cart_long, 1);
                return;
        }
        if (totals.malformed)
                subject_count(subject, METRIC_cart_malformed, 1);
        if (!desk_open(&desk, subject, VALUES_MOST))
                return;
        totals_write(cart, &totals, &desk.writer);
        desk_close(&desk, subject);
}

extern const struct enrichment ENRICHMENT_cart;
const struct enrichment ENRICHMENT_cart = {
        .name = "cart",
        .stage = STAGE_enrich_cart,
        .doc = "What the lines of a cart or an order add up to: lines, pieces, value, the lowest and the highest price. It may "
               "stand\n"
               "in `enrich.order` as it is, for events like GA4's and Segment's, or by instances with other paths. Where a line "
               "has "
               "no\n"
               "price, or lines have several currencies, there is no value rather than a wrong one.",
        .many = true,
        .settings = SETTINGS,
        .gives = FIELD_OF,
        .load = cart_load,
        .unload = cart_unload,
        .run = cart_run,
};
