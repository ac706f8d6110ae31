/* The table of formats, and the checks that are too short for a file of their own. */
#include "schema/format.h"
#include "schema/format_checks.h"
#include "schema/pattern.h"

typedef uint8_t lanes __attribute__((vector_size(16)));

/* Which of sixteen bytes are hexadecimal digits: FF or 00 each. */
static inline lanes lanes_hex(lanes bytes)
{
        return (lanes)(bytes - '0' <= 9) | (lanes)((bytes | 0x20) - 'a' <= 5);
}

static inline bool lanes_all(lanes fits)
{
        uint64_t halves[2];
        memcpy(halves, &fits, sizeof(halves));
        return (halves[0] & halves[1]) == UINT64_MAX;
}

/* RFC 4122, section 3: 8-4-4-4-12 hexadecimal digits in either case; any version, any variant, the nil one, too. */
static bool is_uuid(struct slice text)
{
        /* Sixteen bytes from 0, 16 and 20 on: the last ones overlap, so that nothing past the end is read. */
        static const uint8_t FROM[] = { 0, 16, 20 };
        static const uint8_t DASHES[][16] = { { [8] = 0xFF, [13] = 0xFF }, { [2] = 0xFF, [7] = 0xFF }, { [3] = 0xFF } };
        if (text.size != 36)
                return false;
        lanes fits = ~(lanes){ 0 };
        for (size_t i = 0; i < COUNT_OF(FROM); i++) {
                lanes bytes, dashes;
                memcpy(&bytes, text.data + FROM[i], sizeof(bytes));
                memcpy(&dashes, DASHES[i], sizeof(dashes));
                fits &= (lanes_hex(bytes) & ~dashes) | ((lanes)(bytes == '-') & dashes);
        }
        return lanes_all(fits);
}

/* RFC 6901, section 3. */
static bool is_json_pointer(struct slice text)
{
        if (text.size == 0)
                return true;
        if (text.data[0] != '/')
                return false;
        for (size_t i = 0; i < text.size; i++)
                if (text.data[i] == '~' && (i + 1 == text.size || (text.data[i + 1] != '0' && text.data[i + 1] != '1')))
                        return false;
        return true;
}

/* A number without leading zeros: the bytes of it, 0 when there is none. */
static size_t number_size(struct slice text)
{
        size_t size = 0;
        while (size < text.size && is_digit(text.data[size]))
                size++;
        return size > 1 && text.data[0] == '0' ? 0 : size;
}

static bool is_relative_end(struct slice text)
{
        return slice_equal(text, SLICE("#")) || is_json_pointer(text);
}

static bool is_relative_json_pointer(struct slice text)
{
        size_t up = number_size(text);
        return up > 0 && is_relative_end((struct slice){ text.data + up, text.size - up });
}

/* From its second edition on, the index may be moved: "1+2/name". */
static bool is_relative_json_pointer_moved(struct slice text)
{
        size_t up = number_size(text);
        if (up == 0)
                return false;
        struct slice rest = { text.data + up, text.size - up };
        if (rest.size && (rest.data[0] == '+' || rest.data[0] == '-')) {
                rest = (struct slice){ rest.data + 1, rest.size - 1 };
                size_t by = number_size(rest);
                if (by == 0)
                        return false;
                rest = (struct slice){ rest.data + by, rest.size - by };
        }
        return is_relative_end(rest);
}

static bool is_regex(struct slice text)
{
        return pattern_valid(text, NULL);
}

/* Sorted by name, then by draft. */
static const struct format FORMATS[] = {
        { "date",                  7,    2020, "RFC 3339, section 5.6, full-date",          is_date                        },
        { "date-time",             4,    2020, "RFC 3339, section 5.6, date-time",          is_date_time                   },
        { "duration",              2019, 2020, "RFC 3339, appendix A, duration",            is_duration                    },
        { "email",                 4,    2020, "RFC 5321, section 4.1.2, Mailbox",          is_email                       },
        { "hostname",              4,    6,    "RFC 1034, section 3.1, and RFC 1123",       is_hostname                    },
        { "hostname",              7,    2020, "RFC 1123, section 2.1, and RFC 5891",       is_hostname_or_punycode        },
        { "idn-email",             7,    2020, "RFC 6531, section 3.3, Mailbox",            is_idn_email                   },
        { "idn-hostname",          7,    2020, "RFC 5890, section 2.3.2.3 (IDNA2008)",      is_idn_hostname                },
        { "ipv4",                  4,    2020, "RFC 2673, section 3.2, dotted-quad",        is_ipv4                        },
        { "ipv6",                  4,    2020, "RFC 4291, section 2.2",                     is_ipv6                        },
        { "iri",                   7,    2020, "RFC 3987, section 2.2, IRI",                is_iri                         },
        { "iri-reference",         7,    2020, "RFC 3987, section 2.2, IRI-reference",      is_iri_reference               },
        { "json-pointer",          6,    2020, "RFC 6901, section 3",                       is_json_pointer                },
        { "regex",                 7,    2020, "ECMA-262, section 22.2.1, unicode mode",    is_regex                       },
        { "relative-json-pointer", 7,    7,    "draft-handrews-relative-json-pointer-01",   is_relative_json_pointer       },
        { "relative-json-pointer", 2019, 2020, "draft-bhutton-relative-json-pointer-00",    is_relative_json_pointer_moved },
        { "time",                  7,    2020, "RFC 3339, section 5.6, full-time",          is_time                        },
        { "uri",                   4,    2020, "RFC 3986, appendix A, URI",                 is_uri                         },
        { "uri-reference",         6,    2020, "RFC 3986, appendix A, URI-reference",       is_uri_reference               },
        { "uri-template",          6,    2020, "RFC 6570, section 2",                       is_uri_template                },
        { "uuid",                  2019, 2020, "RFC 4122, section 3",                       is_uuid                        },
};

const struct format *format_find(struct slice name, unsigned draft)
{
        for (size_t i = 0; i < COUNT_OF(FORMATS); i++)
                if (slice_equal(slice_of(FORMATS[i].name), name) && draft >= FORMATS[i].since && draft <= FORMATS[i].until)
                        return &FORMATS[i];
        return NULL;
}

const struct format *format_at(size_t index)
{
        return index < COUNT_OF(FORMATS) ? &FORMATS[index] : NULL;
}
