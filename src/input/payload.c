#include "input/input.h"

static const char *read_payload(struct intake *intake, struct event *event, const char *at, const char *end)
{
        const char *next = intake->judge(intake, event, at, end);
        if (next)
                event->data = slice_between(at, next);
        return next;
}

static enum intake_end decode(struct intake *intake, struct slice body)
{
        return intake_split(intake, body, read_payload);
}

const struct input input_payload = {
        .name = "payload",
        .doc = "`POST /v1/events/{vendor}/{name}/{version}`: bare payloads of that schema: one, an array of them, or one a line.",
        .decode = decode,
};
