/* `millrace spool` over folders that the spool itself has written, whole and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../../../src/sink/spool_end.h"
#include "../enrich/unit.h"
#include "../schema/folder.h"
#include "shell.h"
#include "sink/spool_log.h"

#define WORDS_MAX 12

/* Segment 1: three records. The first is released when asked for. */
static const struct { const char *topic, *key, *schema, *value; int64_t received; bool bad; } RECORDS[] = {
        { "events", "k1", "com.acme/x/1-0-0", "{\"type\":\"x\",\n\"data\":{\"total\":5}}", 1700000000000, false },
        { "events-bad", NULL, NULL, "{\"reason\":\"json_malformed\"}", 1700000060000, true },
        { "events", "\xff", "com.acme/y/1-0-0", "no JSON", 1700000120000, false },
};
#define FIRST_FRAME 32
#define FIRST_VALUE (32 + 16 + 20 + 6)     /* head of the file, of the frame, of the record, of its one header: the topic */

/* The log, still open. */
static struct spool_log *folder_fill(const char *path, bool release)
{
        static const struct spool_limits LIMITS = { .size = 4 << 20, .segment = 1 << 20 };
        struct error err;
        struct spool_log *log = spool_log_open(path, &LIMITS, &err);
        assert_non_null(log);
        for (size_t i = 0; i < COUNT_OF(RECORDS); i++) {
                char payload[512];
                const struct record_header header = { SLICE("schema"), slice_of(RECORDS[i].schema) };
                struct spool_record record = { .received = RECORDS[i].received, .topic = slice_of(RECORDS[i].topic),
                                               .key = slice_of(RECORDS[i].key), .value = slice_of(RECORDS[i].value),
                                               .headers = &header, .header_count = RECORDS[i].schema != NULL,
                                               .bad = RECORDS[i].bad };
                spool_record_write(&record, payload);
                struct slice bytes = { payload, spool_record_size(&record) };
                assert_int_equal(spool_log_append(log, bytes, &err), SPOOL_TAKEN);
        }
        assert_true(spool_log_commit(log, &err));
        struct spool_place place = spool_log_begin(log), from, to;
        struct spool_record record;
        assert_true(spool_log_read(log, &place, &record, &from, &err));
        to = place;
        assert_true(spool_log_set_aside(log, from, to, &err));
        if (release)
                spool_log_release(log, to, 1, 10);
        return log;
}

static void folder_make(const char *path)
{
        static const struct spool_limits LIMITS = { .size = 4 << 20, .segment = 1 << 20 };
        struct error err;
        struct spool_log *log = spool_log_open(path, &LIMITS, &err);
        assert_non_null(log);
        spool_log_close(log);
}

/* What is parked for the topic "gone": two records, of which the first was set aside, too. The file `end` says how far it is
 * whole: all of it, or the first record alone. */
static void lane_fill(const char *path, bool half)
{
        static const struct spool_limits LIMITS = { .size = 4 << 20, .segment = 1 << 20 };
        static const char *const VALUES[] = { "{\"n\":1}", "{\"n\":2}" };
        char name[700], payload[64];
        struct error err;
        (void)snprintf(name, sizeof(name), "%s/parked", path);
        assert_int_equal(mkdir(name, 0700), 0);
        (void)snprintf(name, sizeof(name), "%s/parked/gone", path);
        struct spool_log *log = spool_log_open(name, &LIMITS, &err);
        assert_non_null(log);
        for (size_t i = 0; i < COUNT_OF(VALUES); i++) {
                struct spool_record record = { .received = 1700000000000, .topic = SLICE("gone"),
                                               .value = slice_of(VALUES[i]) };
                spool_record_write(&record, payload);
                struct slice bytes = { payload, spool_record_size(&record) };
                assert_int_equal(spool_log_append(log, bytes, &err), SPOOL_TAKEN);
        }
        assert_true(spool_log_commit(log, &err));
        struct spool_place place = spool_log_begin(log), from;
        struct spool_record record;
        assert_true(spool_log_read(log, &place, &record, &from, &err));
        assert_true(spool_log_set_aside(log, from, place, &err));
        (void)snprintf(name, sizeof(name), "%s/parked/gone/end", path);
        int file = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        assert_true(end_write(file, 0, half ? place : spool_log_end(log)));
        (void)close(file);
        spool_log_close(log);
}

