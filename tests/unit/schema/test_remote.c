#include "schema/remote.h"
#include "base/clock.h"
#include "folder.h"
#include "schema/registry.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <cmocka.h>

/* ---- a registry server in a process of its own ---- */

struct server {
        struct folder folder;
        pid_t pid;
        FILE *log;
        char  url[64];
        char  requests[4096];      /* taken by server_requests() */
};

static void server_start(struct server *server)
{
        int pipes[2];
        folder_init(&server->folder);
        assert_int_equal(pipe(pipes), 0);
        server->pid = fork();
        assert_true(server->pid >= 0);
        if (server->pid == 0) {
                (void)dup2(pipes[1], STDOUT_FILENO);
                (void)close(pipes[0]);
                (void)execlp("python3", "python3", SOURCE_DIR "/tests/unit/schema/registry_server.py", server->folder.path,
                             (char *)NULL);
                _exit(127);
        }
        (void)close(pipes[1]);
        server->log = fdopen(pipes[0], "r");
        assert_non_null(server->log);
        assert_non_null(fgets(server->requests, sizeof(server->requests), server->log));
        long port = strtol(server->requests, NULL, 10);
        assert_in_range(port, 1, 65535);
        assert_int_equal(fcntl(pipes[0], F_SETFL, O_NONBLOCK), 0);
        (void)snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%ld", port);
}
static void server_kill(struct server *server)
{
        if (server->pid > 0) {
                assert_int_equal(kill(server->pid, SIGKILL), 0);
                assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
        }
        server->pid = 0;
}
static void server_done(struct server *server)
{
        server_kill(server);
        (void)fclose(server->log);
        folder_done(&server->folder);
}
/* The requests since the last call, a line each. They are written before they are answered. */
static const char *server_requests(struct server *server)
{
        size_t size = fread(server->requests, 1, sizeof(server->requests) - 1, server->log);
        server->requests[size] = 0;
        clearerr(server->log);
        return server->requests;
}
static void server_give(const struct server *server, const char *vendor, const char *name, const char *version, const char *more)
{
        char path[256], text[1024];
        (void)snprintf(path, sizeof(path), "schemas/%s/%s/jsonschema/%s", vendor, name, version);
        (void)snprintf(text, sizeof(text),
                       "{\"self\":{\"vendor\":\"%s\",\"name\":\"%s\",\"format\":\"jsonschema\",\"version\":\"%s\"}%s}", vendor,
                       name, version, more);
        folder_write(&server->folder, path, text);
}

/* ---- the remote under test ---- */

struct setting { const char *path, *value; };
#define SETTINGS_MAX 6

static struct config configured(const struct setting settings[SETTINGS_MAX])
{
        struct config config;
        struct error  err;
        config_init(&config);
        for (size_t i = 0; i < SETTINGS_MAX && settings[i].path; i++)
                if (!config_set(&config, settings[i].path, settings[i].value, &err))
                        fail_msg("%s: %s", settings[i].path, err.text);
        return config;
}
static struct remote *opened(const struct setting settings[SETTINGS_MAX])
{
        struct config config = configured(settings);
        struct errors errors = { 0 };
        struct remote *remote = remote_new(&config, &errors);
        errors_print(&errors, stdout);
        assert_non_null(remote);
        config_done(&config);
        return remote;
}

