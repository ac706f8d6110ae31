#include "tls_certificate.h"
#include "base/file.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_LIMIT = 1 << 20, CHAIN_LIMIT = 16, NAMES_LIMIT = 1000 };

/* The last of OpenSSL's reasons, which is the outermost; the queue is empty afterwards. */
static const char *reason(void)
{
        unsigned long code = ERR_peek_last_error();
        const char *text = code ? ERR_reason_error_string(code) : NULL;
        ERR_clear_error();
        return text ? text : "unknown reason";
}

/* A key under a passphrase has nobody who could type it. Of OpenSSL's type. NOLINTNEXTLINE(readability-non-const-parameter) */
static int no_passphrase(char *text, int size, int writing, void *context)
{
        (void)text, (void)size, (void)writing, (void)context;
        return -1;
}

/* ---- files ---- */

/* Where the key stands when it is not in the certificate's own file: "shop.key" beside "shop.pem", as most write it, and
 * "privkey.pem" beside "fullchain.pem", as ACME clients do. */
static char *key_file_of(const char *file)
{
        static const char CHAIN[] = "fullchain.pem", KEY[] = "privkey.pem";
        size_t size = strlen(file);
        const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file, *dot = strrchr(name, '.');
        char *path = memory_get(size + sizeof(KEY));
        bool acme = strcmp(name, CHAIN) == 0;
        size_t stem = acme ? (size_t)(name - file) : dot ? (size_t)(dot - file) : size;
        memcpy(path, file, stem);
        memcpy(path + stem, acme ? KEY : ".key", acme ? sizeof(KEY) : sizeof(".key"));
        return path;
}

static EVP_PKEY *key_read(const char *text, size_t size)
{
        BIO *bio = BIO_new_mem_buf(text, (int)size);
        EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
        BIO_free(bio);
        return key;
}

static bool readable_by_all(const char *file)
{
        struct stat facts;
        return stat(file, &facts) == 0 && (facts.st_mode & S_IROTH);
}

static bool key_load(struct tls_certificate *certificate, const char *text, size_t size, struct error *err)
{
        static const char MARK[] = "PRIVATE KEY-----";     /* of every kind */
        certificate->key_file = slice_copy(slice_of(certificate->file));
        bool here = memmem(text, size, MARK, sizeof(MARK) - 1) != NULL;
        if (here && !(certificate->key = key_read(text, size)))
                return error_set(err, "%s: no private key that can be read without a passphrase: %s", certificate->file,
                                 reason());
        if (!here) {
                size_t length = 0;
                free(certificate->key_file);
                certificate->key_file = key_file_of(certificate->file);
                struct error why;
                char *content = file_read(certificate->key_file, FILE_LIMIT, &length, &why);
                if (!content)
                        return error_set(err, "%s: there is no private key in it; %s", certificate->file, why.text);
                certificate->key = key_read(content, length);
                OPENSSL_cleanse(content, length);
                free(content);
                if (!certificate->key)
                        return error_set(err, "%s: no private key that can be read without a passphrase: %s",
                                         certificate->key_file, reason());
        }
        certificate->key_public = readable_by_all(certificate->key_file);
        return true;
}

static bool chain_load(struct tls_certificate *certificate, const char *text, size_t size, struct error *err)
{
        BIO *bio = BIO_new_mem_buf(text, (int)size);
        X509 *next;
        certificate->chain = sk_X509_new_null();
        BUG_IF(!bio || !certificate->chain);
        while ((next = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL))) {
                if (!certificate->leaf)
                        certificate->leaf = next;
                else if (sk_X509_num(certificate->chain) >= CHAIN_LIMIT || !sk_X509_push(certificate->chain, next))
                        X509_free(next);
        }
        BIO_free(bio);
        if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
                return error_set(err, "%s: a certificate in it cannot be read: %s", certificate->file, reason());
        ERR_clear_error();
        return certificate->leaf || error_set(err, "%s: there is no certificate in it (PEM)", certificate->file);
}

/* ---- what it says ---- */

