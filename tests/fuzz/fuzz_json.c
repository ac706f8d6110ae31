/* The scanner against its twins and against jansson: every engine gives the same end, reason, place and message; so does the
 * tape; and what is taken here, jansson takes too, but for the differences listed in jansson_agrees(). Then all that works on
 * scanned text is run over it. */
#include "base/buffer.h"
#include "json/equal.h"
#include "json/number.h"
#include "json/scan.h"
#include "json/tape.h"
#include <jansson.h>

#define MUST(condition) do { if (!(condition)) abort(); } while (0)

static const struct scan_limits LIMITS = { .depth = 24, .string = 100 };

struct outcome {
        const char       *behind;
        struct scan_error err;
};
static struct outcome scan(const char *text, const char *end, const struct scan_limits *limits)
{
        struct outcome outcome = { .err.reason = REASON_none };
        outcome.behind = scan_value(text, end, limits, &outcome.err);
        return outcome;
}
static void must_agree(const struct outcome *a, const struct outcome *b)
{
        MUST(a->behind == b->behind && a->err.reason == b->err.reason && a->err.where == b->err.where &&
             a->err.message == b->err.message);
}

/* jansson differs where it reads numbers into an int64 or a double (overflow is an error there), and it takes NULs behind a
 * number at the end. */
static void jansson_agrees(struct slice text, bool taken)
{
        json_error_t err;
        json_t *json = json_loadb(text.data, text.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &err);
        enum json_error_code code = json ? json_error_unknown : json_error_code(&err);
        if (taken)
                MUST(json || code == json_error_numeric_overflow);
        else
                MUST(!json || memchr(text.data, 0, text.size));
        json_decref(json);
}

/* The value anew: members in the opposite order, spaces everywhere, every ASCII character of a string as an escape. */
static void write_otherwise(const struct tape *tape, uint32_t entry, struct buffer *out)
{
        struct tape_entry at = tape->entries[entry];
        struct slice raw = tape_raw(tape, entry);
        buffer_add_char(out, ' ');
        if (at.kind == TAPE_STRING) {
                for (size_t i = 0; i < raw.size; i++) {
                        bool escape = raw.data[i] == '\\', plain = i > 0 && i + 1 < raw.size && (unsigned char)raw.data[i] < 0x80;
                        size_t size = escape && raw.data[i + 1] == 'u' ? 6 : 2;
                        if (escape) {
                                buffer_add(out, (struct slice){ raw.data + i, size });
                                i += size - 1;
                        } else if (plain) {
                                buffer_format(out, "\\u%04X", (unsigned)raw.data[i]);
                        } else {
                                buffer_add_char(out, raw.data[i]);
                        }
                }
        } else if (at.kind == TAPE_ARRAY) {
                buffer_add_char(out, '[');
                for (uint32_t i = entry + 1; i < at.next; i = tape->entries[i].next) {
                        buffer_add(out, i > entry + 1 ? SLICE(" ,") : SLICE(" "));
                        write_otherwise(tape, i, out);
                }
                buffer_add(out, SLICE(" ]"));
        } else if (at.kind == TAPE_OBJECT) {
                uint32_t *members = malloc((at.count + 1) * sizeof(*members)), count = 0;
                MUST(members);
                for (uint32_t i = entry + 1; i < at.next; i = tape->entries[i + 1].next)
                        members[count++] = i;
                MUST(count == at.count);
                buffer_add_char(out, '{');
                while (count-- > 0) {
                        write_otherwise(tape, members[count], out);
                        buffer_add(out, SLICE(" :"));
                        write_otherwise(tape, members[count] + 1, out);
                        buffer_add(out, count ? SLICE("\n,") : SLICE(""));
                }
                buffer_add(out, SLICE("\t}"));
                free(members);
        } else {
                buffer_add(out, raw);
        }
}

/* An object with the same key twice has no meaning that an order of its members could keep: events with one are rejected. */
static bool has_twins(const struct tape *tape)
{
        for (uint32_t entry = 0; entry < tape->count; entry++) {
                if (tape->entries[entry].kind != TAPE_OBJECT)
                        continue;
                for (uint32_t i = entry + 1; i < tape->entries[entry].next; i = tape->entries[i + 1].next)
                        for (uint32_t k = entry + 1; k < i; k = tape->entries[k + 1].next)
                                if (value_equal(tape_raw(tape, i), tape_raw(tape, k)))
                                        return true;
        }
        return false;
}

/* Whatever is known to be JSON must pass these without a fault, and equal itself, however it is written. */
static void use_value(struct slice raw, struct tape *tape)
{
        char *out = malloc(raw.size);
        MUST(out && value_equal(raw, raw));
        for (uint32_t i = 0; i < tape->count; i++) {
                struct slice part = tape_raw(tape, i);
                MUST(tape_find(tape, part.data) == i);
                if (tape->entries[i].kind == TAPE_STRING) {
                        size_t size = scan_unescape(part, out);
                        MUST(size <= part.size - 2 && string_is(part, (struct slice){ out, size }));
                        MUST(string_length(part) <= size);
                } else if (tape->entries[i].kind == TAPE_NUMBER) {
                        struct number number, cent;
                        number_read(part, &number);
                        number_read(SLICE("0.01"), &cent);
                        MUST(number_compare(&number, &number) == 0);
                        (void)number_is_multiple(&number, &cent);
                }
        }
        (void)scan_pointer(raw, SLICE("/a/0/b~1"));
        free(out);
        if (has_twins(tape))
                return;
        struct buffer other;
        struct scan_error err;
        buffer_init(&other, raw.size * 16 + 1024);
        write_otherwise(tape, 0, &other);
        MUST(!other.full);
        struct slice copy = { other.data + 1, other.size - 1 };            /* without the first space */
        MUST(scan_text(copy, &SCAN_UNLIMITED, &err));
        MUST(value_equal(raw, copy) && value_equal(copy, raw) && value_hash(raw, 1) == value_hash(copy, 1));
        buffer_done(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char *copy = malloc(size ? size : 1);
        MUST(copy);
        if (size)
                memcpy(copy, data, size);
        const char *end = copy + size;
        for (const struct scan_limits *limits = &LIMITS; limits; limits = limits == &LIMITS ? &SCAN_UNLIMITED : NULL) {
                const char *at = scan_space(copy, end);
                MUST(scan_use(0));
                struct outcome scalar = scan(at, end, limits);
                for (size_t engine = 1; scan_use(engine); engine++) {
                        MUST(scan_space(copy, end) == at);
                        struct outcome other = scan(at, end, limits);
                        must_agree(&scalar, &other);
                }
                struct tape tape;
                struct outcome taped = { .err.reason = REASON_none };
                tape_init(&tape, TAPE_LIMIT_MAX);
                taped.behind = tape_value(&tape, at, end, limits, &taped.err);
                must_agree(&scalar, &taped);
                if (scalar.behind && limits != &LIMITS)
                        use_value(slice_between(at, scalar.behind), &tape);
                tape_done(&tape);
        }
        struct scan_error err;
        struct slice text = { copy, size };
        bool taken = scan_text(text, &SCAN_UNLIMITED, &err);
        if (taken || err.reason != REASON_json_depth)      /* jansson goes deeper, and what it finds there may be anything */
                jansson_agrees(text, taken);
        size_t line, column;
        scan_position(text, end, &line, &column);
        free(copy);
        return 0;
}