/* FRESH: as a daemon makes it. EMPTY: a folder that is no spool. */
enum state { WHOLE, RELEASED, BROKEN, TORN, FRESH, EMPTY, BAD_POSITION, PARKED, PARKED_HALF, PARKED_BROKEN };

static void folder_spoil(const char *path, enum state state)
{
        char name[700];
        if (state >= PARKED)
                lane_fill(path, state == PARKED_HALF);
        (void)snprintf(name, sizeof(name), "%s/%s", path, state == BAD_POSITION ? "position"
                                                         : state == PARKED_BROKEN ? "parked/gone/0000000000000001.spool"
                                                                                  : "0000000000000001.spool");
        int file = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        struct stat stat;
        assert_int_equal(fstat(file, &stat), 0);
        if (state == BROKEN || state == PARKED_BROKEN)
                assert_int_equal(pwrite(file, "?", 1, FIRST_VALUE), 1);
        else if (state == TORN)
                assert_int_equal(pwrite(file, "torn", 4, stat.st_size), 4);
        else if (state == BAD_POSITION)
                assert_int_equal(pwrite(file, "?", 1, 0), 1);
        (void)close(file);
}

static const struct { const char *name; enum state state; const char *words[WORDS_MAX]; int status; const char *want, *error; }
CASES[] = {
        { "nothing", WHOLE, { "spool" }, 2, NULL, "millrace spool: what? There is ls, cat, verify or replay" },
        { "no such word", WHOLE, { "spool", "list" }, 2, NULL, "there is no 'list'; there is ls, cat, verify or replay" },
        { "no folder", WHOLE, { "spool", "ls" }, 1, NULL, "which one? Give --path DIR" },
        { "a folder that is missing", WHOLE, { "spool", "ls", "--path=/nonexistent" }, 1, NULL,
          "/nonexistent: cannot be opened" },
        { "a file that is missing", WHOLE, { "spool", "cat", "%", "x" }, 1, NULL, "has no file 'x'" },
        { "ls", WHOLE, { "spool", "ls", "%" }, 0,
          "0000000000000001.spool                            3          0", "" },
        { "ls: all of them", WHOLE, { "spool", "ls", "%" }, 0, "\n3 records, 272 bytes\n", "" },
        { "ls: its topics", WHOLE, { "spool", "ls", "%" }, 0, "topic events-bad: 1 records, ", "" },
        { "ls: a topic is parked", PARKED, { "spool", "ls", "%" }, 0,
          "topic gone takes nothing: what there is for it is in parked/gone\n", "" },
        { "ls: the files of a topic", PARKED, { "spool", "ls", "%" }, 0,
          "\nparked/gone/0000000000000001.spool                2          0", "" },
        { "ls: what is set aside of a topic", PARKED, { "spool", "ls", "%" }, 0,
          "\nparked/gone/refused/0000000000000001-32 ", "" },
        { "ls: all of both", PARKED, { "spool", "ls", "%" }, 0, "\n5 records, 368 bytes\n", "" },
        { "ls: its topics, and the parked one", PARKED, { "spool", "ls", "%" }, 0, "\ntopic gone: 2 records, 96 bytes\n", "" },
        { "ls: what is being parked counts where it was", PARKED_HALF, { "spool", "ls", "%" }, 0,
          "\n4 records, 320 bytes\n", "" },
        { "ls as JSON: what is parked", PARKED, { "spool", "ls", "--json", "%" }, 0,
          "\"parked\":[{\"topic\":\"gone\",\"position\":{\"sound\":true,\"segment\":0,\"offset\":0}}]}\n", "" },
        { "ls as JSON: nothing is parked", WHOLE, { "spool", "ls", "--json", "%" }, 0, ",\"parked\":[]}\n", "" },
        { "ls: nobody is there", WHOLE, { "spool", "ls", "%" }, 0, ": no daemon is at work in it\n", "" },
        { "ls: times", WHOLE, { "spool", "ls", "%" }, 0, "2023-11-14T22:13:20.000Z  2023-11-14T22:15:20.000Z", "" },
        { "ls: what is set aside", WHOLE, { "spool", "ls", "%" }, 0, "\nrefused/0000000000000001-32 ", "" },
        { "ls: released", RELEASED, { "spool", "ls", "%" }, 0, "0000000000000001.spool                            2          1",
          "" },
        { "ls as JSON", RELEASED, { "spool", "ls", "--json", "%" }, 0,
          "\"topics\":[{\"topic\":\"events-bad\",\"records\":1,", "" },
        { "ls: nothing was ever written", FRESH, { "spool", "ls", "%" }, 0, "\n0 records, 0 bytes\n", "" },
        { "ls: no spool", EMPTY, { "spool", "ls", "%" }, 1, "",
          "/spool is no spool: neither the file position nor a segment is there\n" },
        { "ls: a flag of another word", WHOLE, { "spool", "ls", "--limit=1", "%" }, 2, "",
          "=millrace spool: --limit goes with cat\n" },
        { "verify", WHOLE, { "spool", "verify", "%" }, 0, "3 records, ", "" },
        { "verify: it is whole", WHOLE, { "spool", "verify", "%" }, 0, "; every byte is as it was written\n", "" },
        { "verify: it is not", BROKEN, { "spool", "verify", "%" }, 1,
          "0000000000000001.spool: 112 bytes at 32 are damaged\n", "" },
        { "verify: nothing was ever written", FRESH, { "spool", "verify", "%" }, 0, "; every byte is as it was written\n", "" },
        { "verify: no spool", EMPTY, { "spool", "verify", "%" }, 1, "", "is no spool" },
        { "verify: as JSON", BROKEN, { "spool", "verify", "--json", "%" }, 1, "\"damages\":1,\"damaged_bytes\":112,", "" },
        { "verify: a torn end is no damage", TORN, { "spool", "verify", "%" }, 0,
          " are torn: being written just now, or cut off", "" },
        { "verify: the position", BAD_POSITION, { "spool", "verify", "%" }, 1, "its file position is damaged", "" },
        { "verify: what is parked", PARKED, { "spool", "verify", "%" }, 0, "5 records, 368 bytes; every byte is as it was", "" },
        { "verify: what is parked is damaged", PARKED_BROKEN, { "spool", "verify", "%" }, 1,
          "parked/gone/0000000000000001.spool: 48 bytes at 32 are damaged\n", "" },
        { "verify: what is being parked", PARKED_HALF, { "spool", "verify", "%" }, 0,
          "parked/gone/0000000000000001.spool: 47 bytes at 80 are torn", "" },
        { "cat", WHOLE, { "spool", "cat", "%" }, 0,
          "{\"topic\":\"events\",\"key\":\"k1\",\"received\":\"2023-11-14T22:13:20.000Z\",\"bad\":false,"
          "\"file\":\"0000000000000001.spool\",\"offset\":32,\"headers\":{\"schema\":\"com.acme/x/1-0-0\"},"
          "\"value\":{\"type\":\"x\", \"data\":{\"total\":5}}}\n{\"topic\":\"events-bad\",\"received\":", "" },
        { "cat: nothing was ever written", FRESH, { "spool", "cat", "%" }, 0, "=", "" },
        { "cat: no spool", EMPTY, { "spool", "cat", "%" }, 1, "", "is no spool" },
        { "cat: a flag of other words", WHOLE, { "spool", "cat", "--json", "%" }, 2, "",
          "=millrace spool: --json goes with ls and verify\n" },
        { "cat: what is no text", WHOLE, { "spool", "cat", "%" }, 0, "\"key_base64\":\"/w==\",", "" },
        { "cat: what is no JSON", WHOLE, { "spool", "cat", "%" }, 0, "\"text\":\"no JSON\"}\n", "" },
        { "cat: what is damaged", BROKEN, { "spool", "cat", "%" }, 0,
          "{\"damaged\":true,\"file\":\"0000000000000001.spool\",\"offset\":32,\"size\":112,\"bytes_base64\":\"TKHDX", "" },
        { "cat: values", WHOLE, { "spool", "cat", "--value-only", "%" }, 0,
          "={\"type\":\"x\", \"data\":{\"total\":5}}\n{\"reason\":\"json_malformed\"}\nno JSON\n", "" },
        { "cat: not what is released", RELEASED, { "spool", "cat", "--value-only", "%" }, 0,
          "={\"reason\":\"json_malformed\"}\nno JSON\n", "" },
        { "cat: also what is released", RELEASED, { "spool", "cat", "--value-only", "--released", "--limit=1", "%" }, 0,
          "={\"type\":\"x\", \"data\":{\"total\":5}}\n", "" },
        { "cat: what was refused", RELEASED, { "spool", "cat", "--value-only", "%", "refused" }, 0,
          "={\"type\":\"x\", \"data\":{\"total\":5}}\n", "" },
        { "cat: also what is parked", PARKED, { "spool", "cat", "--value-only", "--since=2023-11-14T22:10:00Z", "%" }, 0,
          "no JSON\n{\"n\":1}\n{\"n\":2}\n", "" },
        { "cat: where it lies", PARKED, { "spool", "cat", "--topic=gone", "--limit=1", "%" }, 0,
          "\"file\":\"parked/gone/0000000000000001.spool\",\"offset\":32,", "" },
        { "cat: what is parked alone", PARKED, { "spool", "cat", "--value-only", "%", "parked" }, 0,
          "={\"n\":1}\n{\"n\":2}\n", "" },
        { "cat: what is parked for a topic", PARKED, { "spool", "cat", "--value-only", "%", "parked/gone" }, 0,
          "={\"n\":1}\n{\"n\":2}\n", "" },
        { "cat: what is whole of it", PARKED_HALF, { "spool", "cat", "--value-only", "%", "parked/gone" }, 0,
          "={\"n\":1}\n", "" },
        { "cat: what was refused, of all", PARKED, { "spool", "cat", "--value-only", "%", "refused" }, 0,
          "={\"type\":\"x\", \"data\":{\"total\":5}}\n{\"n\":1}\n", "" },
        { "cat: what was refused, of a topic", PARKED, { "spool", "cat", "--value-only", "%", "parked/gone/refused" }, 0,
          "={\"n\":1}\n", "" },
        { "cat: nothing is parked", WHOLE, { "spool", "cat", "%", "parked" }, 0, "=", "" },
        { "cat: nothing is parked for that topic", PARKED, { "spool", "cat", "%", "parked/gon" }, 1, NULL,
          "has no file 'parked/gon'" },
        { "cat: a topic", WHOLE, { "spool", "cat", "--value-only", "--topic=events-bad", "%" }, 0,
          "={\"reason\":\"json_malformed\"}\n", "" },
        { "cat: a key", WHOLE, { "spool", "cat", "--value-only", "--key=k1", "%" }, 0,
          "={\"type\":\"x\", \"data\":{\"total\":5}}\n", "" },
        { "cat: a schema", WHOLE, { "spool", "cat", "--value-only", "--schema=com.acme/y/1-0-0", "%" }, 0, "=no JSON\n", "" },
        { "cat: schemas of a vendor", WHOLE, { "spool", "cat", "--value-only", "--schema=com.acme/", "%" }, 0,
          "={\"type\":\"x\", \"data\":{\"total\":5}}\nno JSON\n", "" },
        { "cat: from a time on", WHOLE, { "spool", "cat", "--value-only", "--since=2023-11-14T22:15:00Z", "%" }, 0,
          "=no JSON\n", "" },
        { "cat: up to a time", WHOLE, { "spool", "cat", "--value-only", "--until=2023-11-14T22:14:00Z", "%" }, 0,
          "={\"type\":\"x\", \"data\":{\"total\":5}}\n", "" },
        { "cat: of the last hour", WHOLE, { "spool", "cat", "--value-only", "--since=1h", "%" }, 0, "=", "" },
        { "cat: a condition", WHOLE, { "spool", "cat", "--value-only", "--where=bad or /data/total > 4", "%" }, 0,
          "={\"type\":\"x\", \"data\":{\"total\":5}}\n{\"reason\":\"json_malformed\"}\n", "" },
        { "cat: at most", WHOLE, { "spool", "cat", "--value-only", "--limit=1", "%" }, 0,
          "={\"type\":\"x\", \"data\":{\"total\":5}}\n", "" },
        { "cat: a condition that is none", WHOLE, { "spool", "cat", "--where=tpoic == \"x\"", "%" }, 2, NULL,
          "--where: column 1: there is no 'tpoic' here; did you mean topic?" },
        { "cat: a time that is none", WHOLE, { "spool", "cat", "--since=yesterday", "%" }, 2, NULL,
          "yesterday is no time such as" },
        { "cat: a limit that is none", WHOLE, { "spool", "cat", "--limit=x", "%" }, 2, NULL, "--limit x is no number" },
        { "replay: a segment alone", WHOLE, { "spool", "replay", "%", "0000000000000001.spool" }, 1, NULL,
          "belongs to the spool" },
        { "replay: what is parked alone", PARKED, { "spool", "replay", "%", "parked/gone" }, 1, NULL, "belongs to the spool" },
        { "replay: no spool", EMPTY, { "spool", "replay", "%" }, 1, "", "is no spool" },
        { "replay: no spool, to files", EMPTY, { "spool", "replay", "%", "--set=sink.type=file", "--set=sink.path=/tmp" }, 1, "",
          "is no spool" },
        { "replay: some of it", WHOLE, { "spool", "replay", "--topic=events", "%" }, 2, "",
          "=millrace spool: --topic goes with cat\n" },
        { "replay: a rate that is none", WHOLE, { "spool", "replay", "--rate=fast", "%" }, 2, "",
          "millrace spool: --rate: 'fast' found, but wanted is a size" },
        { "replay: what would be sent", WHOLE, { "spool", "replay", "--dry-run", "%" }, 0, "topic events: 2 records, ", "" },
};

