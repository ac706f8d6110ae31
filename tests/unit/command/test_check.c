/* `millrace check` and `millrace try`, as a shell sees them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "../schema/folder.h"
#include "base/buffer.h"
#include "shell.h"

#define WORDS_MAX 12
#define PLAN "--set=schemas.path=" SOURCE_DIR "/schemas"
#define NONE "--config=/dev/null"

/* `check` looks at the sink, too: a build without the default one has a mistake more to tell. */
#ifdef WITH_KAFKA
static const bool HAS_SINK = true;
#else
static const bool HAS_SINK = false;
#endif

/* want, error: parts of standard output and error; "": nothing may be there; NULL: not looked at. %: the file with `text`. */
static const struct { const char *name, *words[WORDS_MAX], *text; int status; const char *want, *error; } CASES[] = {
        { "check: the sample plan", { "check", NONE, PLAN }, NULL, 0, "all is well: 10 schemas, 93 examples\n",
          "advice: kafka.brokers: " },
        { "check: no schemas", { "check", NONE }, NULL, 0, "all is well: 0 schemas, 0 examples\n",
          "advice: schemas.path: there is no schema, so that every event will be rejected\n" },
        { "check: a folder that is missing", { "check", NONE, "--set=schemas.path=/nonexistent" }, NULL, 1, "1 mistake\n",
          "/nonexistent: cannot read the folder: No such file or directory\n" },
        { "check: mistakes of every kind at once", { "check", "--config=%", PLAN, "--set=log.level=x" },
          "kafka:\n  topic: a}b\n  key: foo\n  linger: soon\n  bad_topic: ''\nenrich:\n  order: [tarot]\n", 1, "6 mistakes\n",
          ":3:8: kafka.key: 'foo' is not known" },
        { "check: a mistake with its line", { "check", "--config=%", "--set=log.level=x" }, "kafka:\n  bad_topic: ''\n", 1,
          "2 mistakes\n", ":2:14: kafka.bad_topic: the name of a topic has 1 to 249 characters" },
        { "check: options of the spool against each other", { "check", NONE, "--set=sink.ack=spool" }, NULL, 1, "1 mistake\n",
          "sink.ack: spool needs a folder: spool.path\n" },
        { "check: a spool where no folder can be made", { "check", NONE, PLAN, "--set=spool.path=/proc/spool" }, NULL, 1,
          "1 mistake\n", "spool.path: cannot write '/proc/spool': " },
        { "check: a spool that is a file", { "check", "--config=%", PLAN, "--set=spool.size=1GiB" },
          "spool: {path: /etc/passwd}\n", 1, "1 mistake\n", ":1:15: spool.path: cannot write '/etc/passwd': Not a directory\n" },
        { "check: a spool that will be made", { "check", NONE, PLAN, "--set=spool.path=/tmp/millrace-none/spool" }, NULL, 0,
          "all is well: ", "advice: spool.path: '/tmp/millrace-none' must be there at the start" },
        { "check: a file sink's folder, of another sink", { "check", NONE, PLAN, "--set=sink.path=/proc/sink" }, NULL, 0,
          "all is well: ", NULL },
        { "check: one mistake that two have found", { "check", "--config=%", PLAN }, "sink: {type: file}\n", 1, "1 mistake\n",
          ": sink.path: the file sink needs a folder\n" },
        { "check: answers from memory", { "check", NONE, PLAN, "--set=sink.ack=memory" }, NULL, 0, "all is well: ",
          "advice: sink.ack: with memory an event is acknowledged before it is durable anywhere" },
        { "check: a stop that the spool is too slow for",
          { "check", NONE, PLAN, "--set=spool.path=/tmp", "--set=spool.after=20s", "--set=worker.drain_time=2s" }, NULL, 0,
          "all is well: ", "advice: spool.after: it is longer than worker.drain_time (2000 ms)" },
        { "check: what it may take", { "check", NONE, PLAN, "--set=worker.threads=1", "--set=limits.open_bytes=16MiB" }, NULL, 0,
          " examples\nmemory: at most ", NULL },
        { "check: its parts", { "check", NONE, PLAN, "--set=limits.open_bytes=16MiB", "--set=kafka.queue=2MiB" }, NULL, 0,
          " MiB: requests 20, sessions of TLS and HTTP/2 640, Kafka's queue 3, connections 577, workers ", NULL },
        { "check: more than the machine has", { "check", NONE, PLAN, "--set=limits.open_bytes=1TiB" }, NULL, 0, "all is well: ",
          "the kernel may end the process before it refuses anything. Most of it is bounded by limits.open_bytes\n" },
        { "check: no YAML", { "check", "--config=%" }, "kafka: [", 1, "2 mistakes\n", ":2:1: this is not YAML: " },
        { "check: no file", { "check", "--config=/nonexistent" }, NULL, 1, "1 mistake\n", "/nonexistent" },
        { "check: a word too many", { "check", "x" }, NULL, 2, "", "'x' is one word too many" },

        { "try: a good event", { "try", NONE, PLAN, "%" },
          "{\"type\":\"sign_up\",\"data\":{\"method\":\"email\",\"country\":\"DE\"}}",
          0, "{\"index\":0,\"outcome\":\"published\",\"topic\":\"events\",\"record\":{\"id\":", "" },
        { "try: an event on several lines is shown on one", { "try", NONE, PLAN, "%" },
          "{\"type\":\"sign_up\",\n\"data\":{\"method\":\"email\",\r\n\"country\":\"DE\"}}", 0,
          "\"data\":{\"method\":\"email\",  \"country\":\"DE\"}", "" },
        { "try: a bad one", { "try", NONE, PLAN, "%" }, "{\"type\":\"sign_up\",\"data\":{}}", 1,
          "{\"index\":0,\"outcome\":\"rejected\",\"topic\":\"events-bad\",\"record\":{\"reason\":\"schema_invalid\"", "" },
        { "try: one of two is bad", { "try", NONE, PLAN, "%" },
          "[{\"type\":\"sign_up\",\"data\":{\"method\":\"email\",\"country\":\"DE\"}},{}]", 1,
          "{\"index\":1,\"outcome\":\"rejected\"", "" },
        { "try: a key", { "try", NONE, PLAN, "--set=kafka.key=userId", "%" },
          "{\"userId\":\"u\",\"type\":\"sign_up\",\"data\":{\"method\":\"email\",\"country\":\"DE\"}}", 0,
          ",\"key\":\"u\",\"record\":{", "" },
        { "try: a payload", { "try", NONE, PLAN, "--schema=com.acme/sign_up/1-0-0", "%" },
          "{\"method\":\"email\",\"country\":\"DE\"}", 0, "\"dataschema\":\"iglu:com.acme/sign_up/jsonschema/1-0-0\"", "" },
        { "try: a payload's schema as a URI", { "try", NONE, PLAN, "--schema=iglu:com.acme/sign_up/jsonschema/1-0-0", "%" },
          "{\"method\":\"email\",\"country\":\"DE\"}", 0, "\"dataschema\":\"iglu:com.acme/sign_up/jsonschema/1-0-0\"", "" },
        { "try: a schema that is none", { "try", NONE, PLAN, "--schema=sign_up", "%" }, "{}", 2, "",
          "millrace try: --schema sign_up is no name such as vendor/name/1-0-0\n" },
        { "try: a time", { "try", NONE, PLAN, "--received=2026-11-21T12:00:00Z", "%" }, "{}", 1,
          "\"received\":\"2026-11-21T12:00:00.000Z\"", "" },
        { "try: a time that is none", { "try", NONE, PLAN, "--received=noon", "%" }, "{}", 2, "",
          "millrace try: --received noon is no time such as 2026-11-21T08:13:00Z\n" },
        { "try: too many events", { "try", NONE, PLAN, "--set=events.count_limit=1", "%" }, "[{},{}]", 1, "",
          "millrace try: more than 1 events (events.count_limit)" },
        { "try: nothing", { "try", NONE, PLAN, "/dev/null" }, NULL, 1, "\"message\":\"the body is empty; ", "" },
        { "try: no file", { "try", NONE, PLAN, "/nonexistent" }, NULL, 1, "",
          "millrace try: /nonexistent: No such file or directory\n" },
        { "try: a folder", { "try", NONE, PLAN, SOURCE_DIR }, NULL, 1, "", ": Is a directory\n" },
        { "try: two files", { "try", NONE, PLAN, "a", "b" }, NULL, 2, "", "millrace try: one file at a time\n" },
        { "try: no plan", { "try", NONE, "--set=schemas.path=/nonexistent", "%" }, "{}", 1, "",
          "/nonexistent: cannot read the folder: No such file or directory\n" },
};

