/* The class of a device, from words in its user agent and from what the rules found. */
#ifndef ENRICH_AGENT_CLASS_H
#define ENRICH_AGENT_CLASS_H
#include "enrich/agent_words.h"

enum device_class {
        DEVICE_UNKNOWN, DEVICE_DESKTOP, DEVICE_PHONE, DEVICE_TABLET, DEVICE_TV, DEVICE_CONSOLE, DEVICE_WEARABLE, DEVICE_XR,
        DEVICE_CAR, DEVICE_BOT, DEVICE_APP, DEVICE_CLASSES,
};
extern const struct slice DEVICE_CLASS_NAMES[DEVICE_CLASSES];

/* The table of classes, its words replaced by numbers. */
#define CLASS_ROWS_MAX  256
struct class_table {
        struct class_rule { enum device_class class; uint16_t has, with, without; } rule[CLASS_ROWS_MAX];
        size_t count;
};
/* Adds the words that the table asks for. */
void class_words(struct word_list *words, struct class_table *ret_table);
/* `found`: the bits of the words. */
enum device_class class_of_words(const struct class_table *table, const uint64_t *found);
#endif
