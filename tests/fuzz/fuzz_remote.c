/* Registries that answer anything: the input is what they say, one answer after the other, and what else happens (names that
 * events want, refreshes, a new start from the cache, an index that somebody has written to). What is kept are schemas of the
 * names that they are kept under, within the limits; and a new start finds in the cache what was there before.
 *
 * remote_http.c, which knows libcurl, is not linked: its functions are here. */
#include "../../src/schema/remote_inner.h"
#include "../unit/schema/folder.h"
#include "base/buffer.h"
#include "script.h"

enum { STEPS_MOST = 24, COUNT_LIMIT = 6, SIZE_LIMIT = 1024 };
enum step { STEP_WANT, STEP_REFRESH, STEP_REFRESH_ALL, STEP_RESTART, STEP_INDEX, STEPS };
enum text { TEXT_RIGHT, TEXT_RAW, TEXT_LIST, TEXT_ALMOST, TEXTS };

static struct script SCRIPT;               /* libFuzzer calls from one thread */
static size_t        ASKED;

/* A few names, so that they meet again; else any bytes. */
static struct slice take_name(void)
{
        static const char *const NAMES[] = { "com.acme/sale/1-0-0", "com.acme/sale/1-0-1", "com.acme.shop/view/2-0-0",
                                             "org.else/a/1-0-0", "com.acmes/sale/1-0-0", "com.acme/b/1-0-0", "com.acme/c/1-0-0",
                                             "com.acme/d/1-0-0" };
        unsigned which = take(&SCRIPT);
        return which < 128 ? slice_of(NAMES[which % COUNT_OF(NAMES)]) : take_bytes(&SCRIPT);
}

/* ---- the registries ---- */

void fetch_start(void) { }
void fetch_end(void) { }
struct fetch *fetch_new(struct remote *remote)
{
        (void)remote;
        return memory_get(1);
}
void fetch_free(struct fetch *fetch) { free(fetch); }

bool fetch_check_url(const char *url, char *host, size_t size, struct error *err)
{
        (void)url, (void)err;
        return snprintf(host, size, "host.example") > 0;
}

static void text_write(struct buffer *out, const char *path)
{
        unsigned kind = take(&SCRIPT) % TEXTS;
        char name[IGLU_KEY_MAX];
        struct iglu iglu;
        struct slice bytes;
        (void)snprintf(name, sizeof(name), "iglu:%s", strncmp(path, "/schemas/", 9) == 0 ? path + 9 : "");
        bool named = iglu_parse(slice_of(name), &iglu);
        if (kind == TEXT_LIST || (kind == TEXT_RIGHT && !named)) {
                buffer_add_char(out, '[');
                for (unsigned i = 0, count = take(&SCRIPT) % 16; i < count; i++) {
                        char key[IGLU_KEY_MAX], uri[IGLU_KEY_MAX];
                        bytes = take_name();
                        buffer_add(out, i ? SLICE(", ") : SLICE(""));
                        (void)snprintf(key, sizeof(key), "%.*s", SLICE_ARGS(bytes));
                        if (iglu_parse(slice_of(key), &iglu))
                                bytes = (struct slice){ uri, iglu_format_uri(&iglu, uri) };
                        buffer_add_json(out, bytes);
                }
                buffer_add_char(out, ']');
        } else if (kind == TEXT_RAW || !named) {
                buffer_add(out, take_bytes(&SCRIPT));
        } else {
                unsigned wrong = kind == TEXT_ALMOST ? take(&SCRIPT) : 0;
                buffer_format(out, "{\"self\":{\"vendor\":\"%.*s%s\",\"name\":\"%.*s\",\"format\":\"jsonschema\",",
                              SLICE_ARGS(iglu.vendor), wrong & 1 ? "s" : "", SLICE_ARGS(iglu.name));
                buffer_format(out, "\"version\":\"%u-%u-%u\"},", iglu.version[0], iglu.version[1],
                              iglu.version[2] + (wrong >> 1 & 1));
                buffer_add(out, SLICE("\"x\":"));
                buffer_add_json(out, take_bytes(&SCRIPT));
                buffer_add_char(out, '}');
        }
}

