#include "input/input.h"
#include <stdarg.h>

const struct input *const INPUTS[] = { &input_json, &input_payload, NULL };

void reader_clear(struct reader *reader)
{
        reader->facts = (struct facts){ .received = reader->batch->received, .received_text = reader->batch->received_text,
                                         .time = reader->batch->received };
        reader->extension_count = 0;
        reader->judged = false;
}

const char *reader_reject(struct reader *reader, struct event *event, enum reason reason, const char *where, const char *pointer,
                          const char *format, ...)
{
        struct arena *arena = reader->batch->arena;
        struct complaint *complaint = arena_take(arena, sizeof(*complaint));
        char sentence[320];
        va_list args;
        va_start(args, format);
        (void)vsnprintf(sentence, sizeof(sentence), format, args);
        va_end(args);
        event->verdict = (uint8_t)reason;
        if (!complaint)
                return NULL;       /* memory is short: the reason alone has to do */
        *complaint = (struct complaint){ .schema = event->schema, .message = arena_copy(arena, slice_of(sentence)),
                                         .pointer = arena_copy(arena, slice_of(pointer)) };
        if (where && where >= event->body.data)
                complaint->offset = (size_t)(where - event->body.data);
        if (where && REASONS[reason].status == 400)
                scan_position(reader->body, where, &complaint->line, &complaint->column);
        event->complaint = complaint;
        return NULL;
}

const char *reader_malformed(struct reader *reader, struct event *event, const char *where, const char *message)
{
        return reader_reject(reader, event, REASON_json_malformed, where, "", "%s", message);
}

const char *reader_reject_scan(struct reader *reader, struct event *event, const struct scan_error *err)
{
        return reader_reject(reader, event, err->reason, err->where, "", "%s", err->message);
}

const char *reader_skip(struct reader *reader, struct event *event, const char *at, const char *end)
{
        struct scan_error err;
        const char *next = scan_value(at, end, &reader->limits, &err);
        return next ? next : reader_reject_scan(reader, event, &err);
}

void inputs_print_reference(FILE *out)
{
        fprintf(out, "# Inputs\n\nHow the bytes of a request become events.\n\n| input | meaning |\n|---|---|\n");
        for (const struct input *const *input = INPUTS; *input; input++)
                fprintf(out, "| `%s` | %s |\n", (*input)->name, (*input)->doc);
}
