#include "base/base.h"
#include <stdarg.h>
#include <unistd.h>

bool slice_equal_nocase(struct slice a, struct slice b)
{
        if (a.size != b.size)
                return false;
        for (size_t i = 0; i < a.size; i++)
                if (char_lower(a.data[i]) != char_lower(b.data[i]))
                        return false;
        return true;
}

bool slice_starts_with(struct slice text, struct slice start)
{
        return text.size >= start.size && (start.size == 0 || memcmp(text.data, start.data, start.size) == 0);
}

bool slice_ends_with(struct slice text, struct slice end)
{
        return end.size == 0 ||
               (text.size >= end.size && memcmp(text.data + (text.size - end.size), end.data, end.size) == 0);
}

char *slice_copy(struct slice slice)
{
        char *copy = memory_get(slice.size + 1);
        if (slice.size)
                memcpy(copy, slice.data, slice.size);
        return copy;
}

bool error_set(struct error *err, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        (void)vsnprintf(err->text, sizeof(err->text), format, args);
        va_end(args);
        return false;
}

bool errors_add(struct errors *errors, const char *format, ...)
{
        if (errors->count == ERRORS_MAX) {
                errors->more++;
                return false;
        }
        if ((errors->count & (errors->count - 1)) == 0)
                errors->items = memory_grow(errors->items, (errors->count ? 2 * errors->count : 1) * sizeof(*errors->items));
        struct error *err = &errors->items[errors->count++];
        va_list args;
        va_start(args, format);
        (void)vsnprintf(err->text, sizeof(err->text), format, args);
        va_end(args);
        return false;
}

void errors_print(const struct errors *errors, FILE *out)
{
        for (size_t i = 0; i < errors->count; i++)
                fprintf(out, "%s\n", errors->items[i].text);
        if (errors->more)
                fprintf(out, "... and %zu more\n", errors->more);
}

void errors_done(struct errors *errors)
{
        free(errors->items);
        *errors = (struct errors){ 0 };
}

void memory_end(void)
{
        static const char TEXT[] = "<2>memory is out\n";
        (void)!write(STDERR_FILENO, TEXT, sizeof(TEXT) - 1);
        _exit(MEMORY_STATUS);
}

void *memory_had(void *memory)
{
        if (UNLIKELY(!memory))
                memory_end();
        return memory;
}

void *memory_get(size_t size) { return memory_had(calloc(1, size ? size : 1)); }
void *memory_grow(void *old, size_t size) { return memory_had(realloc(old, size)); }
