/* Text being written, with a bound. Either over memory of the caller's (never grows) or on the heap (grows to its limit).
 * Past the bound nothing is written and `full` stays set: write everything, check once. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H
#include "base/base.h"

struct buffer {
        char  *data;
        size_t size, capacity;
        size_t limit;      /* most bytes; equals capacity when the memory is the caller's */
        bool   full;       /* something did not fit */
        bool   owned;      /* data came from malloc */
};
void buffer_init(struct buffer *buffer, size_t limit);                       /* on the heap, empty */
void buffer_wrap(struct buffer *buffer, void *memory, size_t size);          /* over the caller's memory */
void buffer_done(struct buffer *buffer);
static inline void buffer_clear(struct buffer *buffer) { buffer->size = 0, buffer->full = false; }
/* Back to what was there at `size`, when what came after is not wanted as a part of it did not fit. */
static inline void buffer_cut(struct buffer *buffer, size_t size) { buffer->size = size, buffer->full = false; }
static inline struct slice buffer_slice(const struct buffer *buffer) { return (struct slice){ buffer->data, buffer->size }; }

/* Makes room for `size` more bytes; false (and full) past the limit. */
bool buffer_reserve_slow(struct buffer *buffer, size_t size);
static inline bool buffer_reserve(struct buffer *buffer, size_t size)
{
        return LIKELY(size <= buffer->capacity - buffer->size) || buffer_reserve_slow(buffer, size);
}
static inline void buffer_add(struct buffer *buffer, struct slice text)
{
        if (text.size && buffer_reserve(buffer, text.size)) {
                memcpy(buffer->data + buffer->size, text.data, text.size);
                buffer->size += text.size;
        }
}
static inline void buffer_add_char(struct buffer *buffer, char c)
{
        if (buffer_reserve(buffer, 1))
                buffer->data[buffer->size++] = c;
}
void buffer_add_number(struct buffer *buffer, int64_t number);
/* A JSON string with its quotes: escapes what RFC 8259 demands, replaces invalid UTF-8 by U+FFFD. */
void buffer_add_json(struct buffer *buffer, struct slice text);
/* A JSON text as one line of many: line ends, which stand between its tokens only, become spaces. */
void buffer_add_on_one_line(struct buffer *buffer, struct slice json);
/* RFC 4648, section 4, with padding. */
void buffer_add_base64(struct buffer *buffer, struct slice bytes);
void buffer_format(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
#endif
