#include "base/bytes.h"
#include "sink/spool_log.h"

/* The fixed part of a payload. */
#define FIXED_SIZE 20
#define PAIR_SIZE  6
enum { FLAG_BAD = 1, FLAG_KEY = 2, FLAGS_KNOWN = 3 };

size_t spool_record_size(const struct spool_record *record)
{
        size_t size = FIXED_SIZE + record->topic.size + record->key.size + record->value.size;
        if (record->header_count > SPOOL_HEADERS_MAX || record->topic.size > UINT16_MAX || record->key.size > UINT32_MAX ||
            record->value.size > UINT32_MAX)
                return 0;
        for (size_t i = 0; i < record->header_count; i++) {
                if (record->headers[i].name.size > UINT16_MAX || record->headers[i].value.size > UINT32_MAX)
                        return 0;
                size += PAIR_SIZE + record->headers[i].name.size + record->headers[i].value.size;
        }
        return size;
}

int64_t spool_record_received(struct slice payload) { return (int64_t)bytes_get_64(payload.data); }

void spool_record_write(const struct spool_record *record, char *at)
{
        BUG_IF(record->key.size && !record->key.data);
        bytes_put_64(at, (uint64_t)record->received);
        at[8] = (char)((record->bad ? FLAG_BAD : 0) | (record->key.data ? FLAG_KEY : 0));
        at[9] = (char)record->header_count;
        bytes_put_16(at + 10, (uint16_t)record->topic.size);
        bytes_put_32(at + 12, (uint32_t)record->key.size);
        bytes_put_32(at + 16, (uint32_t)record->value.size);
        at += FIXED_SIZE;
        for (size_t i = 0; i < record->header_count; i++, at += PAIR_SIZE) {
                bytes_put_16(at, (uint16_t)record->headers[i].name.size);
                bytes_put_32(at + 2, (uint32_t)record->headers[i].value.size);
        }
        at = slice_put(slice_put(at, record->topic), record->key);
        for (size_t i = 0; i < record->header_count; i++)
                at = slice_put(slice_put(at, record->headers[i].name), record->headers[i].value);
        (void)slice_put(at, record->value);
}

/* The next `size` bytes; false when there are fewer. */
static bool take(const char **at, const char *end, size_t size, struct slice *ret_slice)
{
        if (size > (size_t)(end - *at))
                return false;
        *ret_slice = (struct slice){ *at, size };
        *at += size;
        return true;
}

bool spool_record_read(struct slice payload, struct spool_record *ret_record,
                       struct record_header headers[static SPOOL_HEADERS_MAX])
{
        const char *at = payload.data, *end = at + payload.size;
        if (payload.size < FIXED_SIZE || ((unsigned char)at[8] & ~FLAGS_KNOWN))
                return false;
        *ret_record = (struct spool_record){ .received = (int64_t)bytes_get_64(at), .bad = at[8] & FLAG_BAD, .headers = headers,
                                             .header_count = (unsigned char)at[9] };
        bool   has_key = at[8] & FLAG_KEY;
        size_t topic = bytes_get_16(at + 10), key = bytes_get_32(at + 12), value = bytes_get_32(at + 16);
        const char *pair = at + FIXED_SIZE;
        struct slice pairs;
        at = pair;
        if (!take(&at, end, ret_record->header_count * PAIR_SIZE, &pairs) || !take(&at, end, topic, &ret_record->topic) ||
            !take(&at, end, key, &ret_record->key))
                return false;
        for (size_t i = 0; i < ret_record->header_count; i++, pair += PAIR_SIZE)
                if (!take(&at, end, bytes_get_16(pair), &headers[i].name) ||
                    !take(&at, end, bytes_get_32(pair + 2), &headers[i].value))
                        return false;
        if (!has_key)
                ret_record->key = (struct slice){ 0 };
        return take(&at, end, value, &ret_record->value) && at == end && (has_key || key == 0);
}
