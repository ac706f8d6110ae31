#include "enrich/address_mask.h"

#define KEY_LEAST 16

static bool bits_check(const struct config *config, struct errors *errors, const char *option, int64_t bits, unsigned unit)
{
        if (bits % unit == 0)
                return true;
        return config_error(config, errors, option,
                            "enrich.client.mask is 'x', which takes whole parts of %u bits, and %lld bits are none", unit,
                            (long long)bits);
}

bool address_mask_init(struct address_mask *mask, const struct config *config, struct errors *errors)
{
        struct error err;
        *mask = (struct address_mask){ .show = (enum address_show)config->enrich_client_ip,
                                       .bits4 = (unsigned)config->enrich_client_ipv4_bits,
                                       .bits6 = (unsigned)config->enrich_client_ipv6_bits,
                                       .letters = config->enrich_client_mask != 0,
                                       .rotate = config->enrich_client_rotate };
        if (mask->show == SHOW_NETWORK && mask->letters) {
                bool good = bits_check(config, errors, "enrich.client.ipv4_bits", mask->bits4, 8);
                return bits_check(config, errors, "enrich.client.ipv6_bits", mask->bits6, 16) && good;
        }
        if (mask->show != SHOW_HASH)
                return true;
        if (mask->rotate && mask->rotate < 60000)
                return config_error(config, errors, "enrich.client.rotate", "a salt lasts one minute at least, or for ever (0)");
        if (!*config->enrich_client_key)
                return config_error(config, errors, "enrich.client.key",
                                    "enrich.client.ip is 'hash', which needs a file with a key");
        mask->key = hmac_key_load(config->enrich_client_key, KEY_LEAST, &err);
        return mask->key || config_error(config, errors, "enrich.client.key", "%s", err.text);
}

void address_mask_done(struct address_mask *mask) { hmac_key_free(mask->key); }

static size_t letters_write(const struct address *address, bool v4, unsigned kept, char text[ADDRESS_TEXT])
{
        size_t size = 0;
        for (unsigned part = 0; part < (v4 ? 4u : 8u); part++) {
                const unsigned char *bytes = address->bytes + (v4 ? 12 + part : (size_t)part * 2);
                unsigned number = v4 ? bytes[0] : (unsigned)(bytes[0] << 8 | bytes[1]);
                if (part)
                        text[size++] = v4 ? '.' : ':';
                if (part >= kept)
                        text[size++] = 'x';
                else
                        size += (size_t)snprintf(text + size, 6, v4 ? "%u" : "%x", number);
        }
        return size;
}

size_t address_mask_network(const struct address_mask *mask, const struct address *address, char text[ADDRESS_TEXT])
{
        struct address network = *address;
        bool     v4 = address_is_v4(address);
        unsigned kept = v4 ? 96 + mask->bits4 : mask->bits6;
        if (mask->letters)
                return letters_write(address, v4, v4 ? mask->bits4 / 8 : mask->bits6 / 16, text);
        for (unsigned i = 0; i < 16; i++) {
                unsigned bits = kept > i * 8 ? kept - i * 8 : 0;
                network.bytes[i] &= (unsigned char)(bits >= 8 ? 0xFF : 0xFF00 >> bits);
        }
        return address_format(&network, text);
}

void address_salt_done(struct address_salt *salt) { hmac_key_free(salt->key); }

int64_t address_mask_period(const struct address_mask *mask, int64_t time)
{
        return mask->show == SHOW_HASH && mask->rotate ? time / mask->rotate : 0;
}

void address_mask_hash(const struct address_mask *mask, struct address_salt *salt, const struct address *address,
                       int64_t period, char text[static ADDRESS_HASH_TEXT])
{
        static const char DIGITS[] = "0123456789abcdef";
        uint8_t digest[HMAC_SIZE];
        if (!salt->key || salt->period != period) {
                char label[40];
                size_t size = (size_t)snprintf(label, sizeof(label), "client.ip %lld", (long long)period);
                hmac_key_free(salt->key);
                hmac_sign(mask->key, (struct slice){ label, size }, digest);
                salt->key = hmac_key_new((struct slice){ (const char *)digest, sizeof(digest) });
                salt->period = period;
        }
        hmac_sign(salt->key, (struct slice){ (const char *)address->bytes, sizeof(address->bytes) }, digest);
        for (size_t i = 0; i < ADDRESS_HASH_TEXT / 2; i++) {
                text[2 * i] = DIGITS[digest[i] >> 4];
                text[2 * i + 1] = DIGITS[digest[i] & 15];
        }
        explicit_bzero(digest, sizeof(digest));
}
