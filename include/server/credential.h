/* What a request shows to be let in: `Authorization: Bearer KEY`, `Authorization: Basic` with the key as the user name of an
 * empty password or as the password (RFC 6750, RFC 7617), or else `?key=KEY`. A pure function over the head. */
#ifndef SERVER_CREDENTIAL_H
#define SERVER_CREDENTIAL_H
#include "server/http.h"
#include "server/key_text.h"

enum credential_form {
        CREDENTIAL_NONE,           /* it shows nothing */
        CREDENTIAL_KEY,
        CREDENTIAL_BROKEN,         /* several Authorization headers, another scheme, bad base64, too long ... */
};
struct credential {
        size_t size;
        char   text[KEY_TEXT_MAX]; /* the key: a secret; credential_done() wipes it */
};
/* `query`: whether `?key=` counts, too. An Authorization header goes before it. */
enum credential_form credential_read(const struct http_request *http, bool query, struct credential *ret_credential);
void credential_done(struct credential *credential);
static inline struct slice credential_text(const struct credential *credential)
{
        return (struct slice){ credential->text, credential->size };
}
#endif