/* Runs the program with its output in memory; both texts from malloc. */
static int run(const char *const *words, const char *file, char **ret_out, char **ret_error)
{
        const char *line[WORDS_MAX + 1] = { "millrace" };
        struct buffer room;
        int count = 1;
        buffer_init(&room, 4096);
        for (; *words; words++) {
                const char *place = strchr(*words, '%');
                if (place) {
                        buffer_add(&room, slice_between(*words, place));
                        buffer_add(&room, slice_of(file));
                        buffer_add_char(&room, '\0');
                }
                line[count++] = place ? room.data : *words;        /* one place a line */
        }
        int status = shell_run(count, line, ret_out, ret_error);
        buffer_done(&room);
        return status;
}

static bool told(const char *text, const char *want)
{
        return !want || (*want ? strstr(text, want) != NULL : *text == '\0');
}

static void test_what_a_shell_sees(void **state)
{
        (void)state;
        struct folder folder;
        char path[512];
        folder_init(&folder);
        (void)snprintf(path, sizeof(path), "%s/file", folder.path);
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                char *out = NULL, *error = NULL;
                if (!HAS_SINK && strcmp(CASES[i].words[0], "check") == 0)
                        continue;
                folder_write(&folder, "file", CASES[i].text ? CASES[i].text : "");
                int status = run(CASES[i].words, path, &out, &error);
                if (status != CASES[i].status || !told(out, CASES[i].want) || !told(error, CASES[i].error))
                        fail_msg("%s (%d): %s%s", CASES[i].name, status, out, error);
                free(out);
                free(error);
        }
        folder_done(&folder);
}