/* The command's words with "%" as the folder; its output from malloc. */
static int run(const char *const *words, const char *path, char **ret_out, char **ret_error)
{
        const char *line[WORDS_MAX + 2] = { "millrace" };
        char folder[700];
        int count = 1;
        (void)snprintf(folder, sizeof(folder), "--path=%s", path);
        for (size_t i = 0; i < WORDS_MAX && words[i]; i++)
                line[count++] = strcmp(words[i], "%") == 0 ? folder : words[i];
        line[count++] = "--config=/dev/null";
        return shell_run(count, line, ret_out, ret_error);
}

/* Part of the text; behind '=' the whole of it. */
static bool fits(const char *text, const char *want)
{
        return !want || (*want == '=' ? strcmp(text, want + 1) == 0 : *want ? strstr(text, want) != NULL : *text == '\0');
}

static void test_what_a_shell_sees(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct folder folder;
                char path[600], *out = NULL, *error = NULL;
                folder_init(&folder);
                (void)snprintf(path, sizeof(path), "%s/spool", folder.path);
                if (CASES[i].state == EMPTY)
                        assert_int_equal(mkdir(path, 0700), 0);
                else if (CASES[i].state == FRESH)
                        folder_make(path);
                else
                        spool_log_close(folder_fill(path, CASES[i].state == RELEASED));
                if (CASES[i].state >= BROKEN && CASES[i].state != EMPTY && CASES[i].state != FRESH)
                        folder_spoil(path, CASES[i].state);
                int status = run(CASES[i].words, path, &out, &error);
                if (status != CASES[i].status || !fits(out, CASES[i].want) || !fits(error, CASES[i].error))
                        fail_msg("%s (%d):\n%s%s", CASES[i].name, status, out, error);
                if (CASES[i].state == EMPTY && rmdir(path) != 0)
                        fail_msg("%s: something was written", CASES[i].name);
                free(out);
                free(error);
                folder_done(&folder);
        }
}

