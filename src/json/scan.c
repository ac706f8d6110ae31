#include "json/scan.h"
#include "engine.h"
#include <stdatomic.h>

/* The best one last. */
static const struct engine *const ENGINES[] = {
        &ENGINE_SCALAR,
#ifdef __x86_64__
        &ENGINE_SSE2,
#endif
};
/* Changed by tests alone. */
static _Atomic(const struct engine *) engine =
#ifdef __x86_64__
        &ENGINE_SSE2;
#else
        &ENGINE_SCALAR;
#endif

bool scan_use(size_t number)
{
        if (number >= COUNT_OF(ENGINES))
                return false;
        atomic_store_explicit(&engine, ENGINES[number], memory_order_relaxed);
        return true;
}

const char *scan_engine_name(size_t number)
{
        return number < COUNT_OF(ENGINES) ? ENGINES[number]->name : NULL;
}

const char *scan_space(const char *at, const char *end)
{
        return atomic_load_explicit(&engine, memory_order_relaxed)->space(at, end);
}

const char *scan_string(const char *at, const char *end, const struct scan_limits *limits, bool *ret_escaped,
                        struct scan_error *err)
{
        return atomic_load_explicit(&engine, memory_order_relaxed)->string(at, end, limits, ret_escaped, err);
}

const char *scan_value(const char *at, const char *end, const struct scan_limits *limits, struct scan_error *err)
{
        return atomic_load_explicit(&engine, memory_order_relaxed)->value(at, end, limits, err);
}

bool scan_text(struct slice text, const struct scan_limits *limits, struct scan_error *err)
{
        const char *end = slice_end(text), *at = scan_space(text.data, end);
        at = scan_value(at, end, limits, err);
        if (!at)
                return false;
        at = scan_space(at, end);
        if (at < end) {
                engine_fail(err, REASON_json_malformed, at, "something follows the value");
                return false;
        }
        return true;
}

static const char *skip_digits(const char *at, const char *end)
{
        while (at < end && *at >= '0' && *at <= '9')
                at++;
        return at;
}

/* RFC 8259, section 6. */
const char *scan_number(const char *at, const char *end, struct scan_error *err)
{
        static const char DIGIT_MISSING[] = "a digit is missing in the number";
        if (at < end && *at == '-')
                at++;
        if (at >= end || *at < '0' || *at > '9')
                return engine_fail(err, REASON_json_malformed, at, DIGIT_MISSING);
        if (*at == '0') {
                at++;
                if (at < end && *at >= '0' && *at <= '9')
                        return engine_fail(err, REASON_json_malformed, at, "a number may not start with 0 and another digit");
        } else {
                at = skip_digits(at, end);
        }
        if (at < end && *at == '.') {
                const char *digits = at + 1;
                at = skip_digits(digits, end);
                if (at == digits)
                        return engine_fail(err, REASON_json_malformed, at, DIGIT_MISSING);
        }
        if (at < end && (*at == 'e' || *at == 'E')) {
                const char *digits = at + 1;
                if (digits < end && (*digits == '+' || *digits == '-'))
                        digits++;
                at = skip_digits(digits, end);
                if (at == digits)
                        return engine_fail(err, REASON_json_malformed, at, DIGIT_MISSING);
        }
        return at;
}

const char *scan_literal(const char *at, const char *end, struct scan_error *err)
{
        static const struct slice LITERALS[] = { SLICE_INIT("true"), SLICE_INIT("false"), SLICE_INIT("null") };
        if (at >= end)
                return engine_fail_value(at, end, err);
        const struct slice *literal = LITERALS;
        while (*at != literal->data[0])
                if (++literal == LITERALS + COUNT_OF(LITERALS))
                        return engine_fail_value(at, end, err);
        if ((size_t)(end - at) >= literal->size && memcmp(at, literal->data, literal->size) == 0)
                return at + literal->size;
        size_t same = 1;
        while (at + same < end && at[same] == literal->data[same])
                same++;
        if (at + same == end)
                return engine_fail(err, REASON_json_malformed, end, "the text ends inside true, false or null");
        return engine_fail(err, REASON_json_malformed, at + same, "only true, false and null are written without quotes");
}
