/* A request's key. The first byte's low bits choose: a key of any bytes, written as Bearer, as Basic (user or password) or as
 * ?key= is read back as it was; otherwise each line of the input is an Authorization header and the last one the query, and a
 * plain second reader must say the same. A text that nobody drew is not taken for a key of ours. */
#include "base/buffer.h"
#include "server/credential.h"
#include <nettle/base64.h>

enum form { BEARER, USER, PASSWORD, QUERY, FORMS, RAW = 7 };
enum { HEADERS_MOST = 4 };

/* ---- there and back ---- */

static void write_query(struct buffer *out, struct slice key, bool all)
{
        buffer_add(out, SLICE("keys=no&a=1&key="));
        for (size_t i = 0; i < key.size; i++) {
                char c = key.data[i];
                if (all || c == '%' || c == '&' || c == '+' || c <= ' ' || c == 0x7f)
                        buffer_format(out, i % 2 ? "%%%02x" : "%%%02X", (unsigned)(unsigned char)c);
                else
                        buffer_add_char(out, c);
        }
        buffer_add(out, SLICE("&key=second"));
}

static void write_basic(struct buffer *out, struct slice before, struct slice key, struct slice behind, bool bare)
{
        struct buffer pair;
        buffer_init(&pair, SIZE_MAX);
        buffer_add(&pair, before);
        buffer_add(&pair, key);
        buffer_add(&pair, behind);
        buffer_add(out, SLICE("bAsIc "));
        buffer_add_base64(out, buffer_slice(&pair));
        while (bare && out->data[out->size - 1] == '=')
                out->size--;
        buffer_done(&pair);
}

/* Whether the form can carry the key at all. */
static bool fits(enum form form, struct slice key)
{
        size_t room = form == USER ? KEY_TEXT_MAX - 1 : form == PASSWORD ? KEY_TEXT_MAX - 3 : KEY_TEXT_MAX;
        if (key.size == 0 || key.size > room)
                return false;
        return !(form == USER && memchr(key.data, ':', key.size)) && !(form == BEARER && *key.data == ' ');
}

static void there_and_back(enum form form, bool other, struct slice key)
{
        struct buffer text;
        struct credential got;
        buffer_init(&text, SIZE_MAX);
        switch (form) {
        case BEARER:   buffer_add(&text, other ? SLICE("bearer   ") : SLICE("Bearer ")); buffer_add(&text, key); break;
        case USER:     write_basic(&text, SLICE(""), key, SLICE(":"), other); break;
        case PASSWORD: write_basic(&text, SLICE("me:"), key, SLICE(""), other); break;
        default:       write_query(&text, key, other); break;
        }
        struct http_header header = { SLICE("aUthorization"), buffer_slice(&text) };
        struct http_request http = { .headers = &header, .header_count = form != QUERY };
        if (form == QUERY)
                http.query = buffer_slice(&text);
        enum credential_form found = credential_read(&http, form == QUERY, &got);
        if (fits(form, key))
                BUG_IF(found != CREDENTIAL_KEY || !slice_equal(credential_text(&got), key));
        else                                       /* no password: then the user is the key */
                BUG_IF(found == CREDENTIAL_KEY && (form == QUERY || (form == PASSWORD && key.size)));
        credential_done(&got);
        BUG_IF(got.size);
        for (size_t i = 0; i < sizeof(got.text); i++)
                BUG_IF(got.text[i]);
        buffer_done(&text);
}

/* ---- the second reader ---- */

/* Of base64 with or without its padding; false: it is none. */
static bool second_base64(struct slice text, struct buffer *out)
{
        static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        struct base64_decode_ctx context;
        size_t size = text.size;
        while (size && text.data[size - 1] == '=')
                size--;
        if (size % 4 == 1)
                return false;
        for (size_t i = 0; i < size; i++)
                if (!text.data[i] || !strchr(ALPHABET, text.data[i]))
                        return false;
        base64_decode_init(&context);
        size_t made = BASE64_DECODE_LENGTH(size + 3);
        BUG_IF(!buffer_reserve(out, made + 8));
        BUG_IF(!base64_decode_update(&context, &made, (uint8_t *)out->data, size, text.data));
        for (size_t i = size; i % 4; i++) {        /* what is left of the last byte is nobody's */
                size_t more = 8;
                BUG_IF(!base64_decode_update(&context, &more, (uint8_t *)out->data + made, 1, "A"));
                made += more;
        }
        out->size = size * 3 / 4;
        return true;
}

static enum credential_form second_basic(struct slice text, struct buffer *out)
{
        if (!second_base64(text, out) || out->size > KEY_TEXT_MAX)
                return CREDENTIAL_BROKEN;
        char *colon = out->size ? memchr(out->data, ':', out->size) : NULL;
        if (!colon)
                return CREDENTIAL_BROKEN;
        size_t user = (size_t)(colon - out->data), password = out->size - user - 1;
        if (password)
                memmove(out->data, colon + 1, password);
        out->size = password ? password : user;
        return out->size ? CREDENTIAL_KEY : CREDENTIAL_BROKEN;
}

