/* Any bytes as a list of robots: bots or mistakes, never both; and what the prefilter leaves is what trying every pattern finds.
 */
#include "enrich/agent_engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char RULES[] = "user_agent_parsers: []\nos_parsers: []\ndevice_parsers: []\n";
        static const char *const TEXTS[] = { "", "a", "curl/8.0",
                                             "Mozilla/5.0 (compatible; Loombot/1.0; +https://loom.example/bot)",
                                             "Shuttle  check/2 (https://x) Googlebot-News AdsBot-Google warp-client" };
        struct errors errors = { 0 };
        struct bot_list   *list = bot_list_read("fuzz", (struct slice){ (const char *)data, size }, &errors);
        BUG_IF((list == NULL) != (errors_total(&errors) > 0));
        struct agent_bots *bots = list ? agent_bots_new(list, NULL, "fuzz", &errors) : NULL;
        BUG_IF((bots == NULL) != (errors_total(&errors) > 0));
        if (bots) {
                struct agent_engine  *engine = agent_engine_new(agent_rules_read("r", SLICE(RULES), &errors), bots, "r", &errors);
                struct agent_scratch *scratch = agent_scratch_new(engine, 256);
                for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
                        struct agent quick, slow;
                        agent_find(engine, scratch, slice_of(TEXTS[i]), &quick);
                        agent_find_slowly(engine, scratch, slice_of(TEXTS[i]), &slow);
                        BUG_IF(quick.robot.category != slow.robot.category || quick.robot.counted != slow.robot.counted ||
                               !slice_equal(quick.robot.name, slow.robot.name));
                }
                agent_scratch_free(scratch);
                agent_engine_free(engine);
        }
        errors_done(&errors);
        return 0;
}
