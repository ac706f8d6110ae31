/* Sealing and opening session tickets. Private to server/. */
#ifndef SERVER_TLS_TICKETS_H
#define SERVER_TLS_TICKETS_H
#include "server/tls.h"
#include <openssl/ssl.h>

/* For SSL_CTX_set_tlsext_ticket_key_evp_cb(): see its manual for what it takes and answers. */
int tls_tickets_key(struct tls_tickets *tickets, unsigned char name[16], unsigned char *iv, EVP_CIPHER_CTX *cipher,
                    EVP_MAC_CTX *mac, bool sealing);
#endif
