#include "base/utf8.h"

size_t utf8_encode(uint32_t character, char out[4])
{
        if (character < 0x80) {
                out[0] = (char)character;
                return 1;
        }
        if (character < 0x800) {
                out[0] = (char)(0xC0 | character >> 6);
                out[1] = (char)(0x80 | (character & 0x3F));
                return 2;
        }
        if (character < 0x10000) {
                out[0] = (char)(0xE0 | character >> 12);
                out[1] = (char)(0x80 | (character >> 6 & 0x3F));
                out[2] = (char)(0x80 | (character & 0x3F));
                return 3;
        }
        out[0] = (char)(0xF0 | character >> 18);
        out[1] = (char)(0x80 | (character >> 12 & 0x3F));
        out[2] = (char)(0x80 | (character >> 6 & 0x3F));
        out[3] = (char)(0x80 | (character & 0x3F));
        return 4;
}

bool utf8_valid(struct slice text)
{
        const char *at = text.data, *end = slice_end(text);
        while (at < end) {
                uint64_t word;
                if (end - at >= 8 && (memcpy(&word, at, 8), word & 0x8080808080808080) == 0) {
                        at += 8;
                        continue;
                }
                size_t length = utf8_length(at, end);
                if (length == 0)
                        return false;
                at += length;
        }
        return true;
}
