/* One body, several events: an array of them, or one a line. A broken event never spoils its neighbours, as far as the text
 * still tells where they begin. */
#include "input/input.h"
#include "json/scan_inline.h"

struct splitter {
        struct reader  *reader;
        reader_read     read;
        enum reader_end end;       /* other than DONE: stop */
};

/* The next event's place, with clean facts; NULL and split->end. */
static struct event *event_add(struct splitter *split, const char *at)
{
        struct reader *reader = split->reader;
        struct batch  *batch = reader->batch;
        if (batch->count == reader->count_limit) {
                split->end = READER_TOO_MANY;
                return NULL;
        }
        if (batch->count == reader->capacity) {
                /* Nobody keeps a pointer to an event before the whole request is read: it may move. */
                size_t capacity = reader->capacity ? reader->capacity * 4 : reader->body.size < 4096 ? 1 : 16;
                struct event *events = arena_take(batch->arena, capacity * sizeof(*events));
                if (!events) {
                        split->end = READER_NO_MEMORY;
                        return NULL;
                }
                if (batch->count)
                        memcpy(events, batch->events, batch->count * sizeof(*events));
                batch->events = events;
                reader->capacity = capacity;
        }
        struct event *event = &batch->events[batch->count++];
        *event = (struct event){ .batch = batch, .body = { at, 0 }, .verdict = REASON_none, .fate = REASON_none };
        return event;
}

static void event_finish(struct splitter *split, struct event *event, const char *end)
{
        event->body.size = (size_t)(end - event->body.data);
        if (!split->reader->finish(split->reader, event))
                split->end = READER_NO_MEMORY;
}

/* Reads one event that starts at `at`. NULL: its text is not JSON, and its body is taken to reach to `rest`; or split->end. */
static const char *take_one(struct splitter *split, const char *at, const char *end, const char *rest)
{
        struct event *event = event_add(split, at);
        if (!event)
                return NULL;
        const char *next = split->read(split->reader, event, at, end);
        event_finish(split, event, next ? next : rest);
        return split->end == READER_DONE ? next : NULL;
}

/* What is left of the text is one rejected event. */
static void take_rest(struct splitter *split, const char *at, const char *end, const char *message)
{
        struct event *event = event_add(split, at);
        if (!event)
                return;
        reader_clear(split->reader);
        (void)reader_malformed(split->reader, event, at, message);
        event_finish(split, event, end);
}

static void split_array(struct splitter *split, const char *at, const char *end)
{
        at = scan_space_inline(at + 1, end);
        if (at < end && *at == ']') {
                at = scan_space_inline(at + 1, end);
                if (at < end)
                        take_rest(split, at, end, "there is text behind the array");
                return;
        }
        for (;;) {
                /* A broken element takes the rest of its array along: where would the next one begin? */
                if (at == end || !(at = take_one(split, at, end, end)))
                        break;
                at = scan_space_inline(at, end);
                if (at < end && *at == ',') {
                        at = scan_space_inline(at + 1, end);
                        continue;
                }
                if (at == end || *at != ']')
                        break;
                at = scan_space_inline(at + 1, end);
                if (at < end)
                        take_rest(split, at, end, "there is text behind the array");
                return;
        }
        if (at)
                take_rest(split, at, end,
                          at < end ? "a comma or ']' is missing between the events" : "the array of events is not closed by ']'");
}

static const char *line_end(const char *at, const char *end)
{
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        return newline ? newline : end;
}

static void split_lines(struct splitter *split, const char *at, const char *end)
{
        while (split->end == READER_DONE && (at = scan_space_inline(at, end)) < end) {
                const char *stop = line_end(at, end), *next = take_one(split, at, stop, stop);
                if (next && (next = scan_space_inline(next, stop)) < stop)
                        take_rest(split, next, stop, "there is text behind the value on this line");
                at = stop;
        }
}

/* NDJSON without its label: a first line that looks whole, and a second one that begins as an object. */
static bool looks_like_lines(const char *at, const char *end)
{
        const char *stop = line_end(at, end), *last = stop;
        if (stop == end || *at != '{')
                return false;
        while (last > at && (last[-1] == '\r' || last[-1] == ' ' || last[-1] == '\t'))
                last--;
        const char *second = scan_space_inline(stop, end);
        return last[-1] == '}' && second < end && *second == '{';
}

static void split_single(struct splitter *split, const char *at, const char *end)
{
        const char *next = take_one(split, at, end, end);
        if (next && (next = scan_space_inline(next, end)) < end)
                take_rest(split, next, end, "there is text behind the event");
}

enum reader_end reader_split(struct reader *reader, struct slice body, reader_read read)
{
        struct splitter split = { .reader = reader, .read = read, .end = READER_DONE };
        const char *end = slice_end(body), *at = scan_space_inline(body.data, end);
        reader->body = body;
        reader->capacity = 0;
        reader_clear(reader);
        if (at == end)
                take_rest(&split, body.data, end,
                          "the body is empty; an event, an array of events, or an event a line is expected");
        else if (reader->lines || looks_like_lines(at, end))
                split_lines(&split, at, end);
        else if (*at == '[')
                split_array(&split, at, end);
        else
                split_single(&split, at, end);
        return split.end;
}
