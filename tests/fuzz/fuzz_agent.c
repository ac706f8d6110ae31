/* Any bytes as a user agent, by uap-core's rules: what the prefilter leaves is what trying every rule would find. */
#include "enrich/agent_engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct agent_engine  *engine;       /* libFuzzer calls from one thread */
        static struct agent_scratch *scratch;
        if (!engine) {
                struct errors errors = { 0 };
                const char *file = getenv("AGENT_RULES") ? getenv("AGENT_RULES") : "/usr/share/uap-core/regexes.yaml";
                struct agent_rules *rules = agent_rules_load(file, &errors);
                engine = rules ? agent_engine_new(rules, NULL, file, &errors) : NULL;
                errors_print(&errors, stderr);
                BUG_IF(!engine);
                scratch = agent_scratch_new(engine, 1024);
        }
        struct agent quick, slow;
        char *text = memory_get(size + 1);         /* of its own, so that a read past its end is seen */
        memcpy(text, data, size);
        agent_find(engine, scratch, (struct slice){ text, size }, &quick);
        char *copy[AGENT_SECTIONS][AGENT_PARTS];
        for (size_t section = 0; section < AGENT_SECTIONS; section++)
                for (size_t part = 0; part < AGENT_PARTS; part++)
                        copy[section][part] = slice_copy(quick.part[section][part]);
        agent_find_slowly(engine, scratch, (struct slice){ text, size }, &slow);
        for (size_t section = 0; section < AGENT_SECTIONS; section++)
                for (size_t part = 0; part < AGENT_PARTS; part++) {
                        struct slice found = slow.part[section][part];
                        BUG_IF(found.size != quick.part[section][part].size ||
                               (found.size && memcmp(found.data, copy[section][part], found.size) != 0));
                        free(copy[section][part]);
                }
        BUG_IF(quick.class != slow.class || quick.class >= DEVICE_CLASSES);
        BUG_IF(quick.robot.counted != slow.robot.counted || quick.robot.category != slow.robot.category ||
               !slice_equal(quick.robot.name, slow.robot.name));
        free(text);
        return 0;
}
