#include "config/option.h"
#include "base/suggest.h"

const struct option OPTIONS[OPTION_COUNT] = {
#define OPTION(id, path_, type_, standard_, min_, max_, words_, when_, doc_)                                           \
        [OPTION_##id] = { .path = (path_), .standard = (standard_), .words = (words_), .doc = (doc_), .type = &TYPE_##type_,   \
                          .offset = offsetof(struct config, id), .min = (min_), .max = (max_), .when = (when_) },
#include "config/options.def"
#undef OPTION
};

const struct section SECTIONS[] = {
#define SECTION(path, doc) { path, doc },
#include "config/sections.def"
#undef SECTION
        { NULL, NULL },
};

const struct option *option_find(struct slice path)
{
        for (size_t i = 0; i < OPTION_COUNT; i++)
                if (slice_equal(slice_of(OPTIONS[i].path), path))
                        return &OPTIONS[i];
        return NULL;
}

struct slice word_at(const char *words, int index)
{
        const char *at = words;
        while (at) {
                const char *end = strchrnul(at, '|');
                if (index-- == 0)
                        return slice_between(at, end);
                at = *end ? end + 1 : NULL;
        }
        return (struct slice){ 0 };
}

int word_index(const char *words, struct slice word)
{
        for (int i = 0; word_at(words, i).data; i++)
                if (slice_equal(word_at(words, i), word))
                        return i;
        return -1;
}

static struct slice last_part(const char *path)
{
        const char *dot = strrchr(path, '.');
        return slice_of(dot ? dot + 1 : path);
}

bool option_unknown(struct slice path, struct error *err)
{
        struct suggestion near;
        suggestion_init(&near, path);
        for (size_t i = 0; i < OPTION_COUNT; i++)
                suggestion_offer(&near, slice_of(OPTIONS[i].path));
        /* The right name in the wrong section, or with no section at all. */
        const char *path_end = path.size ? memrchr(path.data, '.', path.size) : NULL;
        struct slice last = path_end ? slice_between(path_end + 1, path.data + path.size) : path;
        for (size_t i = 0; i < OPTION_COUNT && !near.best.data; i++)
                if (slice_equal(last, last_part(OPTIONS[i].path)))
                        near.best = slice_of(OPTIONS[i].path);
        char shown[SHOWN_SIZE];
        if (near.best.data)
                return error_set(err, "there is no option %s; did you mean %.*s?", text_show(path, shown), SLICE_ARGS(near.best));
        return error_set(err, "there is no option %s", text_show(path, shown));
}
