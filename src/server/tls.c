#include "server/tls.h"
#include "base/clock.h"
#include "base/file.h"
#include "tls_certificate.h"
#include "tls_inner.h"
#include "tls_tickets.h"
#include <openssl/err.h>
#include <stdatomic.h>

enum { CERTIFICATES_LIMIT = 256, KINDS_LIMIT = 8, CLIENT_CHAIN_BYTES = 32 << 10, CLIENT_DEPTH = 8, SOON_DAYS = 14,
       CA_LIMIT = 4 << 20 };
enum client { CLIENT_NONE, CLIENT_REQUEST, CLIENT_REQUIRE };       /* words of tls.client */

struct tls {
        SSL_CTX                *context;
        BIO_METHOD             *socket;
        struct tls_tickets     *tickets;
        struct tls_certificate *certificates;
        size_t                  count;
        char                   *client_ca;         /* a copy, as it may outlive the configuration; "": none */
        bool                    http2;             /* offer it */
        atomic_uint             references;
};

/* Mozilla's "intermediate" of TLS 1.2, without the Diffie-Hellman of numbers, which nobody needs who knows 1.2's AEADs: forward
 * secrecy and authenticated encryption only. The client's order counts, as it knows what its processor does fast. */
static const char CIPHERS[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
                              "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
static const char CIPHERS_13[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
static const char GROUPS[] = "X25519:P-256:P-384";

/* ---- what OpenSSL asks during a handshake ---- */

/* The first certificate of each kind of key that is good for the host. */
static size_t select_for(const struct tls *tls, struct slice host, const struct tls_certificate *ret_chosen[KINDS_LIMIT])
{
        size_t count = 0;
        for (int wildcards = 0; wildcards < 2; wildcards++)
                for (size_t i = 0; i < tls->count; i++) {
                        const struct tls_certificate *certificate = &tls->certificates[i];
                        bool known = count == KINDS_LIMIT;
                        for (size_t k = 0; k < count && !known; k++)
                                known = certificate_kind(ret_chosen[k]) == certificate_kind(certificate);
                        if (!known && certificate_covers(certificate, host, wildcards == 1))
                                ret_chosen[count++] = certificate;
                }
        return count;
}

/* A stranger's name gets the first certificate and its siblings, as it may be asked for by an address, or by a name in front. */
static int choose_certificates(SSL *ssl, void *context)
{
        const struct tls *tls = context;
        const struct tls_certificate *chosen[KINDS_LIMIT] = { &tls->certificates[0] };
        const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        size_t count = name && *name ? select_for(tls, slice_of(name), chosen) : 0;
        if (count == 0 && tls->certificates[0].name_count)
                count = select_for(tls, tls->certificates[0].names[0], chosen);
        if (count == 0)
                chosen[count++] = &tls->certificates[0];
        SSL_certs_clear(ssl);
        for (size_t i = 0; i < count; i++)
                if (SSL_use_cert_and_key(ssl, chosen[i]->leaf, chosen[i]->key, chosen[i]->chain, 1) != 1)
                        return 0;
        return 1;
}

/* The name was heard: a session belongs to it, and is not resumed under another. Of OpenSSL's type.
 * NOLINTNEXTLINE(readability-non-const-parameter) */
static int accept_name(SSL *ssl, int *alert, void *context)
{
        (void)ssl, (void)alert, (void)context;
        return SSL_TLSEXT_ERR_OK;
}

/* RFC 7301. A client that offers nothing we speak is told so, lest it reads our answer as something else. */
static int choose_protocol(SSL *ssl, const unsigned char **ret_name, unsigned char *ret_size, const unsigned char *offers,
                           unsigned int size, void *context)
{
        static const unsigned char BOTH[] = "\2h2\10http/1.1";
        const struct tls *tls = context;
        const unsigned char *ours = tls->http2 ? BOTH : BOTH + 3;
        unsigned int length = (unsigned int)(tls->http2 ? sizeof(BOTH) - 1 : sizeof(BOTH) - 4);
        unsigned char *chosen = NULL;
        (void)ssl;
        if (SSL_select_next_proto(&chosen, ret_size, ours, length, offers, size) != OPENSSL_NPN_NEGOTIATED)
                return SSL_TLSEXT_ERR_ALERT_FATAL;
        *ret_name = chosen;
        return SSL_TLSEXT_ERR_OK;
}

static int ticket_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int sealing)
{
        const struct tls *tls = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
        return tls_tickets_key(tls->tickets, name, iv, cipher, mac, sealing != 0);
}

/* ---- load ---- */

static const char *openssl_reason(void)
{
        unsigned long code = ERR_peek_last_error();
        const char *text = code ? ERR_reason_error_string(code) : NULL;
        ERR_clear_error();
        return text ? text : "unknown reason";
}

static bool set_rules(struct tls *tls, const struct config *config)
{
        SSL_CTX *context = tls->context;
        /* Renegotiation lets a client make us work at will, and compression tells secrets by their length; a server that picks
         * the cipher picks worse than a client that has no AES in hardware. */
        (void)SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
        (void)SSL_CTX_clear_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
        (void)SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                                SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_read_ahead(context, 1);        /* a record in one system call, not in two */
        SSL_CTX_set_max_cert_list(context, CLIENT_CHAIN_BYTES);
        SSL_CTX_set_app_data(context, tls);
        SSL_CTX_set_cert_cb(context, choose_certificates, tls);
        (void)SSL_CTX_set_tlsext_servername_callback(context, accept_name);
        SSL_CTX_set_alpn_select_cb(context, choose_protocol, tls);
        /* Early data (0-RTT) can be sent again by whoever records it, and every event would count twice. */
        return SSL_CTX_set_max_early_data(context, 0) && SSL_CTX_set_recv_max_early_data(context, 0) &&
               SSL_CTX_set_min_proto_version(context, config->tls_minimum ? TLS1_3_VERSION : TLS1_2_VERSION) &&
               SSL_CTX_set_cipher_list(context, CIPHERS) && SSL_CTX_set_ciphersuites(context, CIPHERS_13) &&
               SSL_CTX_set1_groups_list(context, GROUPS);
}

static bool set_sessions(struct tls *tls, const struct config *config)
{
        /* Nothing is kept here: a session is with its client, sealed. */
        (void)SSL_CTX_set_session_cache_mode(tls->context, SSL_SESS_CACHE_OFF);
        if (!tls->tickets || config->tls_session_time == 0) {
                (void)SSL_CTX_set_options(tls->context, SSL_OP_NO_TICKET);
                return SSL_CTX_set_num_tickets(tls->context, 0);
        }
        (void)SSL_CTX_set_timeout(tls->context, (long)(config->tls_session_time / 1000));
        return SSL_CTX_set_tlsext_ticket_key_evp_cb(tls->context, ticket_key);
}

/* Sessions belong to the rules about clients under which they began: after a change of these everybody shows a certificate
 * again. */
static bool set_session_context(struct tls *tls, int client, const char *authorities, size_t size)
{
        unsigned char digest[EVP_MAX_MD_SIZE], mode = (unsigned char)client;
        unsigned int length = 0;
        EVP_MD_CTX *hash = EVP_MD_CTX_new();
        bool good = hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) && EVP_DigestUpdate(hash, &mode, 1) &&
                    EVP_DigestUpdate(hash, authorities, size) && EVP_DigestFinal_ex(hash, digest, &length) &&
                    SSL_CTX_set_session_id_context(tls->context, digest, length);
        EVP_MD_CTX_free(hash);
        return good;
}