/* Each flag with each word: those that its line in the manual begins with take it, the others refuse it. */
static void test_flags_of_other_words_are_refused(void **state)
{
        (void)state;
        static const char *const NAMES[] = { "`ls`", "`cat`", "`verify`", "`replay`" };
        for (size_t i = 0; SPOOL_FLAGS[i].name; i++) {
                for (size_t k = 0; k < COUNT_OF(NAMES); k++) {
                        char name[16], flag[64], *out = NULL, *error = NULL;
                        const char *at = strstr(SPOOL_FLAGS[i].doc, NAMES[k]), *colon = strchr(SPOOL_FLAGS[i].doc, ':');
                        bool takes = *SPOOL_FLAGS[i].doc != '`' || (at && at < colon);
                        (void)snprintf(name, sizeof(name), "%.*s", (int)strlen(NAMES[k]) - 2, NAMES[k] + 1);
                        (void)snprintf(flag, sizeof(flag), "%s%s", SPOOL_FLAGS[i].name, SPOOL_FLAGS[i].value ? "=/x" : "");
                        const char *const words[] = { "millrace", "spool", name, flag, "--config=/dev/null", NULL };
                        int status = shell_run(5, words, &out, &error);
                        if (takes == (strstr(error, " goes with ") != NULL) || (!takes && status != 2))
                                fail_msg("%s %s (%d):\n%s%s", name, flag, status, out, error);
                        free(out);
                        free(error);
                }
        }
}

