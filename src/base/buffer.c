#include "base/buffer.h"
#include <endian.h>
#include "base/utf8.h"
#include <stdarg.h>

void buffer_init(struct buffer *buffer, size_t limit)
{
        *buffer = (struct buffer){ .limit = limit, .owned = true };
}

void buffer_wrap(struct buffer *buffer, void *memory, size_t size)
{
        *buffer = (struct buffer){ .data = memory, .capacity = size, .limit = size };
}

void buffer_done(struct buffer *buffer)
{
        if (buffer->owned)
                free(buffer->data);
        *buffer = (struct buffer){ 0 };
}

bool buffer_reserve_slow(struct buffer *buffer, size_t size)
{
        size_t need;
        if (buffer->full || !buffer->owned || __builtin_add_overflow(buffer->size, size, &need) || need > buffer->limit) {
                buffer->full = true;
                return false;
        }
        size_t capacity = buffer->capacity ? buffer->capacity : 256;
        while (capacity < need)
                capacity *= 2;
        if (capacity > buffer->limit)
                capacity = buffer->limit;
        char *data = realloc(buffer->data, capacity);
        if (!data) {
                buffer->full = true;
                return false;
        }
        buffer->data = data;
        buffer->capacity = capacity;
        return true;
}

/* Digits and a sign; and as many bytes as are copied for them, always the same number, which takes no call of memcpy. */
#define NUMBER_MOST   20
#define NUMBER_COPIED 20

void buffer_add_number(struct buffer *buffer, int64_t number)
{
        char  digits[NUMBER_MOST + NUMBER_COPIED];
        char *at = digits + NUMBER_MOST;
        uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
        do
                *--at = (char)('0' + rest % 10);
        while (rest /= 10);
        if (number < 0)
                *--at = '-';
        size_t size = (size_t)(digits + NUMBER_MOST - at);
        if (UNLIKELY(buffer->capacity - buffer->size < NUMBER_COPIED)) {
                buffer_add(buffer, (struct slice){ at, size });
                return;
        }
        memcpy(buffer->data + buffer->size, at, NUMBER_COPIED);    /* what is behind the digits will be written over */
        buffer->size += size;
}

/* The second byte of the escapes that have two; 0: another way. */
static const char BRIEF[256] = {
        ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'
};

static void add_escape(struct buffer *buffer, unsigned char c)
{
        static const char HEX[] = "0123456789abcdef";
        char text[6] = { '\\', 'u', '0', '0', HEX[c >> 4], HEX[c & 15] };
        if (BRIEF[c])
                text[1] = BRIEF[c];
        buffer_add(buffer, (struct slice){ text, BRIEF[c] ? 2 : sizeof(text) });
}

void buffer_add_on_one_line(struct buffer *buffer, struct slice json)
{
        size_t start = buffer->size;
        buffer_add(buffer, json);
        for (size_t i = start; i < buffer->size; i++)
                if (buffer->data[i] == '\n' || buffer->data[i] == '\r')
                        buffer->data[i] = ' ';
}

/* The highest bit of each byte that cannot stay as it is in a JSON string, or is not ASCII, and of no other. */
static uint64_t special_bytes(uint64_t word)
{
        const uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
        uint64_t low = word & ~highs, quote = low ^ '"' * ones, backslash = low ^ '\\' * ones;
        return (word | ~((low + 0x60 * ones) & (quote + 0x7F * ones) & (backslash + 0x7F * ones))) & highs;
}

/* Copies the start of a text that can stay as it is in a JSON string, by words; its size, or somewhat less. */
static size_t plain_copy(char *out, struct slice text)
{
        size_t   at = 0;
        uint64_t word, half;
        for (; text.size - at >= 8; at += 8) {
                memcpy(&word, text.data + at, 8);
                if (special_bytes(le64toh(word)))
                        return at;
                memcpy(out + at, &word, 8);
        }
        if (text.size >= 8) {              /* the last word, of which some bytes have been seen */
                memcpy(&word, text.data + text.size - 8, 8);
                if (special_bytes(word))
                        return at;
                memcpy(out + text.size - 8, &word, 8);
                return text.size;
        }
        if (text.size < 4)
                return 0;
        word = half = 0;
        memcpy(&word, text.data, 4);
        memcpy(&half, text.data + text.size - 4, 4);
        if (special_bytes(word | half << 32))
                return 0;
        memcpy(out, &word, 4);
        memcpy(out + text.size - 4, &half, 4);
        return text.size;
}