static int64_t seconds_of(const ASN1_TIME *time)
{
        int days = 0, seconds = 0;
        ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
        bool good = epoch && ASN1_TIME_diff(&days, &seconds, epoch, time);
        ASN1_TIME_free(epoch);
        return good ? (int64_t)days * 86400 + seconds : 0;
}

static void names_read(struct tls_certificate *certificate)
{
        GENERAL_NAMES *all = X509_get_ext_d2i(certificate->leaf, NID_subject_alt_name, NULL, NULL);
        int count = all ? sk_GENERAL_NAME_num(all) : 0;
        certificate->names = memory_get(((size_t)count + 1) * sizeof(*certificate->names));
        for (int i = 0; i < count && i < NAMES_LIMIT; i++) {
                const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, i);
                if (name->type != GEN_DNS)
                        continue;
                struct slice text = { (const char *)ASN1_STRING_get0_data(name->d.dNSName),
                                      (size_t)ASN1_STRING_length(name->d.dNSName) };
                /* "shop.example NUL .evil.example" is a name of nobody. */
                if (text.size && !memchr(text.data, '\0', text.size))
                        certificate->names[certificate->name_count++] = (struct slice){ slice_copy(text), text.size };
        }
        GENERAL_NAMES_free(all);
        certificate->begins = seconds_of(X509_get0_notBefore(certificate->leaf));
        certificate->ends = seconds_of(X509_get0_notAfter(certificate->leaf));
        ERR_clear_error();
}

/* OpenSSL's own judgement: the key belongs to the certificate, and both are as strong as the system wants. */
static bool usable(const struct tls_certificate *certificate, struct error *err)
{
        SSL_CTX *trial = SSL_CTX_new(TLS_server_method());
        bool good = trial && SSL_CTX_use_cert_and_key(trial, certificate->leaf, certificate->key, certificate->chain, 1) == 1;
        bool apart = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH;
        SSL_CTX_free(trial);
        if (good)
                return true;
        if (apart || !X509_check_private_key(certificate->leaf, certificate->key)) {
                ERR_clear_error();
                return error_set(err, "%s: the private key of %s belongs to another certificate", certificate->file,
                                 certificate->key_file);
        }
        return error_set(err, "%s: cannot be used: %s", certificate->file, reason());
}

bool certificate_load(struct tls_certificate *certificate, const char *file, struct error *err)
{
        size_t size = 0;
        *certificate = (struct tls_certificate){ .file = slice_copy(slice_of(file)) };
        char *text = file_read(file, FILE_LIMIT, &size, err);
        if (!text)
                return false;
        ERR_clear_error();
        bool good = chain_load(certificate, text, size, err) && key_load(certificate, text, size, err) &&
                    usable(certificate, err);
        OPENSSL_cleanse(text, size);
        free(text);
        if (good)
                names_read(certificate);
        return good;
}

void certificate_done(struct tls_certificate *certificate)
{
        for (size_t i = 0; i < certificate->name_count; i++)
                free((void *)(uintptr_t)certificate->names[i].data);
        free(certificate->names);
        free(certificate->file);
        free(certificate->key_file);
        X509_free(certificate->leaf);
        sk_X509_pop_free(certificate->chain, X509_free);
        EVP_PKEY_free(certificate->key);
        *certificate = (struct tls_certificate){ 0 };
}

int certificate_kind(const struct tls_certificate *certificate)
{
        return EVP_PKEY_get_base_id(certificate->key);
}

bool certificate_covers(const struct tls_certificate *certificate, struct slice host, bool wildcards)
{
        const char *dot = memchr(host.data, '.', host.size);
        struct slice parent = dot && dot > host.data ? slice_between(dot, host.data + host.size) : (struct slice){ 0 };
        for (size_t i = 0; i < certificate->name_count; i++) {
                struct slice name = certificate->names[i];
                bool wild = name.size > 2 && name.data[0] == '*' && name.data[1] == '.';
                if (wild && wildcards && parent.size && slice_equal_nocase(parent, slice_between(name.data + 1,
                                                                                                 name.data + name.size)))
                        return true;
                if (!wild && !wildcards && slice_equal_nocase(host, name))
                        return true;
        }
        return false;
}
