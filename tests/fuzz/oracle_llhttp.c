#include "oracle_llhttp.h"
#include <llhttp.h>
#include <stdio.h>
#include <string.h>

struct sink {
        char  *body;
        size_t size, room;
        int    completed;
};

static int take_body(llhttp_t *parser, const char *at, size_t size)
{
        struct sink *sink = parser->data;
        if (size > sink->room - sink->size)
                return -1;
        memcpy(sink->body + sink->size, at, size);
        sink->size += size;
        return 0;
}

static int take_end(llhttp_t *parser)
{
        ((struct sink *)parser->data)->completed++;
        return 0;
}

bool oracle_llhttp(const char *message, size_t message_size, char *body, size_t *size)
{
        struct sink sink = { .body = body, .room = *size };
        llhttp_settings_t settings;
        llhttp_t parser;
        llhttp_settings_init(&settings);
        settings.on_body = take_body;
        settings.on_message_complete = take_end;
        llhttp_init(&parser, HTTP_REQUEST, &settings);
        parser.data = &sink;
        enum llhttp_errno result = llhttp_execute(&parser, message, message_size);
        if (result != HPE_OK || sink.completed != 1)
                fprintf(stderr, "llhttp: %s (%s), %d messages\n", llhttp_errno_name(result), llhttp_get_error_reason(&parser),
                        sink.completed);
        *size = sink.size;
        return result == HPE_OK && sink.completed == 1;
}