/* To the cluster inside the process, which is gone with it: nothing is sent, and everything stays. */
static void test_nothing_goes_where_nothing_is_kept(void **state)
{
        (void)state;
        static const char *const WHAT[] = { NULL, "refused", "damaged" };
        static const char *const FILES[] = { "0000000000000001.spool", "refused/0000000000000001-32" };
        for (size_t i = 0; i < COUNT_OF(WHAT); i++) {
                struct folder folder;
                char path[600], name[700], *out = NULL, *error = NULL;
                const char *words[WORDS_MAX] = { "spool", "replay", "%", "--set=spool.reserve=0", WHAT[i] };
                folder_init(&folder);
                (void)snprintf(path, sizeof(path), "%s/spool", folder.path);
                spool_log_close(folder_fill(path, false));
                int status = run(words, path, &out, &error);
                if (status != 1 || *out ||
                    !strstr(error, "kafka.brokers: the embedded Kafka keeps nothing; name the brokers of a cluster\n"))
                        fail_msg("%s (%d):\n%s%s", WHAT[i] ? WHAT[i] : "all", status, out, error);
                for (size_t k = 0; k < COUNT_OF(FILES); k++) {
                        (void)snprintf(name, sizeof(name), "%s/%s", path, FILES[k]);
                        assert_int_equal(access(name, F_OK), 0);
                }
                free(out);
                free(error);
                folder_done(&folder);
        }
}

