#include "enrich/agent_engine.h"

#define NAME  (1u << DEVICE_NAME)
#define BRAND (1u << DEVICE_BRAND)
#define MODEL (1u << DEVICE_MODEL)

/* What the rules answer for agents that tell nothing. NULL: any. `out`: the parts that are no knowledge. */
static const struct { const char *brand, *model; unsigned out; } EMPTY[] = {
        { "Generic_Android", "K",  NAME | BRAND | MODEL },         /* browsers froze it in 2023 */
        { "Generic_Android", NULL, BRAND },                        /* nobody's name for a brand */
        { "Generic_Android_Tablet", "K",  NAME | BRAND | MODEL },
        { "Generic_Android_Tablet", NULL, BRAND },
        { "Generic",         NULL, NAME | BRAND | MODEL },         /* "Generic Smartphone" */
        { "Apple",           "iOS-Device", NAME | MODEL },         /* an app's library, on any of Apple's devices */
        { "Spider",          NULL, BRAND | MODEL },                /* its model is "Desktop" */
};

/* Some rules take the build behind a model for a part of it. */
static void build_cut(struct slice *text)
{
        const char *build = text->size ? memmem(text->data, text->size, " Build/", 7) : NULL;
        if (build && build > text->data)
                text->size = (size_t)(build - text->data);
}

void agent_clean(struct agent *agent)
{
        struct slice *part = agent->part[AGENT_DEVICE];
        build_cut(&part[DEVICE_NAME]);
        build_cut(&part[DEVICE_MODEL]);
        for (size_t i = 0; i < COUNT_OF(EMPTY); i++) {
                if (!slice_equal(part[DEVICE_BRAND], slice_of(EMPTY[i].brand)) ||
                    (EMPTY[i].model && !slice_equal(part[DEVICE_MODEL], slice_of(EMPTY[i].model))))
                        continue;
                for (unsigned which = 0; which < DEVICE_PARTS; which++)
                        if (EMPTY[i].out & 1u << which)
                                part[which] = (struct slice){ NULL, 0 };
                return;
        }
}