static void word_put(char *to, uint64_t word)
{
        word = htole64(word);
        memcpy(to, &word, sizeof(word));
}

/* Writes what can be written quickly of a text for which there is room whatever it needs: ASCII, and escapes of two bytes. What
 * is written of a word and does not count is written over. Returns where it stopped, less than eight bytes before the end or at a
 * byte that takes more thought. */
static const char *quick_copy(char **out, const char *at, const char *end)
{
        char *to = *out;
        for (; end - at >= 8; at += 8) {
                uint64_t word;
                int      done = 0;         /* bytes of the word; it is shifted as they are */
                memcpy(&word, at, sizeof(word));
                word = le64toh(word);
                for (uint64_t special = special_bytes(word); special; special &= special - 1) {
                        int  plain = __builtin_ctzll(special) / 8 - done;
                        char brief = BRIEF[(unsigned char)at[done + plain]];
                        word_put(to, word);
                        to += plain;
                        if (!brief) {
                                *out = to;
                                return at + done + plain;
                        }
                        *to++ = '\\';
                        *to++ = brief;
                        word = word >> 8 * plain >> 8;
                        done += plain + 1;
                }
                word_put(to, word);
                to += 8 - done;
        }
        *out = to;
        return at;
}

/* The end of the well-formed characters beyond ASCII that begin here. */
static const char *beyond_ascii(const char *at, const char *end)
{
        size_t length;
        while (at < end && (unsigned char)*at >= 0x80 && (length = utf8_length(at, end)) > 0)
                at += length;
        return at;
}

/* The rest of a string, from where something may have to be escaped. */
static void add_escaped(struct buffer *buffer, struct slice text)
{
        const char *at = text.data, *end = slice_end(text), *plain = at;
        while (at < end) {
                if (LIKELY(at == plain && buffer->capacity - buffer->size >= 2 * (size_t)(end - at) + 8)) {
                        char *out = buffer->data + buffer->size;
                        plain = at = quick_copy(&out, at, end);
                        buffer->size = (size_t)(out - buffer->data);
                        if (at == end)
                                return;
                }
                unsigned char c = (unsigned char)*at;
                if (LIKELY(c >= 0x20 && c < 0x80 && c != '"' && c != '\\')) {
                        at++;
                        continue;
                }
                const char *next = beyond_ascii(at, end);
                buffer_add(buffer, slice_between(plain, next));
                if (next == at) {
                        if (c >= 0x80)
                                buffer_add(buffer, SLICE("\xEF\xBF\xBD"));
                        else
                                add_escape(buffer, c);
                        next++;
                }
                plain = at = next;
        }
        buffer_add(buffer, slice_between(plain, at));
}

void buffer_add_json(struct buffer *buffer, struct slice text)
{
        if (!buffer_reserve(buffer, text.size + 2))        /* it will take no less */
                return;
        char  *at = buffer->data + buffer->size;
        size_t plain = plain_copy(at + 1, text);
        *at = '"';
        buffer->size += plain + 1;
        if (UNLIKELY(plain < text.size))
                add_escaped(buffer, (struct slice){ text.data + plain, text.size - plain });
        buffer_add_char(buffer, '"');
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
        va_list args, again;
        size_t room = buffer->capacity - buffer->size;
        va_start(args, format);
        va_copy(again, args);
        int size = vsnprintf(room ? buffer->data + buffer->size : NULL, room, format, args);
        va_end(args);
        /* One more than the text: vsnprintf writes a terminator, which is not counted. */
        if (size >= 0 && buffer_reserve(buffer, (size_t)size + 1)) {
                if ((size_t)size >= room)
                        (void)vsnprintf(buffer->data + buffer->size, (size_t)size + 1, format, again);
                buffer->size += (size_t)size;
        }
        va_end(again);
}

void buffer_add_base64(struct buffer *buffer, struct slice bytes)
{
        static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        const unsigned char *s = (const unsigned char *)bytes.data;
        for (size_t i = 0; i < bytes.size; i += 3) {
                size_t left = bytes.size - i;
                uint32_t bits = (uint32_t)s[i] << 16 | (left > 1 ? (uint32_t)s[i + 1] << 8 : 0) | (left > 2 ? s[i + 2] : 0);
                char text[4] = { DIGITS[bits >> 18], DIGITS[bits >> 12 & 63], left > 1 ? DIGITS[bits >> 6 & 63] : '=',
                                 left > 2 ? DIGITS[bits & 63] : '=' };
                buffer_add(buffer, (struct slice){ text, 4 });
        }
}
