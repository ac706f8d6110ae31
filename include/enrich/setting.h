/* Settings that are more than texts, for kinds of which there may be several. Each adds its mistake with setup_error(). */
#ifndef ENRICH_SETTING_H
#define ENRICH_SETTING_H
#include "enrich/source.h"

/* The index of the setting in "one|two|three". */
bool setting_choice(const struct enrich_setup *setup, struct errors *errors, const char *name, const char *words, int *ret_index);
bool setting_boolean(const struct enrich_setup *setup, struct errors *errors, const char *name, bool *ret_value);
/* "64KiB"; "5m" in ms; from limits[0] to limits[1]. */
bool setting_bytes(const struct enrich_setup *setup, struct errors *errors, const char *name, const int64_t limits[static 2],
                   int64_t *ret_bytes);
bool setting_duration(const struct enrich_setup *setup, struct errors *errors, const char *name, const int64_t limits[static 2],
                      int64_t *ret_ms);

/* Values by their names, the first that an event has counts. */
struct source_list {
        struct source *items;      /* count of them, own */
        size_t         count;
};
/* The setting's list, or its standard split at commas; empty when there is neither. False: a mistake. */
bool source_list_load(struct source_list *list, const struct enrich_setup *setup, struct errors *errors, const char *name);
void source_list_done(struct source_list *list);           /* all-zero is fine */
/* Plain text, not empty; as source_start() gives it. data NULL: the event has none of them. */
struct slice source_list_start(const struct source_list *list, const struct subject *subject);
struct slice source_list_text(const struct source_list *list, const struct subject *subject);
#endif
