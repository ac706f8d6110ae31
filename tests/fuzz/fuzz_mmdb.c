/* A database of networks, any bytes: refused, or every address has a record that can be read or not. */
#include "base/hash.h"
#include "enrich/geo_record.h"

static const char *const ADDRESSES[] = {
        "1.2.3.4", "0.0.0.0", "255.255.255.255", "81.2.69.160", "::", "2001:db8::1", "2002:102:304::", "3fff::1",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct error err;
        struct geo_record all, one;
        char *exact = malloc(size ? size : 1);
        memcpy(exact, data, size);
        struct mmdb *mmdb = mmdb_read((struct slice){ exact, size }, &err);
        free(exact);
        if (!mmdb)
                return 0;
        struct geo_paths *paths = geo_paths_new(size % 2 ? "de" : "en");
        memset(&all, 0, sizeof(all));
        for (size_t i = 0; i < COUNT_OF(ADDRESSES); i++) {
                struct address address;
                BUG_IF(!address_parse(slice_of(ADDRESSES[i]), &address));
                uint32_t record = mmdb_find(mmdb, &address);
                if (!record || !geo_record_read(paths, mmdb, record, &one))
                        continue;
                for (size_t item = 0; item < GEO_ITEMS; item++) {
                        struct slice text = one.item[item].text;
                        BUG_IF(text.size > GEO_TEXT_MOST || (text.size && !one.item[item].rank));
                        (void)hash_bytes(text.data, text.size, 0); /* so that every byte is read */
                }
                geo_record_join(&all, &one);
        }
        geo_paths_free(paths);
        mmdb_free(mmdb);
        return 0;
}
