#include "base/hmac.h"
#include <errno.h>
#include <nettle/hmac.h>
#include <sys/stat.h>

struct hmac_key { struct hmac_sha256_ctx context; };

struct hmac_key *hmac_key_new(struct slice secret)
{
        struct hmac_key *key = memory_get(sizeof(*key));
        hmac_sha256_set_key(&key->context, secret.size, (const uint8_t *)secret.data);
        return key;
}

void hmac_key_free(struct hmac_key *key)
{
        if (!key)
                return;
        explicit_bzero(key, sizeof(*key));
        free(key);
}

void hmac_sign(const struct hmac_key *key, struct slice text, uint8_t ret_digest[HMAC_SIZE])
{
        struct hmac_sha256_ctx context = key->context;     /* 336 bytes: cheaper than a lock */
        hmac_sha256_update(&context, text.size, (const uint8_t *)text.data);
        hmac_sha256_digest(&context, HMAC_SIZE, ret_digest);
}

/* The bytes of a file that only its owner and its group may read. */
static bool secret_read(FILE *file, const char *path, char secret[HMAC_SECRET_MAX + 2], size_t *ret_size, struct error *err)
{
        struct stat status;
        if (fstat(fileno(file), &status) != 0)
                return error_set(err, "cannot look at '%s': %s", path, strerror(errno));
        if (!S_ISREG(status.st_mode))
                return error_set(err, "'%s' is not a file", path);
        if (status.st_mode & S_IRWXO)
                return error_set(err, "everybody on this machine may read or write '%s': chmod 640 it, or 600", path);
        (void)setvbuf(file, NULL, _IONBF, 0);      /* no copy in a buffer that is freed unwiped */
        *ret_size = fread(secret, 1, HMAC_SECRET_MAX + 2, file);
        if (ferror(file))
                return error_set(err, "cannot read '%s': %s", path, strerror(errno));
        if (*ret_size && secret[*ret_size - 1] == '\n')
                --*ret_size;
        if (*ret_size && secret[*ret_size - 1] == '\r')
                --*ret_size;
        return true;
}

struct hmac_key *hmac_key_load(const char *path, size_t least, struct error *err)
{
        char   secret[HMAC_SECRET_MAX + 2];
        size_t size = 0;
        FILE  *file = fopen(path, "re");
        if (!file) {
                (void)error_set(err, "cannot open '%s': %s", path, strerror(errno));
                return NULL;
        }
        bool good = secret_read(file, path, secret, &size, err);
        fclose(file);
        if (good && (size < least || size > HMAC_SECRET_MAX))
                good = error_set(err, "'%s' holds %zu bytes%s; a key has %zu to %d", path, size,
                                 size > HMAC_SECRET_MAX ? " or more" : "", least, HMAC_SECRET_MAX);
        struct hmac_key *key = good ? hmac_key_new((struct slice){ secret, size }) : NULL;
        explicit_bzero(secret, sizeof(secret));
        return key;
}
