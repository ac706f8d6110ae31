/* The enrichment pii: personal data of the client's are removed, cut, masked, or replaced by a keyed pseudonym. What cannot be
 * done for want of memory breaks the event's publishing: nothing goes out as it came. */
#include "base/hmac.h"
#include "base/utf8.h"
#include "enrich/edit.h"
#include "enrich/glob.h"
#include "enrich/pii_path.h"
#include "json/scan.h"

enum action { ACTION_remove, ACTION_truncate, ACTION_mask, ACTION_hash, ACTION_COUNT };
enum normal { NORMAL_none, NORMAL_lower, NORMAL_trim_lower, NORMAL_COUNT };
enum format { FORMAT_hex, FORMAT_base64url, FORMAT_COUNT };
static const char *const ACTIONS[] = { "remove", "truncate", "mask", "hash" };
static const char *const NORMALS[] = { "none", "lower", "trim_lower" };
static const char *const FORMATS[] = { "hex", "base64url" };

#define KEY_LEAST  16              /* bytes; 128 bits, if they are random */
#define KEEP_MOST  1000            /* characters */
#define PREFIX_MAX 32
static const struct slice MASK = SLICE_INIT("***");        /* of one length: how long the value is tells something, too */

struct pii {
        struct pii_path *paths;    /* path_count of them */
        const char     **schemas;  /* globs, schema_count of them; they live as long as the configuration */
        size_t           path_count, schema_count;
        enum action      action;
        enum normal      normal;
        enum format      format;
        size_t           keep;     /* characters */
        struct slice     prefix;
        struct hmac_key *key;
};

/* ---- loading ---- */

static void pii_unload(void *state)
{
        struct pii *pii = state;
        if (!pii)
                return;
        for (size_t i = 0; i < pii->path_count; i++)
                pii_path_done(&pii->paths[i]);
        free(pii->paths);
        free(pii->schemas);
        hmac_key_free(pii->key);
        free(pii);
}

/* The word's place in the list; `count` and a mistake: it is not there. */
static size_t word_of(const struct enrich_setup *setup, struct errors *errors, const char *name, const char *const *words,
                      size_t count)
{
        const char *text = setting_text(setup, name);
        char   all[100] = "";
        size_t at = 0;
        while (at < count && strcmp(words[at], text) != 0)
                at++;
        if (at < count)
                return at;
        for (size_t i = 0; i < count; i++)
                (void)snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ",
                               words[i]);
        (void)setup_error(setup, errors, name, "'%s' found, but wanted is %s", text, all);
        return count;
}

static bool paths_load(struct pii *pii, const struct enrich_setup *setup, struct errors *errors)
{
        struct error err;
        bool   fine = true;
        size_t count = 0;
        while (setting_list(setup, "fields", count))
                count++;
        pii->paths = memory_get((count + 1) * sizeof(*pii->paths));
        for (const char *text; (text = setting_list(setup, "fields", pii->path_count)); pii->path_count++)
                if (!pii_path_parse(&pii->paths[pii->path_count], setup->layout, text, &err))
                        fine = setup_error(setup, errors, "fields", "%s: %s", text, err.text);
        return fine;
}

static bool schemas_load(struct pii *pii, const struct enrich_setup *setup, struct errors *errors)
{
        while (setting_list(setup, "schemas", pii->schema_count))
                pii->schema_count++;
        pii->schemas = memory_get((pii->schema_count + 1) * sizeof(*pii->schemas));
        for (size_t i = 0; i < pii->schema_count; i++) {
                pii->schemas[i] = setting_list(setup, "schemas", i);
                if (strlen(pii->schemas[i]) > GLOB_MAX || !strchr(pii->schemas[i], '/'))
                        return setup_error(setup, errors, "schemas", "'%.60s' is no pattern of schemas; one looks like "
                                           "com.acme/purchase/*, and has at most %d bytes", pii->schemas[i], GLOB_MAX);
        }
        return true;
}

static bool key_load(struct pii *pii, const struct enrich_setup *setup, struct errors *errors)
{
        const char  *file = setting_path(setup, "key_file"), *prefix = setting_text(setup, "prefix");
        struct error err;
        pii->prefix = slice_of(prefix ? prefix : "");
        for (size_t i = 0; i < pii->prefix.size; i++)
                if (pii->prefix.size > PREFIX_MAX || prefix[i] < 0x20 || prefix[i] > 0x7E || strchr("\"\\", prefix[i]))
                        return setup_error(setup, errors, "prefix", "a prefix has at most %d letters, digits and signs of ASCII, "
                                                                    "without \" and \\", PREFIX_MAX);
        if (!file)
                return setup_error(setup, errors, "key_file", "the action hash needs a key");
        setup_watch(setup, file);
        pii->key = hmac_key_load(file, KEY_LEAST, &err);
        return pii->key || setup_error(setup, errors, "key_file", "%s", err.text);
}

