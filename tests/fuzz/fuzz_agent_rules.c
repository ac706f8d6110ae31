/* Any bytes as a file of rules: an engine or mistakes, never both, and the engine answers. */
#include "enrich/agent_engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct errors errors = { 0 };
        struct agent_rules *rules = agent_rules_read("fuzz", (struct slice){ (const char *)data, size }, &errors);
        BUG_IF((rules == NULL) != (errors_total(&errors) > 0));
        struct agent_engine *engine = rules ? agent_engine_new(rules, NULL, "fuzz", &errors) : NULL;
        BUG_IF((engine == NULL) != (errors_total(&errors) > 0));
        if (engine) {
                static const char *const TEXTS[] = { "", "a", "Thimble/12.3.4.5 (Loom OS 7_1; KX-9 Build; Android Mobile)",
                                                     "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)" };
                struct agent_scratch *scratch = agent_scratch_new(engine, 256);
                for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
                        struct agent quick, slow;
                        agent_find(engine, scratch, slice_of(TEXTS[i]), &quick);
                        size_t sizes[AGENT_SECTIONS][AGENT_PARTS];
                        for (size_t section = 0; section < AGENT_SECTIONS; section++)
                                for (size_t part = 0; part < AGENT_PARTS; part++)
                                        sizes[section][part] = quick.part[section][part].size;
                        agent_find_slowly(engine, scratch, slice_of(TEXTS[i]), &slow);
                        for (size_t section = 0; section < AGENT_SECTIONS; section++)
                                for (size_t part = 0; part < AGENT_PARTS; part++)
                                        BUG_IF(sizes[section][part] != slow.part[section][part].size);
                }
                agent_scratch_free(scratch);
        }
        agent_engine_free(engine);
        errors_done(&errors);
        return 0;
}
