/* A certificate with its chain and its key, from PEM files (RFC 7468). Private to server/. */
#ifndef SERVER_TLS_CERTIFICATE_H
#define SERVER_TLS_CERTIFICATE_H
#include "base/base.h"
#include <openssl/ssl.h>

/* In the process's memory until certificate_done(). */
struct tls_certificate {
        char           *file, *key_file;   /* the same when the key stands behind the chain */
        X509           *leaf;
        STACK_OF(X509) *chain;             /* the others, in the file's order */
        EVP_PKEY       *key;
        struct slice   *names;             /* of its subjectAltName: lower case; "*.shop.example" stands for one label */
        size_t          name_count;
        int64_t         begins, ends;      /* seconds since 1970 */
        bool            key_public;        /* everybody may read the key's file */
};
/* Reads one. The key stands in the same file; or beside it, in one of the names that certificate_key_file() knows. False and an
 * error that names the file. */
bool certificate_load(struct tls_certificate *certificate, const char *file, struct error *err);
void certificate_done(struct tls_certificate *certificate);
/* Whether it is good for this host (RFC 6125, 6.4): its letters may have any case. */
bool certificate_covers(const struct tls_certificate *certificate, struct slice host, bool wildcards);
/* "rsa", "ec": certificates of one name and different kinds stand side by side. OpenSSL's number. */
int  certificate_kind(const struct tls_certificate *certificate);
#endif