static bool set_clients(struct tls *tls, const struct config *config, struct errors *errors)
{
        static const int MODES[] = { SSL_VERIFY_NONE, SSL_VERIFY_PEER, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT };
        char *authorities = NULL;
        size_t size = 0;
        struct error why;
        tls->client_ca = slice_copy(slice_of(config->tls_client == CLIENT_NONE ? "" : config->tls_client_ca));
        if (config->tls_client != CLIENT_NONE) {
                authorities = file_read(config->tls_client_ca, CA_LIMIT, &size, &why);
                if (!authorities)
                        return config_error(config, errors, "tls.client_ca", "%s", why.text);
                STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(config->tls_client_ca);
                SSL_CTX_set_client_CA_list(tls->context, names);
                if (!names || !SSL_CTX_load_verify_file(tls->context, config->tls_client_ca)) {
                        free(authorities);
                        return config_error(config, errors, "tls.client_ca", "%s: no certificates can be read from it: %s",
                                            config->tls_client_ca, openssl_reason());
                }
        }
        SSL_CTX_set_verify(tls->context, MODES[config->tls_client], NULL);
        SSL_CTX_set_verify_depth(tls->context, CLIENT_DEPTH);
        bool good = set_session_context(tls, config->tls_client, authorities ? authorities : "", size);
        free(authorities);
        return good || config_error(config, errors, "tls.client_ca", "cannot be hashed: %s", openssl_reason());
}