void fetch_get(struct fetch *fetch, const struct remote_base *base, const char *path, size_t limit, const char *etag,
               const char *modified, struct answer *ret_answer)
{
        static const long STATUS[] = { 200, 200, 200, 304, 404, 0, 500, 429, 301, 410 };
        struct buffer out;
        (void)fetch;
        /* The validators are of a document that this registry gave. */
        BUG_IF(!base->url || *path != '/' || limit == 0 || strlen(etag) >= 256 || strlen(modified) >= 64 || ++ASKED > 1 << 20);
        *ret_answer = (struct answer){ .status = STATUS[take(&SCRIPT) % COUNT_OF(STATUS)] };
        if (ret_answer->status == 0)
                (void)snprintf(ret_answer->error, sizeof(ret_answer->error), "no answer");
        if (ret_answer->status != 200)
                return;
        buffer_init(&out, SIZE_MAX);
        text_write(&out, path);
        if (out.size > limit) {
                *ret_answer = (struct answer){ .over = true };
        } else {
                /* Of its own, so that a read past its end is seen. */
                ret_answer->text = memory_get(out.size ? out.size : 1);
                if (out.size)
                        memcpy(ret_answer->text, out.data, out.size);
                ret_answer->size = out.size;
                (void)snprintf(ret_answer->etag, sizeof(ret_answer->etag), "\"%u\"", take(&SCRIPT));
        }
        buffer_done(&out);
}

/* ---- the laws ---- */

struct kept { struct buffer text; size_t count; };

static void keep(void *context, struct slice key, struct slice text, const char *source)
{
        struct kept *kept = context;
        struct iglu iglu;
        char again[IGLU_KEY_MAX];
        BUG_IF(!iglu_parse(key, &iglu));
        BUG_IF(!slice_equal((struct slice){ again, iglu_format_key(&iglu, again) }, key));
        BUG_IF(!remote_is_schema(text, &iglu) || text.size > SIZE_LIMIT || !source);
        buffer_add(&kept->text, key);
        buffer_add(&kept->text, SLICE("\n"));
        buffer_add(&kept->text, text);
        buffer_add(&kept->text, SLICE("\n"));
        kept->count++;
}

static struct kept look(struct remote *remote)
{
        struct kept kept = { .count = 0 };
        struct errors notes;
        buffer_init(&kept.text, SIZE_MAX);
        remote_each(remote, keep, &kept);
        BUG_IF(kept.count > COUNT_LIMIT);
        for (size_t i = 1; i < remote->count; i++)         /* sorted, each once */
                BUG_IF(strcmp(remote->documents[i - 1].key, remote->documents[i].key) >= 0);
        remote_take_notes(remote, &notes);
        errors_done(&notes);
        return kept;
}

static struct remote *begin(const struct folder *folder)
{
        struct config config;
        struct errors errors = { 0 };
        struct error  err;
        config_init(&config);
        BUG_IF(!config_set(&config, "schemas.remote", "http://one.example,com.acme=http://two.example/", &err));
        BUG_IF(!config_set(&config, "schemas.cache", folder->path, &err));
        BUG_IF(!config_set(&config, "schemas.count_limit", "6", &err));
        BUG_IF(!config_set(&config, "schemas.size_limit", "1KiB", &err));
        struct remote *remote = remote_new(&config, &errors);
        BUG_IF(!remote || errors_total(&errors));
        config_done(&config);
        return remote;
}

/* With no answers left, so that the cache alone speaks; an empty one asks, and finds nobody. */
static struct remote *restart(const struct folder *folder, struct remote *remote, bool touched)
{
        struct script rest = SCRIPT;
        struct kept before = look(remote);
        remote_free(remote);
        SCRIPT.at = SCRIPT.end;
        remote = begin(folder);
        SCRIPT = rest;
        struct kept after = look(remote);
        BUG_IF(!touched && !slice_equal(buffer_slice(&before.text), buffer_slice(&after.text)));
        buffer_done(&before.text);
        buffer_done(&after.text);
        return remote;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct folder folder;
        bool touched = false;
        SCRIPT = (struct script){ (const char *)data, (const char *)data + size };
        ASKED = 0;
        if (access("/dev/shm", W_OK) == 0)         /* a disk would be waited for */
                (void)setenv("TMPDIR", "/dev/shm", 1);
        folder_init(&folder);
        struct remote *remote = begin(&folder);
        for (int i = 0; i < STEPS_MOST && SCRIPT.at < SCRIPT.end; i++) {
                char text[256 + 1];
                struct slice bytes;
                switch (take(&SCRIPT) % STEPS) {
                case STEP_WANT:    remote_want(remote, take_name()); break;
                case STEP_RESTART: remote = restart(&folder, remote, touched); break;
                case STEP_INDEX:
                        bytes = take_bytes(&SCRIPT);
                        (void)snprintf(text, sizeof(text), "%.*s", SLICE_ARGS(bytes));
                        folder_write(&folder, "index", text);
                        touched = true;
                        break;
                default:
                        (void)remote_refresh(remote, take(&SCRIPT) & 1);
                        struct kept kept = look(remote);
                        buffer_done(&kept.text);
                        break;
                }
        }
        remote = restart(&folder, remote, touched);
        remote_free(remote);
        folder_done(&folder);
        return 0;
}
