#include "tls_tickets.h"
#include "base/clock.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <pthread.h>

struct ticket_key {
        unsigned char name[16], cipher[32], mac[32];
        bool          set;
};
struct tls_tickets {
        /* Held for a copy of 80 bytes, once a handshake; by the main thread for a turn. */
        pthread_mutex_t   lock;
        struct ticket_key now, before;
        int64_t           since;           /* ms, steady: `now` has been in use */
};

static void key_make(struct ticket_key *key)
{
        key->set = RAND_bytes(key->name, sizeof(key->name)) == 1 && RAND_priv_bytes(key->cipher, sizeof(key->cipher)) == 1 &&
                   RAND_priv_bytes(key->mac, sizeof(key->mac)) == 1;
}

struct tls_tickets *tls_tickets_new(void)
{
        struct tls_tickets *tickets = memory_get(sizeof(*tickets));
        (void)pthread_mutex_init(&tickets->lock, NULL);
        key_make(&tickets->now);
        tickets->since = clock_steady();
        return tickets;
}

void tls_tickets_free(struct tls_tickets *tickets)
{
        if (!tickets)
                return;
        (void)pthread_mutex_destroy(&tickets->lock);
        OPENSSL_cleanse(tickets, sizeof(*tickets));
        free(tickets);
}

void tls_tickets_turn(struct tls_tickets *tickets, int64_t now, int64_t time)
{
        (void)pthread_mutex_lock(&tickets->lock);
        if (time > 0 && now - tickets->since >= time) {
                /* After a long pause the old one is over, too. */
                bool both = now - tickets->since >= 2 * time;
                tickets->before = tickets->now;
                if (both)
                        OPENSSL_cleanse(&tickets->before, sizeof(tickets->before));
                key_make(&tickets->now);
                tickets->since = now;
        }
        (void)pthread_mutex_unlock(&tickets->lock);
}

/* 1: `now`; 2: `before`, so that the client is given a new ticket; 0: neither. */
static int key_find(struct tls_tickets *tickets, const unsigned char name[16], bool sealing, struct ticket_key *ret_key)
{
        int found = 0;
        (void)pthread_mutex_lock(&tickets->lock);
        if (tickets->now.set && (sealing || memcmp(name, tickets->now.name, sizeof(tickets->now.name)) == 0))
                found = 1;
        else if (tickets->before.set && !sealing && memcmp(name, tickets->before.name, sizeof(tickets->before.name)) == 0)
                found = 2;
        if (found)
                *ret_key = found == 1 ? tickets->now : tickets->before;
        (void)pthread_mutex_unlock(&tickets->lock);
        return found;
}

int tls_tickets_key(struct tls_tickets *tickets, unsigned char name[16], unsigned char *iv, EVP_CIPHER_CTX *cipher,
                    EVP_MAC_CTX *mac, bool sealing)
{
        struct ticket_key key;
        int found = key_find(tickets, name, sealing, &key);
        if (!found)
                return 0;
        char digest[] = "SHA256";
        OSSL_PARAM parameters[] = {
                OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac, sizeof(key.mac)),
                OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                OSSL_PARAM_construct_end(),
        };
        bool good = EVP_MAC_CTX_set_params(mac, parameters) == 1;
        if (sealing) {
                memcpy(name, key.name, sizeof(key.name));
                good = good && RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1;
        }
        good = good && EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key.cipher, iv, sealing) == 1;
        OPENSSL_cleanse(&key, sizeof(key));
        return good ? found : -1;
}
