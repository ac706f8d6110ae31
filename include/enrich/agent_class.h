/* The class of a device, from words in its user agent and from what the rules found. */
#ifndef ENRICH_AGENT_CLASS_H
#define ENRICH_AGENT_CLASS_H
#include "base/base.h"

enum device_class {
        DEVICE_UNKNOWN, DEVICE_DESKTOP, DEVICE_PHONE, DEVICE_TABLET, DEVICE_TV, DEVICE_CONSOLE, DEVICE_WEARABLE, DEVICE_XR,
        DEVICE_CAR, DEVICE_BOT, DEVICE_APP, DEVICE_CLASSES,
};
extern const struct slice DEVICE_CLASS_NAMES[DEVICE_CLASSES];

/* The table of classes, its words replaced by numbers. */
#define CLASS_WORDS_MAX 256
#define CLASS_ROWS_MAX  256
#define CLASS_NO_WORD   UINT16_MAX
struct class_table {
        struct class_rule { enum device_class class; uint16_t has, with, without; } rule[CLASS_ROWS_MAX];
        size_t count;
};
/* The words that the table asks for, each once. A word is lower-case, with sentinels (agent_literals.h) where it says so. */
size_t class_words(const char *words[CLASS_WORDS_MAX], struct class_table *ret_table);
/* `found`: bit i says that word i is in the text. */
enum device_class class_of_words(const struct class_table *table, const uint64_t *found);
#endif
