#include "input/input.h"

static const char *read_payload(struct reader *reader, struct event *event, const char *at, const char *end)
{
        const char *next = reader->judge(reader, event, at, end);
        if (next)
                event->data = slice_between(at, next);
        return next;
}

static enum reader_end decode(struct reader *reader, struct slice body)
{
        return reader_split(reader, body, read_payload);
}

const struct input input_payload = {
        .name = "payload",
        .doc = "`POST /v1/events/{vendor}/{name}/{version}`: bare payloads of that schema: one, an array of them, or one a line.",
        .decode = decode,
};
