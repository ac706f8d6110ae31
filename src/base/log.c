#include "base/log.h"
#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

/* The one mutable global of the house: written by log_setup(), also at a reload, while other threads write lines. */
static struct {
        _Atomic int most;
        atomic_bool journal;
} setup = { LOG_LEVEL_INFO, false };

void log_setup(enum log_level most)
{
        setup.most = most;
        setup.journal = getenv("JOURNAL_STREAM") != NULL;
}

void log_line(enum log_level level, const char *format, ...)
{
        static const char *const WORDS[] = { [LOG_LEVEL_ERROR] = "error: ", [LOG_LEVEL_WARNING] = "warning: ",
                                             [LOG_LEVEL_NOTICE] = "", [LOG_LEVEL_INFO] = "", [LOG_LEVEL_DEBUG] = "debug: " };
        char line[2048];
        if ((int)level > setup.most)
                return;
        int size = setup.journal ? snprintf(line, sizeof(line), "<%d>", level)
                                 : snprintf(line, sizeof(line), "millrace: %s", WORDS[level]);
        va_list args;
        va_start(args, format);
        size += vsnprintf(line + size, sizeof(line) - (size_t)size - 1, format, args);
        va_end(args);
        if (size > (int)sizeof(line) - 2)
                size = (int)sizeof(line) - 2;
        /* A line stays one line, whatever a stranger's text carries. */
        for (int i = 0; i < size; i++)
                if ((unsigned char)line[i] < 0x20)
                        line[i] = ' ';
        line[size++] = '\n';
        ssize_t written = write(STDERR_FILENO, line, (size_t)size);   /* one write: lines of threads do not mix */
        (void)written;
}