static void *pii_load(const struct enrich_setup *setup, struct errors *errors)
{
        struct pii *pii = memory_get(sizeof(*pii));
        int64_t keep = 0;
        pii->action = (enum action)word_of(setup, errors, "action", ACTIONS, ACTION_COUNT);
        pii->normal = (enum normal)word_of(setup, errors, "normalize", NORMALS, NORMAL_COUNT);
        pii->format = (enum format)word_of(setup, errors, "format", FORMATS, FORMAT_COUNT);
        bool fine = pii->action != ACTION_COUNT && pii->normal != NORMAL_COUNT && pii->format != FORMAT_COUNT;
        fine &= paths_load(pii, setup, errors);
        fine &= schemas_load(pii, setup, errors);
        fine &= setting_number(setup, errors, "keep", (int64_t[]){ 0, KEEP_MOST }, &keep);
        if (pii->action == ACTION_hash)
                fine &= key_load(pii, setup, errors);
        pii->keep = (size_t)keep;
        if (fine)
                return pii;
        pii_unload(pii);
        return NULL;
}

/* ---- one value ---- */

struct job {
        const struct pii *pii;
        struct subject   *subject;
        size_t            count;   /* values changed */
};

/* Where the first `count` characters end. */
static const char *characters_end(struct slice text, size_t count)
{
        const char *at = text.data, *end = slice_end(text);
        for (; count && at < end; count--) {
                size_t length = utf8_length(at, end);
                at += length ? length : 1;
        }
        return at;
}