/* What a reload would read again: not only the folder, but what lies in it. */
static void test_schemas_of_root_only(void **state)
{
        (void)state;
        static const struct { const char *name, *closed; int status; } TRIES[] = {
                { "what is no schema", "com.acme/page_view/examples",        0 },
                { "a vendor's folder", "com.acme",                           1 },
                { "a name's folder",   "com.acme/page_view",                 1 },
                { "versions",          "com.acme/page_view/jsonschema",      1 },
                { "a schema",          "com.acme/sign_up/jsonschema/1-0-0",  1 },
        };
        if (!HAS_SINK || geteuid() != 0)
                skip();
        for (size_t i = 0; i < COUNT_OF(TRIES); i++) {
                struct folder folder;
                char command[1024], plan[320], *out = NULL, *error = NULL;
                folder_init(&folder);
                (void)snprintf(command, sizeof(command), "cp -r %s/schemas %s && chmod -R a+rX %s && chmod go= %s/schemas/%s",
                               SOURCE_DIR, folder.path, folder.path, folder.path, TRIES[i].closed);
                assert_int_equal(system(command), 0);
                (void)snprintf(plan, sizeof(plan), "--set=schemas.path=%s/schemas/", folder.path);
                const char *const words[] = { "check", NONE, plan, "--set=process.user=nobody", NULL };
                int status = run(words, "", &out, &error);
                if (status != TRIES[i].status || (status && !strstr(error, TRIES[i].closed)))
                        fail_msg("%s (%d): %s%s", TRIES[i].name, status, out, error);
                free(out);
                free(error);
                folder_done(&folder);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_what_a_shell_sees),
                                            cmocka_unit_test(test_schemas_of_root_only) };
        return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
