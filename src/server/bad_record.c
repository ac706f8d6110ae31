#include "server/bad_record.h"
#include "base/clock.h"
#include "json/scan.h"
#include "schema/iglu.h"

/* ---- base64 ---- */

/* RFC 4648, section 4, padded. False: it is not. Writes at most text.size / 4 * 3 bytes. */
static bool base64_decode(struct slice text, char *out, size_t *ret_size)
{
        size_t size = 0, padding = 0;
        if (text.size % 4)
                return false;
        while (padding < 2 && text.size && text.data[text.size - 1 - padding] == '=')
                padding++;
        for (size_t i = 0; i < text.size; i += 4) {
                size_t   digits = i + 4 == text.size ? 4 - padding : 4;
                uint32_t bits = 0;
                for (size_t k = 0; k < 4; k++) {
                        int digit = k < digits ? char_base64(text.data[i + k], '+', '/') : 0;
                        if (digit < 0)
                                return false;
                        bits = bits << 6 | (uint32_t)digit;
                }
                for (size_t k = 0; k + 1 < digits; k++)
                        out[size++] = (char)(bits >> (16 - 8 * k));
        }
        *ret_size = size;
        return true;
}

/* ---- members ---- */

/* The text of a string member; data NULL: there is none. */
static struct slice text_at(struct slice json, const char *pointer, struct arena *arena)
{
        struct slice raw = scan_pointer(json, slice_of(pointer));
        return raw.data && *raw.data == '"' ? scan_plain(raw, arena) : (struct slice){ 0 };
}

static bool true_at(struct slice json, const char *pointer)
{
        return slice_equal(scan_pointer(json, slice_of(pointer)), SLICE("true"));
}

static void client_read(struct slice json, struct arena *arena, struct client *ret_client)
{
        static const struct { const char *pointer; enum header header; } HEADERS_SHOWN[] = {
                { "/client/user_agent", HEADER_user_agent }, { "/client/origin", HEADER_origin },
                { "/client/referrer", HEADER_referer },
        };
        struct slice address = text_at(json, "/client/address", arena);
        *ret_client = (struct client){ .key = text_at(json, "/client/key", arena) };
        if (address.data)
                (void)address_parse(address, &ret_client->address);
        for (size_t i = 0; i < COUNT_OF(HEADERS_SHOWN); i++)
                ret_client->header[HEADERS_SHOWN[i].header] = text_at(json, HEADERS_SHOWN[i].pointer, arena);
}

/* Whether these bytes are an envelope that says of what kind it is. */
static bool names_its_schema(struct slice body)
{
        const struct scan_limits limits = SCAN_UNLIMITED;
        struct scan_error wrong;
        if (!scan_text(body, &limits, &wrong))
                return true;
        return scan_pointer(body, SLICE("/dataschema")).data || scan_pointer(body, SLICE("/type")).data;
}

static bool body_read(struct slice json, struct arena *arena, struct bad_record *record)
{
        struct slice text = text_at(json, "/payload", arena);
        struct slice coded = text.data ? (struct slice){ 0 } : text_at(json, "/payload_base64", arena);
        if (!text.data && !coded.data)
                return false;
        char *body = arena_take(arena, text.size + coded.size + READABLE_PADDING);
        if (!body)
                return false;
        record->body = (struct slice){ body, text.size };
        if (text.data)
                memcpy(body, text.data, text.size);
        if (coded.data && !base64_decode(coded, body, &record->body.size))
                return false;
        memset(body + record->body.size, 0, READABLE_PADDING);
        return true;
}

enum bad_state bad_record_read(struct slice value, struct arena *arena, struct bad_record *ret_record)
{
        const struct scan_limits limits = SCAN_UNLIMITED;
        struct scan_error wrong;
        if (!value.data || !scan_text(value, &limits, &wrong))
                return BAD_FOREIGN;
        struct slice received = text_at(value, "/received", arena);
        ret_record->reason = text_at(value, "/reason", arena);
        if (!ret_record->reason.data || !received.data || !clock_parse(received, &ret_record->received))
                return BAD_FOREIGN;
        ret_record->id = text_at(value, "/id", arena);
        ret_record->route = text_at(value, "/route", arena);
        client_read(value, arena, &ret_record->client);
        if (true_at(value, "/omitted"))
                return BAD_OMITTED;
        if (true_at(value, "/truncated"))
                return BAD_TRUNCATED;
        if (!body_read(value, arena, ret_record))
                return BAD_FOREIGN;
        struct slice schema = text_at(value, "/schema", arena);
        if (!ret_record->route.data && schema.data && !names_its_schema(ret_record->body))
                ret_record->route = schema;
        struct iglu iglu;
        if (ret_record->route.data && !iglu_parse(ret_record->route, &iglu))
                ret_record->route = (struct slice){ 0 };
        return BAD_WHOLE;
}
