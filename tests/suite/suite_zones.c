/* For tests/suite/zones: reads "ZONE SECONDS" a line, answers "NAME OFFSET DST ABBREVIATION" a line, or "-".
 * Usage: suite.zones FOLDER */
#include "enrich/zones.h"

int main(int argc, char **argv)
{
        struct errors errors = { 0 };
        struct zones *zones = argc == 2 ? zones_load(argv[1], &errors) : NULL;
        errors_print(&errors, stderr);
        if (!zones)
                return 1;
        char line[256];
        while (fgets(line, sizeof(line), stdin)) {
                struct zone_span span, again;
                char *space = strchr(line, ' ');
                const struct zone_name *found = space ? zones_find(zones, slice_between(line, space)) : NULL;
                int64_t seconds = space ? strtoll(space, NULL, 10) : 0;
                if (!found) {
                        puts("-");
                        continue;
                }
                zone_find(found->zone, seconds, &span);
                /* A span answers for every instant in it. */
                zone_find(found->zone, span.from == INT64_MIN ? seconds : span.from, &again);
                BUG_IF(span.from > seconds || span.until <= seconds || again.offset != span.offset || again.dst != span.dst);
                printf("%.*s %d %d %.*s\n", SLICE_ARGS(found->text), (int)span.offset, span.dst, SLICE_ARGS(span.abbreviation));
        }
        fprintf(stderr, "%zu names, %zu bytes, version %.*s\n", zones_count(zones), zones_memory(zones),
                SLICE_ARGS(zones_version(zones)));
        zones_free(zones);
        return 0;
}
