/* The text of an API key: "mrk_", 43 digits that are 256 random bits, and 6 digits of a checksum over all before, so that a
 * scanner for secrets knows one when it sees it, and a slip of the pen is told from an unknown key. Digits are 0-9, A-Z, a-z. */
#ifndef SERVER_KEY_TEXT_H
#define SERVER_KEY_TEXT_H
#include "base/base.h"

#define KEY_TEXT_PREFIX "mrk_"
#define KEY_TEXT_SIZE   (4 + 43 + 6)
#define KEY_TEXT_MAX    512        /* bytes of a key that somebody else drew */

/* From the kernel's random source. False and an error: it has none. */
bool key_text_new(char text[KEY_TEXT_SIZE], struct error *err);
/* The same from given bits. */
void key_text_make(const uint8_t bits[32], char text[KEY_TEXT_SIZE]);

enum key_form {
        KEY_FORM_OURS,             /* prefix and checksum are right */
        KEY_FORM_MISTYPED,         /* the prefix is, the rest cannot be */
        KEY_FORM_FOREIGN,          /* any other text: keys of other systems may be taken along */
};
enum key_form key_text_form(struct slice text);
#endif