static void nap(long ms)
{
        (void)nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

struct known { size_t count; char keys[1024]; char sources[2048]; };
static void note_known(void *context, struct slice key, struct slice text, const char *source)
{
        struct known *known = context;
        size_t size = strlen(known->keys);
        assert_true(text.size > 0);
        known->count++;
        (void)snprintf(known->keys + size, sizeof(known->keys) - size, "%s%.*s", size ? " " : "", SLICE_ARGS(key));
        size = strlen(known->sources);
        (void)snprintf(known->sources + size, sizeof(known->sources) - size, "%s%s", size ? " " : "", source);
}
static struct known known_of(struct remote *remote)
{
        struct known known = { 0 };
        remote_each(remote, note_known, &known);
        return known;
}
static void assert_known(struct remote *remote, const char *keys)
{
        struct known known = known_of(remote);
        assert_string_equal(known.keys, keys);
}
static void assert_noted(struct remote *remote, const char *sentence)
{
        struct errors notes;
        bool found = false;
        remote_take_notes(remote, &notes);
        for (size_t i = 0; i < notes.count; i++)
                found = found || strstr(notes.items[i].text, sentence);
        if (!found) {
                errors_print(&notes, stdout);
                fail_msg("not noted: %s", sentence);
        }
        errors_done(&notes);
}

static void no_registry_no_remote(void **state)
{
        struct config config;
        struct errors errors = { 0 };
        (void)state;
        config_init(&config);
        assert_null(remote_new(&config, &errors));
        assert_int_equal(errors_total(&errors), 0);
        remote_free(NULL);
        config_done(&config);
}

static void settings_are_checked(void **state)
{
        static const struct { const char *name, *remote, *key, *want;
        } CASES[] = {
                { "no URL", "iglu", "", "'iglu': it is not a URL" },
                { "ftp", "ftp://a.example/", "", "it is not a URL that starts with http" },
                { "file", "file:///etc", "", "it is not a URL that starts with http" },
                { "user", "https://me:pw@a.example", "", "it may not hold a user name" },
                { "query", "https://a.example/api?x=y", "", "it may not have a query" },
                { "fragment", "https://a.example/#x", "", "it may not have a fragment" },
                { "vendor", "../x=https://a.example", "", "'../x' is not a vendor" },
                { "whose key", "https://a.example, https://b.example", "secret", "whose key" },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                const struct setting settings[SETTINGS_MAX] = { { "schemas.remote", CASES[i].remote },
                                                                { "schemas.api_key", CASES[i].key } };
                struct config config = configured(settings);
                struct errors errors = { 0 };
                assert_null(remote_new(&config, &errors));
                if (errors_total(&errors) != 1 || !strstr(errors.items[0].text, CASES[i].want))
                        fail_msg("%s: %s", CASES[i].name, errors.count ? errors.items[0].text : "taken");
                assert_null(strstr(errors.items[0].text, "secret"));
                errors_done(&errors);
                config_done(&config);
        }
}

static void list_and_wants_are_fetched(void **state)
{
        struct server server;
        (void)state;
        server_start(&server);
        server_give(&server, "com.acme", "a", "1-0-0", "");
        server_give(&server, "com.acme", "b", "1-0-0", "");
        folder_write(&server.folder, "list.json",
                     "[\"iglu:com.acme\\/a\\/jsonschema\\/1-0-0\", \"iglu:com.acme/gone/jsonschema/1-0-0\", \"../../x\"]");
        const struct setting settings[SETTINGS_MAX] = { { "schemas.remote", server.url } };
        struct remote *remote = opened(settings);
        /* The cache knew nothing: asked before remote_new() returned. */
        assert_known(remote, "com.acme/a/1-0-0");
        assert_false(remote_wanted(remote));
        assert_string_equal(server_requests(&server), "/schemas - -\n/schemas/com.acme/a/jsonschema/1-0-0 - "
                                                      "-\n/schemas/com.acme/gone/jsonschema/1-0-0 - -\n");
        /* What an event names is asked for once, known or not; what is no name never is. */
        remote_want(remote, SLICE("com.acme/b/1-0-0"));
        remote_want(remote, SLICE("com.acme/b/1-0-0"));
        remote_want(remote, SLICE("iglu:com.acme/b/jsonschema/1-0-0"));
        remote_want(remote, SLICE("com.acme/none/1-0-0"));
        remote_want(remote, SLICE("com.acme/../../etc/passwd"));
        remote_want(remote, SLICE("com.acme/a/1-0-0"));
        assert_true(remote_wanted(remote));
        assert_true(remote_refresh(remote, false));
        assert_false(remote_wanted(remote));
        assert_known(remote, "com.acme/a/1-0-0 com.acme/b/1-0-0");
        const char *requests = server_requests(&server);
        assert_non_null(strstr(requests, "/schemas/com.acme/b/jsonschema/1-0-0 - -\n"));
        assert_non_null(strstr(requests, "/schemas/com.acme/none/jsonschema/1-0-0 - -\n"));
        assert_int_equal(strlen(requests),
                         strlen("/schemas/com.acme/b/jsonschema/1-0-0 - -\n/schemas/com.acme/none/jsonschema/1-0-0 - -\n"));
        remote_want(remote, SLICE("com.acme/none/1-0-0"));
        assert_false(remote_wanted(remote));
        assert_false(remote_refresh(remote, false));
        assert_string_equal(server_requests(&server), "");
        remote_free(remote);
        server_done(&server);
}

static void news_are_taken_and_nothing_is_sent_twice(void **state)
{
        struct server server;
        (void)state;
        server_start(&server);
        server_give(&server, "v", "a", "1-0-0", "");
        folder_write(&server.folder, "list.json", "[\"iglu:v/a/jsonschema/1-0-0\"]");
        const struct setting settings[SETTINGS_MAX] = { { "schemas.remote", server.url } };
        struct remote *remote = opened(settings);
        (void)server_requests(&server);
        assert_false(remote_refresh(remote, true));
        const char *requests = server_requests(&server);
        assert_non_null(strstr(requests, "/schemas/v/a/jsonschema/1-0-0 - \""));        /* with the ETag */
        server_give(&server, "v", "a", "1-0-0", ",\"type\":\"object\"");
        assert_true(remote_refresh(remote, true));
        assert_false(remote_refresh(remote, true));
        /* What was once given stays. */
        (void)remove((snprintf(server.requests, sizeof(server.requests), "%s/schemas/v/a/jsonschema/1-0-0", server.folder.path),
                      server.requests));
        assert_false(remote_refresh(remote, true));
        assert_known(remote, "v/a/1-0-0");
        remote_free(remote);
        server_done(&server);
}

static void dead_registry_changes_nothing(void **state)
{
        struct server server;
        struct folder cache;
        (void)state;
        server_start(&server);
        folder_init(&cache);
        server_give(&server, "v", "a", "1-0-0", ",\"type\":\"object\"");
        server_give(&server, "v", "b", "1-0-0", "");
        folder_write(&server.folder, "list.json", "[\"iglu:v/a/jsonschema/1-0-0\",\"iglu:v/b/jsonschema/1-0-0\"]");
        char inner[300];
        (void)snprintf(inner, sizeof(inner), "%s/not/there/yet", cache.path);
        const struct setting settings[SETTINGS_MAX] = { { "schemas.remote", server.url }, { "schemas.cache", inner } };
        struct remote *remote = opened(settings);
        assert_known(remote, "v/a/1-0-0 v/b/1-0-0");
        /* It breaks, then it dies, while we run. */
        folder_write(&server.folder, "broken", "");
        assert_false(remote_refresh(remote, true));
        assert_noted(remote, "the registry answers 503");
        server_kill(&server);
        assert_false(remote_refresh(remote, true));
        assert_noted(remote, "left alone until the next refresh");
        assert_known(remote, "v/a/1-0-0 v/b/1-0-0");
        remote_free(remote);
        /* And at start. One file of the cache is torn. */
        folder_write(&cache, "not/there/yet/v/b/jsonschema/1-0-0", "{\"self\":{");
        remote = opened(settings);
        assert_known(remote, "v/a/1-0-0");
        assert_true(remote_wanted(remote));                /* of news, in the background */
        struct config config = configured(settings);
        struct errors errors = { 0 };
        struct registry *registry = registry_load(&config, remote, &errors);
        assert_non_null(registry);
        assert_non_null(registry_find(registry, SLICE("iglu:v/a/jsonschema/1-0-0")));
        registry_free(registry);
        config_done(&config);
        assert_false(remote_refresh(remote, false));
        remote_free(remote);
        /* One that takes connections and never answers does not delay a start, either. */
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof(address);
        int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        char url[64];
        assert_int_equal(bind(silent, (struct sockaddr *)&address, size), 0);
        assert_int_equal(listen(silent, 16), 0);
        assert_int_equal(getsockname(silent, (struct sockaddr *)&address, &size), 0);
        (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", ntohs(address.sin_port));
        const struct setting deaf[SETTINGS_MAX] = { { "schemas.remote", url },
                                                    { "schemas.cache", inner },
                                                    { "schemas.remote_time", "60s" } };
        remote = opened(deaf);
        assert_known(remote, "v/a/1-0-0");
        remote_free(remote);
        (void)close(silent);
        folder_done(&cache);
        server_done(&server);
}

static void dead_registry_and_no_cache_start_empty(void **state)
{
        const struct setting settings[SETTINGS_MAX] = { { "schemas.remote", "http://127.0.0.1:1" },
                                                        { "schemas.remote_time", "300ms" } };
        (void)state;
        struct remote *remote = opened(settings);
        assert_known(remote, "");
        assert_noted(remote, "http://127.0.0.1:1/schemas: ");
        remote_free(remote);
}

/* Each misbehaviour costs that name alone, or the registry until the next refresh; nothing of it is taken. */
static void bad_answers_are_not_taken(void **state)
{
        static const struct { const char *vendor, *noted;
        } CASES[] = {
                { "com.error", "answers 500" },
                { "com.slow", "imed out" },
                { "com.garbage", "not the schema of that name" },
                { "com.nobody", "not the schema of that name" },
                { "com.huge", "larger than 65536 bytes" },
                { "com.endless", "larger than 65536 bytes" },
                { "com.cut", "left alone" },
                { "com.loop", "redirects" },
                { "com.file", "rotocol" },
        };
        struct server server;
        (void)state;
        server_start(&server);
        const struct setting settings[SETTINGS_MAX] = { { "schemas.remote", server.url },
                                                        { "schemas.size_limit", "64KiB" },
                                                        { "schemas.remote_time", "2500ms" } };
        struct remote *remote = opened(settings);
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                char key[64];
                (void)snprintf(key, sizeof(key), "%s/x/1-0-0", CASES[i].vendor);
                remote_want(remote, slice_of(key));
                assert_false(remote_refresh(remote, false));
                assert_noted(remote, CASES[i].noted);
                assert_known(remote, "");
                remote_want(remote, slice_of(key));
                assert_false(remote_wanted(remote));
        }
        /* One that moved, and one that says another name. */
        server_give(&server, "com.there", "x", "1-0-0", "");
        folder_write(&server.folder, "schemas/com.liar/x/jsonschema/1-0-0",
                     "{\"self\":{\"vendor\":\"com.liar\",\"name\":\"x\",\"format\":\"jsonschema\",\"version\":\"1-0-1\"}}");
        remote_want(remote, SLICE("com.moved/x/1-0-0"));
        remote_want(remote, SLICE("com.liar/x/1-0-0"));
        assert_false(remote_refresh(remote, false));       /* the moved one is found, but is com.there's */
        remote_want(remote, SLICE("com.there/x/1-0-0"));
        assert_true(remote_refresh(remote, false));
        assert_known(remote, "com.there/x/1-0-0");
        remote_free(remote);
        server_done(&server);
}

static void registries_are_asked_in_order(void **state)
{
        struct server first, second;
        char remotes[256];
        (void)state;
        server_start(&first);
        server_start(&second);
        server_give(&first, "v", "both", "1-0-0", ",\"title\":\"first\"");
        server_give(&second, "v", "both", "1-0-0", ",\"title\":\"second\"");
        server_give(&second, "v", "late", "1-0-0", "");
        server_give(&second, "w", "other", "1-0-0", "");
        server_give(&second, "v.sub", "x", "1-0-0", "");
        (void)snprintf(remotes, sizeof(remotes), "%s/, v=%s", first.url, second.url);
        const struct setting settings[SETTINGS_MAX] = { { "schemas.remote", remotes } };
        struct remote *remote = opened(settings);
        remote_want(remote, SLICE("v/both/1-0-0"));
        remote_want(remote, SLICE("v/late/1-0-0"));
        remote_want(remote, SLICE("w/other/1-0-0"));
        remote_want(remote, SLICE("v.sub/x/1-0-0"));
        assert_true(remote_refresh(remote, false));
        struct known known = known_of(remote);
        assert_string_equal(known.keys, "v.sub/x/1-0-0 v/both/1-0-0 v/late/1-0-0");
        char want[512];
        (void)snprintf(want, sizeof(want),
                       "%s/schemas/v.sub/x/jsonschema/1-0-0 %s/schemas/v/both/jsonschema/1-0-0 "
                       "%s/schemas/v/late/jsonschema/1-0-0",
                       second.url, first.url, second.url);
        assert_string_equal(known.sources, want);
        assert_null(strstr(server_requests(&second), "/w/"));
        /* The first dies: what only the second has is still found. */
        server_kill(&first);
        server_give(&second, "v", "later", "1-0-0", "");
        remote_want(remote, SLICE("v/later/1-0-0"));
        assert_true(remote_refresh(remote, false));
        remote_free(remote);
        server_done(&first);
        server_done(&second);
}

static void key_goes_to_its_host_only(void **state)
{
        static const struct { const char *name, *key, *seen;
        } CASES[] = {
                { "one key", "s3cret", " s3cret " },
                { "key of the host", "a.example=no, 127.0.0.1=yes", " yes " },
                { "other host's key", "a.example=no", " - " },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct server server;
                server_start(&server);
                const struct setting settings[SETTINGS_MAX] = { { "schemas.remote", server.url },
                                                                { "schemas.api_key", CASES[i].key } };
                struct remote *remote = opened(settings);
                if (!strstr(server_requests(&server), CASES[i].seen))
                        fail_msg("%s: %s", CASES[i].name, server.requests);
                server_give(&server, "com.there", "x", "1-0-0", "");
                remote_want(remote, SLICE("com.moved/x/1-0-0"));
                (void)remote_refresh(remote, false);
                /* With a key no redirect is followed: it could lead to another host. */
                assert_int_equal(strstr(server_requests(&server), "com.there") != NULL, CASES[i].seen[1] == '-');
                remote_free(remote);
                server_done(&server);
        }
}

static void wants_are_bounded(void **state)
{
        const struct setting settings[SETTINGS_MAX] = { { "schemas.remote", "http://127.0.0.1:1" },
                                                        { "schemas.unknown_time", "3s" } };
        struct remote *remote = opened(settings);
        (void)state;
        for (int i = 0; i < 100000; i++) {
                char key[64];
                (void)snprintf(key, sizeof(key), "v/n%d/1-0-0", i);
                remote_want(remote, slice_of(key));
        }
        assert_true(remote_wanted(remote));
        assert_false(remote_refresh(remote, false));
        assert_false(remote_wanted(remote));
        /* Unknown for a while, then asked for again. */
        remote_want(remote, SLICE("v/n0/1-0-0"));
        assert_false(remote_wanted(remote));
        nap(3100);
        remote_want(remote, SLICE("v/n0/1-0-0"));
        assert_true(remote_wanted(remote));
        remote_free(remote);
}

static void *want_and_look(void *argument)
{
        struct remote *remote = argument;
        for (int i = 0; i < 2000; i++) {
                char key[64];
                (void)snprintf(key, sizeof(key), "v/n%d/1-0-0", i % 30);
                remote_want(remote, slice_of(key));
                (void)remote_wanted(remote);
                if (i % 100 == 0)
                        (void)known_of(remote);
        }
        return NULL;
}

static void threads_want_while_it_refreshes(void **state)
{
        struct server server;
        pthread_t threads[3];
        (void)state;
        server_start(&server);
        server_give(&server, "v", "n7", "1-0-0", "");
        const struct setting settings[SETTINGS_MAX] = { { "schemas.remote", server.url } };
        struct remote *remote = opened(settings);
        for (size_t i = 0; i < COUNT_OF(threads); i++)
                assert_int_equal(pthread_create(&threads[i], NULL, want_and_look, remote), 0);
        bool changed = false;
        for (int i = 0; i < 20; i++)
                changed = remote_refresh(remote, false) || changed;
        for (size_t i = 0; i < COUNT_OF(threads); i++)
                assert_int_equal(pthread_join(threads[i], NULL), 0);
        remote_want(remote, SLICE("v/n7/1-0-0"));
        changed = remote_refresh(remote, false) || changed;
        assert_true(changed);
        assert_known(remote, "v/n7/1-0-0");
        remote_free(remote);
        server_done(&server);
}

static void *refresh_slowly(void *argument)
{
        (void)remote_refresh(argument, false);
        return NULL;
}

static void stop_ends_a_refresh(void **state)
{
        struct server server;
        pthread_t thread;
        (void)state;
        server_start(&server);
        const struct setting settings[SETTINGS_MAX] = { { "schemas.remote", server.url }, { "schemas.remote_time", "30s" } };
        struct remote *remote = opened(settings);
        remote_want(remote, SLICE("com.slow/x/1-0-0"));
        remote_want(remote, SLICE("com.slow/y/1-0-0"));
        int64_t start = clock_steady();
        assert_int_equal(pthread_create(&thread, NULL, refresh_slowly, remote), 0);
        nap(100);
        remote_stop(remote);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_true(clock_steady() - start < 7000);
        remote_free(remote);
        server_done(&server);
}

/* The plan's own schema refers to one that only a remote registry has, which refers to another. */
static void references_are_fetched_when_a_plan_loads(void **state)
{
        struct server server;
        struct folder plan;
        (void)state;
        server_start(&server);
        folder_init(&plan);
        server_give(&server, "r", "a", "1-0-0", ",\"$ref\":\"iglu:r/b/jsonschema/1-0-0\"");
        server_give(&server, "r", "b", "1-0-0", ",\"type\":\"integer\"");
        server_give(&server, "v", "own", "1-0-0", ",\"type\":\"string\"");
        server_give(&server, "r", "broken", "1-0-0", ",\"type\":\"strnig\"");
        folder_write(&plan, "v/own/jsonschema/1-0-0", "{\"$ref\":\"iglu:r/a/jsonschema/1-0-0\"}");
        const struct setting settings[SETTINGS_MAX] = { { "schemas.remote", server.url }, { "schemas.path", plan.path } };
        struct remote *remote = opened(settings);
        struct config config = configured(settings);
        struct errors errors = { 0 };
        remote_want(remote, SLICE("v/own/1-0-0"));
        remote_want(remote, SLICE("r/broken/1-0-0"));
        struct registry *registry = registry_load(&config, remote, &errors);
        errors_print(&errors, stdout);
        assert_non_null(registry);
        assert_int_equal(registry_count(registry), 3);
        /* The folder's comes first; a remote one that does not compile is noted and left out. */
        assert_non_null(strstr(registry_source(registry_find(registry, SLICE("v/own/1-0-0"))), plan.path));
        assert_non_null(strstr(registry_source(registry_find(registry, SLICE("r/b/1-0-0"))), server.url));
        assert_null(registry_find(registry, SLICE("r/broken/1-0-0")));
        assert_int_equal(registry_notes(registry)->count, 1);
        assert_non_null(strstr(registry_notes(registry)->items[0].text, "/schemas/r/broken/jsonschema/1-0-0:1:"));
        registry_free(registry);
        config_done(&config);
        remote_free(remote);
        folder_done(&plan);
        server_done(&server);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(no_registry_no_remote),
                cmocka_unit_test(settings_are_checked),
                cmocka_unit_test(list_and_wants_are_fetched),
                cmocka_unit_test(news_are_taken_and_nothing_is_sent_twice),
                cmocka_unit_test(dead_registry_changes_nothing),
                cmocka_unit_test(dead_registry_and_no_cache_start_empty),
                cmocka_unit_test(bad_answers_are_not_taken),
                cmocka_unit_test(registries_are_asked_in_order),
                cmocka_unit_test(key_goes_to_its_host_only),
                cmocka_unit_test(wants_are_bounded),
                cmocka_unit_test(threads_want_while_it_refreshes),
                cmocka_unit_test(stop_ends_a_refresh),
                cmocka_unit_test(references_are_fetched_when_a_plan_loads),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
