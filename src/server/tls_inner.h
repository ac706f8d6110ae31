/* What a TLS session takes from the configuration's side. Private to server/. */
#ifndef SERVER_TLS_INNER_H
#define SERVER_TLS_INNER_H
#include "server/tls.h"
#include <openssl/ssl.h>

/* A session that waits for a client, NULL: no memory. It borrows `tls`. */
SSL *tls_session(const struct tls *tls);
/* What its sessions read and write through (tls_session.c); lives as long as `tls`. */
const BIO_METHOD *tls_socket(const struct tls *tls);
BIO_METHOD *tls_socket_method(void);       /* BIO_meth_free() it; NULL: no memory */
#endif
