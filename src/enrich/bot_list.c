#include "enrich/bot_list.h"
#include <jansson.h>
#include <sys/stat.h>

#define PATTERN_MOST 1000          /* bytes; the longest known has 50 */
#define TAGS_MOST    100

/* The list's tags, and what they are with us. */
static const struct { const char *tag; enum bot_category category; } TAGS[] = {
        { "academic",           BOT_ACADEMIC },
        { "advertising",        BOT_ADVERTISING },
        { "ai-crawler",         BOT_AI_CRAWLER },
        { "archiver",           BOT_ARCHIVER },
        { "browser-automation", BOT_AUTOMATION },
        { "feed-reader",        BOT_FEED },
        { "http-library",       BOT_HTTP_LIBRARY },
        { "monitoring",         BOT_MONITORING },
        { "scanner",            BOT_SCANNER },
        { "search-engine",      BOT_SEARCH },
        { "seo",                BOT_SEO },
        { "social-preview",     BOT_SOCIAL_PREVIEW },
};

struct reader {
        const char    *file;
        struct errors *errors;
        size_t         number;     /* of the entry, from 0 */
};

static bool mistake(const struct reader *reader, const char *member, const char *what)
{
        return errors_add(reader->errors, "%s: /%zu%s: %s", reader->file, reader->number, member, what);
}

/* A copy of the text of a member; NULL when there is none or an empty one, or a mistake. */
static char *member_text(const struct reader *reader, const json_t *entry, const char *name, size_t most)
{
        char place[32], what[64];
        const json_t *value = json_object_get(entry, name);
        size_t size = json_string_length(value);
        if (!value || (json_is_string(value) && size == 0))
                return NULL;
        if (size > 0 && size <= most && strlen(json_string_value(value)) == size)
                return slice_copy((struct slice){ json_string_value(value), size });
        (void)snprintf(place, sizeof(place), "/%s", name);
        (void)snprintf(what, sizeof(what), "a text of 1 to %zu bytes is expected", most);
        (void)mistake(reader, place, what);
        return NULL;
}

static enum bot_category tag_category(const char *tag)
{
        for (size_t i = 0; i < COUNT_OF(TAGS); i++)
                if (strcmp(tag, TAGS[i].tag) == 0)
                        return TAGS[i].category;
        return BOT_OTHER;
}

/* The first tag that we know decides: newer lists may have others. */
static enum bot_category entry_category(const struct reader *reader, const json_t *entry)
{
        const json_t *tags = json_object_get(entry, "tags"), *tag;
        enum bot_category category = BOT_OTHER;
        size_t i;
        if (!tags)
                return BOT_OTHER;
        if (!json_is_array(tags) || json_array_size(tags) > TAGS_MOST) {
                (void)mistake(reader, "/tags", "a list of texts is expected");
                return BOT_OTHER;
        }
        json_array_foreach(tags, i, tag) {
                if (!json_is_string(tag))
                        (void)mistake(reader, "/tags", "a list of texts is expected");
                else if (category == BOT_OTHER)
                        category = tag_category(json_string_value(tag));
        }
        return category;
}

static void entry_read(const struct reader *reader, const json_t *json, struct bot_entry *entry)
{
        if (!json_is_object(json)) {
                (void)mistake(reader, "", "an object with a 'pattern' is expected");
                return;
        }
        const json_t *pattern = json_object_get(json, "pattern");
        if (!pattern || (json_is_string(pattern) && json_string_length(pattern) == 0))
                (void)mistake(reader, "", "there is no 'pattern'");
        entry->pattern = member_text(reader, json, "pattern", PATTERN_MOST);
        entry->url = member_text(reader, json, "url", BOT_URL_MOST);
        entry->category = entry_category(reader, json);
}

struct bot_list *bot_list_read(const char *file, struct slice json, struct errors *errors)
{
        size_t mistakes = errors_total(errors);
        json_error_t error;
        json_t *root = json_loadb(json.data, json.size, JSON_REJECT_DUPLICATES, &error);
        if (!root) {
                (void)errors_add(errors, "%s:%d:%d: not JSON: %s", file, error.line > 0 ? error.line : 1,
                                 error.column > 0 ? error.column : 1, error.text);
                return NULL;
        }
        struct bot_list *list = memory_get(sizeof(*list));
        struct reader reader = { .file = file, .errors = errors };
        size_t count = json_array_size(root);
        if (!json_is_array(root) || count > BOT_LIST_ENTRIES) {
                (void)errors_add(errors, "%s: a list of at most %d robots is expected", file, BOT_LIST_ENTRIES);
                count = 0;
        }
        list->entries = memory_get((count + 1) * sizeof(*list->entries));
        for (list->count = 0; list->count < count; list->count++) {
                reader.number = list->count;
                entry_read(&reader, json_array_get(root, list->count), &list->entries[list->count]);
        }
        json_decref(root);
        if (errors_total(errors) == mistakes)
                return list;
        bot_list_free(list);
        return NULL;
}

struct bot_list *bot_list_load(const char *file, struct errors *errors)
{
        struct stat stat;
        struct bot_list *list = NULL;
        FILE *stream = fopen(file, "re");
        if (!stream) {
                (void)errors_add(errors, "enrich.bot.list: cannot read '%s': %m", file);
                return NULL;
        }
        if (fstat(fileno(stream), &stat) != 0 || !S_ISREG(stat.st_mode)) {
                (void)errors_add(errors, "enrich.bot.list: cannot read '%s': it is not a regular file", file);
        } else if ((size_t)stat.st_size > BOT_LIST_BYTES) {
                (void)errors_add(errors, "%s: larger than %zu MiB", file, BOT_LIST_BYTES >> 20);
        } else {
                char  *text = memory_get((size_t)stat.st_size + 1);
                size_t size = fread(text, 1, (size_t)stat.st_size, stream);
                list = bot_list_read(file, (struct slice){ text, size }, errors);
                free(text);
        }
        fclose(stream);
        return list;
}

void bot_list_free(struct bot_list *list)
{
        if (!list)
                return;
        for (size_t i = 0; i < list->count; i++) {
                free(list->entries[i].pattern);
                free(list->entries[i].url);
        }
        free(list->entries);
        free(list);
}