static enum credential_form second_query(struct slice query, struct buffer *out)
{
        for (size_t at = 0; at < query.size;) {
                size_t end = at;
                while (end < query.size && query.data[end] != '&')
                        end++;
                struct slice part = { query.data + at, end - at };
                at = end + 1;
                if (slice_equal(part, SLICE("key")))
                        return CREDENTIAL_NONE;
                if (!slice_starts_with(part, SLICE("key=")))
                        continue;
                for (size_t i = 4; i < part.size; i++) {
                        char hex[3] = { 0 };
                        if (part.data[i] != '%') {
                                buffer_add_char(out, part.data[i]);
                                continue;
                        }
                        if (i + 2 >= part.size)
                                return CREDENTIAL_BROKEN;
                        memcpy(hex, part.data + i + 1, 2);
                        if (strspn(hex, "0123456789abcdefABCDEF") != 2)
                                return CREDENTIAL_BROKEN;
                        buffer_add_char(out, (char)strtoul(hex, NULL, 16));
                        i += 2;
                }
                return out->size && out->size <= KEY_TEXT_MAX ? CREDENTIAL_KEY : CREDENTIAL_BROKEN;
        }
        return CREDENTIAL_NONE;
}

static enum credential_form second_reader(const struct http_request *http, struct buffer *out)
{
        if (http->header_count > 1)
                return CREDENTIAL_BROKEN;
        if (http->header_count == 0)
                return second_query(http->query, out);
        struct slice value = http->headers[0].value;
        size_t scheme = 0, start;
        while (scheme < value.size && value.data[scheme] != ' ')
                scheme++;
        for (start = scheme; start < value.size && value.data[start] == ' '; start++)
                ;
        struct slice name = { value.data, scheme }, rest = { value.data + start, value.size - start };
        if (start == scheme)
                return CREDENTIAL_BROKEN;
        if (slice_equal_nocase(name, SLICE("basic")))
                return second_basic(rest, out);
        if (!slice_equal_nocase(name, SLICE("bearer")) || rest.size == 0 || rest.size > KEY_TEXT_MAX)
                return CREDENTIAL_BROKEN;
        buffer_add(out, rest);
        return CREDENTIAL_KEY;
}

static void two_readers(struct slice text)
{
        struct http_header headers[HEADERS_MOST];
        struct http_request http = { .headers = headers };
        struct credential got;
        struct buffer want;
        const char *end;
        while (http.header_count < HEADERS_MOST && text.size && (end = memchr(text.data, '\n', text.size))) {
                headers[http.header_count++] = (struct http_header){ SLICE("authorization"), slice_between(text.data, end) };
                text = slice_between(end + 1, text.data + text.size);
        }
        http.query = text;
        buffer_init(&want, SIZE_MAX);
        enum credential_form form = credential_read(&http, true, &got), second = second_reader(&http, &want);
        BUG_IF(form != second);
        BUG_IF(form == CREDENTIAL_KEY && !slice_equal(credential_text(&got), buffer_slice(&want)));
        if (http.header_count == 0)
                BUG_IF(credential_read(&http, false, &got) != CREDENTIAL_NONE);
        credential_done(&got);
        buffer_done(&want);
}

/* ---- our own texts ---- */

static void own_texts(struct slice text)
{
        char ours[KEY_TEXT_SIZE];
        uint8_t bits[32] = { 0 };
        memcpy(bits, text.data, text.size < sizeof(bits) ? text.size : sizeof(bits));
        key_text_make(bits, ours);
        BUG_IF(key_text_form((struct slice){ ours, sizeof(ours) }) != KEY_FORM_OURS);
        BUG_IF(key_text_form((struct slice){ ours, sizeof(ours) - 1 }) != KEY_FORM_MISTYPED);
        /* One digit for another: the checksum is 32 bits, so that a hit would be worth knowing. */
        size_t place = sizeof(KEY_TEXT_PREFIX) - 1 + bits[0] % (sizeof(ours) - sizeof(KEY_TEXT_PREFIX) + 1);
        ours[place] = ours[place] == 'a' ? 'b' : 'a';
        BUG_IF(key_text_form((struct slice){ ours, sizeof(ours) }) != KEY_FORM_MISTYPED);
        BUG_IF(key_text_form(text) == KEY_FORM_OURS && text.size != KEY_TEXT_SIZE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (size < 1)
                return 0;
        unsigned kind = data[0] & RAW;
        size_t rest = size - 1;
        char *copy = memory_get(rest ? rest : 1);  /* of its own, so that a read past its end is seen */
        memcpy(copy, data + 1, rest);
        struct slice text = { copy, rest };
        if (kind < FORMS)
                there_and_back((enum form)kind, data[0] & 8, text);
        else
                two_readers(text);
        own_texts(text);
        free(copy);
        return 0;
}
