/* What a pattern and a format cost: cmake --build --preset release --target bench_pattern && build/release/bench_pattern
 * CPU nanoseconds a match, the least of several passes; the answer of every text is checked. */
#include "schema/format.h"
#include "schema/pattern_tree.h"
#include <time.h>

#define PASSES  15
#define MATCHES 20000
static const char *const PATTERNS[][2] = {
        { "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", "01234567-89ab-cdef-0123-456789abcdef" },
        { "^[A-Z]{3}$", "EUR" },
        { "^u_[0-9a-f]{10}$", "u_0123456789" },
        { "^[0-9a-f]{64}$", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" },
        { "^[a-z]{2}(-[A-Z]{2})?$", "de-AT" },
        { "^[0-9]+\\.[0-9]+\\.[0-9]+$", "12.3.4567" },
        { "^[A-Z][A-Za-z]+Screen$", "ProductDetailScreen" },
        { "^[a-z][a-z0-9_]{0,63}$", "add_to_cart_from_recommendation_carousel" },
        { "^(page_view|add_to_cart|transaction|video_play|bet_placed)$", "transaction" },
        { "^https?://[^\\s/]+(/[^\\s]*)?$", "https://www.example.com/category/product-1234?utm_source=mail" },
        { "^iglu:[a-zA-Z0-9-_.]+/[a-zA-Z0-9-_]+/jsonschema/[1-9][0-9]*-[0-9]+-[0-9]+$",
          "iglu:com.example/add_to_cart/jsonschema/1-0-12" },
        { "^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", "firstname.lastname@mail.example.com" },
        { "foo|bar|baz", "there is nothing of the kind in this text but baz" },
        { "^[\\p{L} .'-]{1,80}$", "Jürgen von der Müllerstraße-Großmann" },
        { "^(?=.*[A-Z])(?=.*\\d).{8,64}$", "correctHorseBatteryStaple1" },
        { "(\\w)\\1$", "backreference of the laat letter oo" },
};
static const char *const FORMATS[][2] = {
        { "uuid", "01234567-89ab-cdef-0123-456789abcdef" },
        { "date-time", "2026-11-21T08:13:00.123Z" },
        { "date", "2026-11-21" },
        { "email", "firstname.lastname@mail.example.com" },
        { "hostname", "www.mail.example.com" },
        { "ipv4", "192.168.100.200" },
        { "ipv6", "2001:db8:85a3::8a2e:370:7334" },
        { "uri", "https://www.example.com/category/product-1234?utm_source=mail" },
        { "json-pointer", "/items/0/sku" },
        { "idn-hostname", "www.bücher.example" },
};
static const char *const ENGINES[] = { "runs", "automaton", "backtracking", "retracing" };

static double now(void)
{
        struct timespec time;
        (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* Several copies, so that not one text alone trains the branch predictor by its address. */
#define COPIES 16
struct texts {
        char         bytes[COPIES][256];
        struct slice slices[COPIES];
};
static void texts_fill(struct texts *texts, const char *text)
{
        for (size_t i = 0; i < COPIES; i++) {
                size_t shift = i % 8;
                (void)snprintf(texts->bytes[i] + shift, sizeof(texts->bytes[i]) - shift, "%s", text);
                texts->slices[i] = slice_of(texts->bytes[i] + shift);
        }
}

static double pattern_cost(const struct pattern *pattern, struct pattern_scratch *scratch, const struct texts *texts)
{
        double least = 1e18;
        for (size_t pass = 0; pass < PASSES; pass++) {
                size_t yes = 0;
                double begin = now();
                for (size_t i = 0; i < MATCHES; i++)
                        yes += pattern_match(pattern, scratch, texts->slices[i % COPIES]) == PATTERN_YES;
                double cost = (now() - begin) / MATCHES;
                BUG_IF(yes != MATCHES);
                least = cost < least ? cost : least;
        }
        return least;
}

static double format_cost(const struct format *format, const struct texts *texts)
{
        double least = 1e18;
        for (size_t pass = 0; pass < PASSES; pass++) {
                size_t yes = 0;
                double begin = now();
                for (size_t i = 0; i < MATCHES; i++)
                        yes += format_check(format, texts->slices[i % COPIES]);
                double cost = (now() - begin) / MATCHES;
                BUG_IF(yes != MATCHES);
                least = cost < least ? cost : least;
        }
        return least;
}

int main(void)
{
        struct texts texts;
        struct pattern_scratch *scratch = pattern_scratch_new();
        printf("%-64s %-12s %5s %10s %10s %10s\n", "pattern", "engine", "bytes", "ns", "PCRE2 ns", "compile us");
        for (size_t i = 0; i < COUNT_OF(PATTERNS); i++) {
                struct error err;
                double begin = now();
                struct pattern *pattern = pattern_compile(slice_of(PATTERNS[i][0]), 20000, &err);
                double compile = (now() - begin) / 1e3;
                struct pattern *other = pattern_compile_with(PATTERN_BACKTRACKING, slice_of(PATTERNS[i][0]), 20000, &err);
                BUG_IF(!pattern || !other);
                texts_fill(&texts, PATTERNS[i][1]);
                printf("%-64.64s %-12s %5zu %10.1f %10.1f %10.0f\n", PATTERNS[i][0], ENGINES[pattern_engine(pattern)],
                       texts.slices[0].size, pattern_cost(pattern, scratch, &texts), pattern_cost(other, scratch, &texts),
                         compile);
                pattern_free(pattern);
                pattern_free(other);
        }
        for (size_t i = 0; i < COUNT_OF(FORMATS); i++) {
                texts_fill(&texts, FORMATS[i][1]);
                printf("%-64s %-12s %5zu %10.1f\n", FORMATS[i][0], "format", texts.slices[0].size,
                       format_cost(format_find(slice_of(FORMATS[i][0]), 2020), &texts));
        }
        pattern_scratch_free(scratch);
        return 0;
}
