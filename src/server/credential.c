#include "server/credential.h"
#include "server/request.h"

/* The one Authorization header; false: there are several. data NULL: there is none. */
static bool find_header(const struct http_request *http, struct slice *ret_value)
{
        static const struct slice NAME = SLICE_INIT("authorization");
        *ret_value = (struct slice){ 0 };
        for (size_t i = 0; i < http->header_count; i++) {
                const struct http_header *header = &http->headers[i];
                if (header->name.size != NAME.size || !slice_equal_nocase(header->name, NAME))
                        continue;
                if (ret_value->data)
                        return false;
                *ret_value = header->value;
        }
        return true;
}

/* "SCHEME VALUE": the value, one or more spaces behind the scheme in any case (RFC 9110, 11.4); data NULL: another scheme. */
static struct slice behind_scheme(struct slice header, struct slice scheme)
{
        if (header.size <= scheme.size || header.data[scheme.size] != ' ' ||
            !slice_equal_nocase((struct slice){ header.data, scheme.size }, scheme))
                return (struct slice){ 0 };
        size_t at = scheme.size;
        while (at < header.size && header.data[at] == ' ')
                at++;
        return (struct slice){ header.data + at, header.size - at };
}

static bool take(struct slice text, struct credential *credential)
{
        if (text.size == 0 || text.size > sizeof(credential->text))
                return false;
        memmove(credential->text, text.data, text.size);
        credential->size = text.size;
        return true;
}

/* RFC 4648, section 4; the padding may be missing, as some SDKs leave it out. */
static bool undo_base64(struct slice text, struct credential *credential)
{
        uint32_t bits = 0;
        unsigned have = 0;
        while (text.size && text.data[text.size - 1] == '=')
                text.size--;
        credential->size = 0;
        for (size_t i = 0; i < text.size; i++) {
                int digit = char_base64(text.data[i], '+', '/');
                if (digit < 0)
                        return false;
                bits = (bits << 6 | (uint32_t)digit) & 0xFFFF;
                have += 6;
                if (have < 8)
                        continue;
                have -= 8;
                if (credential->size == sizeof(credential->text))
                        return false;
                credential->text[credential->size++] = (char)(bits >> have);
        }
        return text.size % 4 != 1;
}

/* "user:password": the password, or the user where that is empty. */
static bool take_basic(struct slice coded, struct credential *credential)
{
        if (!undo_base64(coded, credential))
                return false;
        char *colon = memchr(credential->text, ':', credential->size);
        if (!colon)
                return false;
        struct slice user = slice_between(credential->text, colon);
        struct slice password = slice_between(colon + 1, credential->text + credential->size);
        return take(password.size ? password : user, credential);
}

static bool take_parameter(struct slice value, struct credential *credential)
{
        credential->size = 0;
        for (size_t i = 0; i < value.size; i++) {
                char c = value.data[i];
                if (c == '%') {
                        int high = i + 2 < value.size ? char_hex(value.data[i + 1]) : -1;
                        int low = high < 0 ? -1 : char_hex(value.data[i + 2]);
                        if (low < 0)
                                return false;
                        c = (char)(high << 4 | low);
                        i += 2;
                }
                if (credential->size == sizeof(credential->text))
                        return false;
                credential->text[credential->size++] = c;
        }
        return credential->size > 0;
}

enum credential_form credential_read(const struct http_request *http, bool query, struct credential *ret_credential)
{
        struct slice header, value;
        bool good;
        ret_credential->size = 0;
        if (!find_header(http, &header))
                return CREDENTIAL_BROKEN;
        if (header.data) {
                value = behind_scheme(header, SLICE("bearer"));
                good = value.data && take(value, ret_credential);
                if (!value.data) {
                        value = behind_scheme(header, SLICE("basic"));
                        good = value.data && take_basic(value, ret_credential);
                }
                return good ? CREDENTIAL_KEY : CREDENTIAL_BROKEN;
        }
        value = query ? request_parameter(http->query, SLICE("key")) : (struct slice){ 0 };
        if (!value.data)
                return CREDENTIAL_NONE;
        return take_parameter(value, ret_credential) ? CREDENTIAL_KEY : CREDENTIAL_BROKEN;
}

void credential_done(struct credential *credential)
{
        explicit_bzero(credential->text, sizeof(credential->text));        /* more than the key may have been decoded */
        credential->size = 0;
}