/* The last `count` characters; nothing when there are no others. */
static struct slice characters_last(struct slice text, size_t count)
{
        const char *end = slice_end(text), *at = end;
        for (; count && at > text.data; count--)
                for (at--; at > text.data && ((unsigned char)*at & 0xC0) == 0x80;)
                        at--;
        return at > text.data ? slice_between(at, end) : (struct slice){ end, 0 };
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* As people write the same e-mail address in several ways. data NULL: memory is out. */
static struct slice normal_of(struct slice text, enum normal normal, struct arena *arena)
{
        if (normal == NORMAL_none)
                return text;
        while (normal == NORMAL_trim_lower && text.size && is_space(*text.data))
                text.data++, text.size--;
        while (normal == NORMAL_trim_lower && text.size && is_space(text.data[text.size - 1]))
                text.size--;
        char *made = arena_take(arena, text.size + 1);
        for (size_t i = 0; made && i < text.size; i++)
                made[i] = (char)((unsigned char)(text.data[i] - 'A') < 26 ? text.data[i] | 0x20 : text.data[i]);
        return (struct slice){ made, text.size };
}

static char *put_digest(char *at, const uint8_t digest[HMAC_SIZE], enum format format)
{
        static const char HEX[] = "0123456789abcdef";
        static const char BASE[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";       /* RFC 4648, 5 */
        if (format == FORMAT_hex) {
                for (size_t i = 0; i < HMAC_SIZE; i++) {
                        *at++ = HEX[digest[i] >> 4];
                        *at++ = HEX[digest[i] & 15];
                }
                return at;
        }
        for (size_t i = 0; i < HMAC_SIZE; i += 3) {
                size_t   left = HMAC_SIZE - i;
                uint32_t bits = (uint32_t)digest[i] << 16 | (left > 1 ? (uint32_t)digest[i + 1] << 8 : 0) |
                                (left > 2 ? digest[i + 2] : 0);
                for (size_t k = 0; k < 4 && k <= left; k++)
                        *at++ = BASE[bits >> (18 - 6 * k) & 63];
        }
        return at;
}

static struct slice hash_of(const struct pii *pii, struct slice text, struct arena *arena)
{
        uint8_t digest[HMAC_SIZE];
        char   *made = arena_take(arena, pii->prefix.size + 2 * HMAC_SIZE + 2), *at = made;
        text = normal_of(text, pii->normal, arena);
        if (!made || !text.data)
                return (struct slice){ 0 };
        hmac_sign(pii->key, text, digest);
        *at++ = '"';
        at = (char *)memcpy(at, pii->prefix.data, pii->prefix.size) + pii->prefix.size;
        at = put_digest(at, digest, pii->format);
        *at++ = '"';
        return slice_between(made, at);
}

/* A JSON string of the two; data NULL: memory is out. */
static struct slice string_of(struct slice first, struct slice second, struct arena *arena)
{
        struct buffer out;
        size_t size = 6 * (first.size + second.size) + 4;
        char  *made = arena_take(arena, size);
        if (!made)
                return (struct slice){ 0 };
        buffer_wrap(&out, made, size);
        buffer_add_json(&out, first);
        if (second.size) {
                out.size--;        /* the one's closing quote, and below the other's opening one */
                size_t joint = out.size;
                buffer_add_json(&out, second);
                memmove(made + joint, made + joint + 1, out.size - joint - 1);
                out.size--;
        }
        arena_trim(arena, made, made + out.size);
        return buffer_slice(&out);
}

static struct slice changed(const struct pii *pii, struct slice text, struct arena *arena)
{
        const struct slice none = { "", 0 };
        switch (pii->action) {
        case ACTION_hash:     return hash_of(pii, text, arena);
        case ACTION_truncate: return string_of(slice_between(text.data, characters_end(text, pii->keep)), none, arena);
        default:              return string_of(MASK, characters_last(text, pii->keep), arena);
        }
}

/* Texts and numbers are changed; what is neither, and holds something, can only go. */
static void value_change(void *context, struct slice raw)
{
        struct job     *job = context;
        struct subject *subject = job->subject;
        bool text = *raw.data == '"', number = *raw.data == '-' || (*raw.data >= '0' && *raw.data <= '9');
        if (*raw.data == 'n' || (text && raw.size == 2))
                return;
        job->count++;
        if (job->pii->action == ACTION_remove || !(text || number)) {
                (void)edit_remove(subject, raw);
                return;
        }
        struct slice plain = text ? scan_plain(raw, subject->arena) : raw;
        struct slice json = plain.data ? changed(job->pii, plain, subject->arena) : (struct slice){ 0 };
        if (json.data)
                (void)edit_replace(subject, raw, json);
        else
                subject->findings->broken = true;
}

static bool schema_fits(const struct pii *pii, struct slice schema)
{
        for (size_t i = 0; i < pii->schema_count; i++)
                if (glob_match(slice_of(pii->schemas[i]), schema))
                        return true;
        return pii->schema_count == 0;
}

static void pii_run(void *scratch, struct subject *subject)
{
        const struct pii *pii = scratch;
        struct job job = { pii, subject, 0 };
        const struct pii_visitor visitor = { value_change, &job };
        if (!schema_fits(pii, subject->event->schema))
                return;
        for (size_t i = 0; i < pii->path_count; i++)
                pii_path_walk(&pii->paths[i], subject, &visitor);
        subject_count(subject, METRIC_pii_values, job.count);
}

static const struct enrich_setting SETTINGS[] = {
        { "fields", NULL,
          "What holds personal data: JSON pointers into the data (`/email`, `/items/*/email`, `/**/email`), paths into the "
          "context (`context.ip`, `context.traits.*`), `userId`, `anonymousId`, `sessionId`, `subject`, `source`, "
          "`context`, and `extension.NAME`. `*` is every member or element, `**` before the last name any depth." },
        { "action", NULL,
          "`remove`: the value and its name go (an array's element becomes null). `truncate`: the first `keep` characters "
          "stay. `mask`: `***`, then the last `keep` characters if there are more. `hash`: a pseudonym by "
          "HMAC-SHA-256. Texts and numbers (as they are written) are changed, `null` and empty texts stay, anything "
          "else is removed." },
        { "schemas", "", "Only events of these schemas: `com.acme/*`, `*/purchase/*`. Not given: of all." },
        { "keep", "0", "Characters that `truncate` and `mask` keep, at most 1,000." },
        { "key_file", "",
          "The key of `hash`: a file of 16 to 4,096 bytes that not everybody may read. A line end at its end is no part of "
          "the key. Read again when it changes." },
        { "format", "hex", "How `hash` writes the 32 bytes: `hex` or `base64url` (without padding)." },
        { "normalize", "none",
          "What `hash` does to the text before: `none`, `lower` (A to Z), or `trim_lower` (white space around it goes, "
          "too), as e-mail addresses want it." },
        { "prefix", "", "Stands in front of what `hash` writes: `k2:` tells the key." },
        { 0 },
};

extern const struct enrichment ENRICHMENT_pii;
const struct enrichment ENRICHMENT_pii = {
        .name = "pii",
        .stage = STAGE_enrich_pii,
        .doc = "Takes personal data out of what is handed on: the record, its key, its topic and its CloudEvents headers. Other "
               "steps "
               "still\n"
               "read what the client sent, so a country can be kept and its address removed. Of two actions on one value the "
               "later "
               "one counts,\n"
               "but what is removed stays removed. When memory is too short to change a value, the event is refused.",
        .many = true,
        .settings = SETTINGS,
        .gives = (const enum field[]){ FIELD_COUNT },
        .load = pii_load,
        .unload = pii_unload,
        .run = pii_run,
};