static void expect_file(const struct folder *folder, const char *name, const char *want)
{
        char path[700], bytes[4096] = "";
        (void)snprintf(path, sizeof(path), "%s/%s", folder->path, name);
        FILE *file = fopen(path, "re");
        if (!file)
                fail_msg("%s is not there", path);
        (void)!fread(bytes, 1, sizeof(bytes) - 1, file);
        (void)fclose(file);
        assert_string_equal(bytes, want);
}

/* To a sink of files: all that is not released, then what was set aside, which is not sent a second time. */
static void test_everything_is_sent(void **state)
{
        (void)state;
        struct folder folder;
        char path[600], sink[700], *out = NULL, *error = NULL;
        const char *words[WORDS_MAX] = { "spool", "replay", "%", "--set=sink.type=file", sink, "--set=spool.reserve=0" };
        folder_init(&folder);
        (void)snprintf(path, sizeof(path), "%s/spool", folder.path);
        (void)snprintf(sink, sizeof(sink), "--set=sink.path=%s", folder.path);
        spool_log_close(folder_fill(path, true));
        if (run(words, path, &out, &error) != 0)
                fail_msg("%s%s", out, error);
        assert_string_equal(out, "2 records are delivered, 0 are left\n");
        expect_file(&folder, "events.ndjson", "no JSON\n");
        expect_file(&folder, "events-bad.ndjson", "{\"reason\":\"json_malformed\"}\n");
        free(out);
        free(error);
        words[6] = "refused";
        for (int turn = 0; turn < 2; turn++) {
                if (run(words, path, &out, &error) != 0)
                        fail_msg("%s%s", out, error);
                assert_string_equal(out, turn ? "" : "refused/0000000000000001-32: 1 sent\n");
                expect_file(&folder, "events.ndjson", "no JSON\n{\"type\":\"x\", \"data\":{\"total\":5}}\n");
                free(out);
                free(error);
        }
        folder_done(&folder);
}

