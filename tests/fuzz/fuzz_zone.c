/* Any bytes as a file of the tz database, and as a rule and an offset: every instant has a span that holds it, and the whole of a
 * span shows the same clocks. */
#include "enrich/zone.h"
#include "enrich/zone_rule.h"

static void instant_check(const struct zone *zone, int64_t seconds)
{
        struct zone_span span, other;
        zone_find(zone, seconds, &span);
        BUG_IF(span.from > seconds || (span.until <= seconds && span.until != INT64_MAX));
        BUG_IF(span.abbreviation.size < 3 || span.abbreviation.size > ZONE_ABBREVIATION);
        const int64_t same[] = { span.from, span.until - 1 };
        for (size_t i = 0; i < COUNT_OF(same); i++) {
                zone_find(zone, same[i], &other);
                BUG_IF(other.offset != span.offset || other.dst != span.dst);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const int64_t INSTANTS[] = { INT64_MIN, -62135596800, -2208988800, -1, 0, 1774745999, 1774746000, 4133894400,
                                            253402300800, INT64_MAX };
        struct error err;
        char *text = memory_get(size + 1);         /* of its own, so that a read past its end is seen */
        memcpy(text, data, size);
        text = realloc(text, size ? size : 1);
        struct slice file = { text, size };
        struct zone *zone = zone_read(file, &err);
        for (size_t i = 0; zone && i < COUNT_OF(INSTANTS); i++)
                instant_check(zone, INSTANTS[i]);
        zone_free(zone);
        struct zone_rule rule;
        struct zone_span span;
        if (zone_rule_parse(file, &rule))
                for (size_t i = 0; i < COUNT_OF(INSTANTS); i++) {
                        zone_rule_find(&rule, INSTANTS[i], &span);
                        BUG_IF(span.from > INSTANTS[i] || (span.until <= INSTANTS[i] && span.until != INT64_MAX));
                }
        int32_t seconds;
        if (zone_offset_parse(file, &seconds))
                BUG_IF(seconds < -86340 || seconds > 86340 || seconds % 60);
        free(text);
        return 0;
}