static void load_certificates(struct tls *tls, const struct config *config, struct errors *errors)
{
        const option_list *files = &config->tls_certificates;
        struct error why;
        if (files->count > CERTIFICATES_LIMIT)
                (void)config_error(config, errors, "tls.certificates", "more than %d", CERTIFICATES_LIMIT);
        tls->certificates = memory_get(files->count * sizeof(*tls->certificates));
        for (size_t i = 0; i < files->count && i < CERTIFICATES_LIMIT; i++)
                if (!certificate_load(&tls->certificates[tls->count++], files->items[i], &why))
                        (void)config_error(config, errors, "tls.certificates", "%s", why.text);
}

struct tls *tls_new(const struct config *config, struct tls_tickets *tickets, struct errors *errors)
{
        size_t before = errors_total(errors);
        if (config->tls_certificates.count == 0)
                return NULL;
        struct tls *tls = memory_get(sizeof(*tls));
        atomic_init(&tls->references, 1);
        tls->tickets = tickets;
        tls->http2 = config->http2_enabled;
        tls->context = SSL_CTX_new(TLS_server_method());
        tls->socket = tls_socket_method();
        load_certificates(tls, config, errors);
        if (!tls->context || !tls->socket || !set_rules(tls, config) || !set_sessions(tls, config))
                (void)config_error(config, errors, "tls.certificates", "OpenSSL does not start: %s", openssl_reason());
        else
                (void)set_clients(tls, config, errors);
        if (errors_total(errors) == before)
                return tls;
        tls_unref(tls);
        return NULL;
}

struct tls *tls_ref(struct tls *tls)
{
        (void)atomic_fetch_add_explicit(&tls->references, 1, memory_order_relaxed);
        return tls;
}

void tls_unref(struct tls *tls)
{
        if (!tls || atomic_fetch_sub_explicit(&tls->references, 1, memory_order_acq_rel) > 1)
                return;
        for (size_t i = 0; i < tls->count; i++)
                certificate_done(&tls->certificates[i]);
        SSL_CTX_free(tls->context);
        BIO_meth_free(tls->socket);
        free(tls->certificates);
        free(tls->client_ca);
        free(tls);
}

const BIO_METHOD *tls_socket(const struct tls *tls) { return tls->socket; }

SSL *tls_session(const struct tls *tls)
{
        SSL *ssl = SSL_new(tls->context);
        if (ssl)
                SSL_set_accept_state(ssl);
        return ssl;
}

/* ---- for people and for the watch ---- */

int64_t tls_expiry(const struct tls *tls)
{
        int64_t first = INT64_MAX;
        for (size_t i = 0; i < tls->count; i++)
                if (tls->certificates[i].ends < first)
                        first = tls->certificates[i].ends;
        return first;
}

void tls_judge(const struct tls *tls, int64_t now, struct errors *ret_invalid, struct errors *ret_advice)
{
        for (size_t i = 0; i < tls->count; i++) {
                const struct tls_certificate *certificate = &tls->certificates[i];
                char day[CLOCK_TEXT];
                clock_format(certificate->ends * 1000, day);
                int64_t left = certificate->ends - now / 1000;
                if (left <= 0)
                        (void)errors_add(ret_invalid, "%s: the certificate ended on %.10s", certificate->file, day);
                else if (certificate->begins > now / 1000)
                        (void)errors_add(ret_invalid, "%s: the certificate is not valid yet", certificate->file);
                else if (left < SOON_DAYS * 86400 && left < (certificate->ends - certificate->begins) / 4)
                        (void)errors_add(ret_advice, "%s: the certificate ends on %.10s, in %lld days", certificate->file, day,
                                         (long long)(left / 86400));
                if (certificate->key_public)
                        (void)errors_add(ret_advice, "%s: everybody on this machine may read the private key; `chmod o-r` it",
                                         certificate->key_file);
        }
}

const char *tls_watched(const struct tls *tls, size_t i)
{
        if (i < 2 * tls->count)
                return i % 2 ? tls->certificates[i / 2].key_file : tls->certificates[i / 2].file;
        return i == 2 * tls->count && *tls->client_ca ? tls->client_ca : NULL;
}
