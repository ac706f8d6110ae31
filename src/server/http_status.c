#include "server/http.h"

static const struct { int status; struct slice phrase; } PHRASES[] = {
        { 200, SLICE_INIT("OK") },
        { 202, SLICE_INIT("Accepted") },
        { 204, SLICE_INIT("No Content") },
        { 302, SLICE_INIT("Found") },
        { 304, SLICE_INIT("Not Modified") },
        { 400, SLICE_INIT("Bad Request") },
        { 401, SLICE_INIT("Unauthorized") },
        { 403, SLICE_INIT("Forbidden") },
        { 404, SLICE_INIT("Not Found") },
        { 405, SLICE_INIT("Method Not Allowed") },
        { 408, SLICE_INIT("Request Timeout") },
        { 411, SLICE_INIT("Length Required") },
        { 413, SLICE_INIT("Content Too Large") },
        { 414, SLICE_INIT("URI Too Long") },
        { 415, SLICE_INIT("Unsupported Media Type") },
        { 417, SLICE_INIT("Expectation Failed") },
        { 422, SLICE_INIT("Unprocessable Content") },
        { 429, SLICE_INIT("Too Many Requests") },
        { 431, SLICE_INIT("Request Header Fields Too Large") },
        { 500, SLICE_INIT("Internal Server Error") },
        { 501, SLICE_INIT("Not Implemented") },
        { 503, SLICE_INIT("Service Unavailable") },
        { 505, SLICE_INIT("HTTP Version Not Supported") },
};

struct slice http_phrase(int status)
{
        for (size_t i = 0; i < COUNT_OF(PHRASES); i++)
                if (PHRASES[i].status == status)
                        return PHRASES[i].phrase;
        return SLICE("Unknown");
}