/* What is parked comes as well, and its folder goes. */
static void test_what_is_parked_is_sent(void **state)
{
        (void)state;
        struct folder folder;
        char path[600], parked[700], sink[700], *out = NULL, *error = NULL;
        const char *words[WORDS_MAX] = { "spool", "replay", "%", "--set=sink.type=file", sink, "--set=spool.reserve=0" };
        folder_init(&folder);
        (void)snprintf(path, sizeof(path), "%s/spool", folder.path);
        (void)snprintf(parked, sizeof(parked), "%s/parked/gone", path);
        (void)snprintf(sink, sizeof(sink), "--set=sink.path=%s", folder.path);
        spool_log_close(folder_fill(path, true));
        lane_fill(path, false);
        if (run(words, path, &out, &error) != 0)
                fail_msg("%s%s", out, error);
        assert_string_equal(out, "4 records are delivered, 0 are left\n");
        expect_file(&folder, "events.ndjson", "no JSON\n");
        expect_file(&folder, "gone.ndjson", "{\"n\":1}\n{\"n\":2}\n");
        free(out);
        free(error);
        words[6] = "refused";
        if (run(words, path, &out, &error) != 0)
                fail_msg("%s%s", out, error);
        assert_string_equal(out, "refused/0000000000000001-32: 1 sent\nparked/gone/refused/0000000000000001-32: 1 sent\n");
        expect_file(&folder, "gone.ndjson", "{\"n\":1}\n{\"n\":2}\n{\"n\":1}\n");
        assert_int_equal(access(parked, F_OK), 0);         /* what was set aside lies there still */
        free(out);
        free(error);
        folder_done(&folder);
}

/* Beside a process that holds the folder: it is told, and nothing is changed. */
static void test_a_daemon_is_at_work(void **state)
{
        (void)state;
        struct folder folder;
        char path[600], want[64], *out = NULL, *error = NULL;
        static const char *const WORDS[WORDS_MAX] = { "spool", "ls", "%" };
        folder_init(&folder);
        (void)snprintf(path, sizeof(path), "%s/spool", folder.path);
        struct spool_log *log = folder_fill(path, false);
        (void)snprintf(want, sizeof(want), "process %ld is at work in it\n", (long)getpid());
        assert_int_equal(run(WORDS, path, &out, &error), 0);
        if (!strstr(out, want) && !strstr(out, "is at work in it"))
                fail_msg("%s%s", out, error);
        assert_null(strstr(out, "no daemon"));
        spool_log_close(log);
        free(out);
        free(error);
        folder_done(&folder);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_what_a_shell_sees),
                cmocka_unit_test(test_flags_of_other_words_are_refused),
                cmocka_unit_test(test_nothing_goes_where_nothing_is_kept),
                cmocka_unit_test(test_everything_is_sent),
                cmocka_unit_test(test_what_is_parked_is_sent),
                cmocka_unit_test(test_a_daemon_is_at_work),
        };
        return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
