/* Certificates for the tests of server/: made anew by each run, in a folder of its own. */
#ifndef TESTS_CERTIFICATES_H
#define TESTS_CERTIFICATES_H
#include "base/base.h"
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define DAY 86400

struct made {
        EVP_PKEY *key;
        X509     *certificate;
};
/* "ec" or "rsa". `names`: "DNS:a,DNS:*.b", or NULL. From `from` to `to`, seconds from now. Signs itself, or by `issuer`. */
static struct made certificate_make(const char *kind, const char *names, long from, long to, const struct made *issuer)
{
        bool rsa = strcmp(kind, "rsa") == 0;
        struct made made = { .key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"), .certificate = X509_new() };
        X509 *x = made.certificate;
        const unsigned char *subject = (const unsigned char *)(names ? names : "nobody");
        assert_non_null(made.key);
        X509_set_version(x, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(x), from + to + (rsa ? 1 : 2));
        X509_gmtime_adj(X509_getm_notBefore(x), from);
        X509_gmtime_adj(X509_getm_notAfter(x), to);
        X509_set_pubkey(x, made.key);
        X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, subject, -1, -1, 0);
        X509_set_issuer_name(x, X509_get_subject_name(issuer ? issuer->certificate : x));
        if (names) {
                X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
                assert_non_null(extension);
                X509_add_ext(x, extension, -1);
                X509_EXTENSION_free(extension);
        }
        if (!issuer) {
                X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
                assert_non_null(extension);
                X509_add_ext(x, extension, -1);
                X509_EXTENSION_free(extension);
        }
        assert_true(X509_sign(x, issuer ? issuer->key : made.key, EVP_sha256()) > 0);
        return made;
}

static void made_done(struct made *made)
{
        EVP_PKEY_free(made->key);
        X509_free(made->certificate);
}

enum { WRITE_CERTIFICATE = 1, WRITE_KEY = 2, WRITE_SEALED_KEY = 4 };
static void made_write(const struct made *made, const char *path, unsigned what)
{
        static unsigned char word[] = "word";
        FILE *file = fopen(path, "we");
        assert_non_null(file);
        if (what & WRITE_KEY)
                assert_true(PEM_write_PrivateKey(file, made->key, NULL, NULL, 0, NULL, NULL));
        if (what & WRITE_SEALED_KEY)
                assert_true(PEM_write_PrivateKey(file, made->key, EVP_aes_128_cbc(), word, 4, NULL, NULL));
        if (what & WRITE_CERTIFICATE)
                assert_true(PEM_write_X509(file, made->certificate));
        assert_int_equal(fclose(file), 0);
        assert_int_equal(chmod(path, 0600), 0);
}
#endif
