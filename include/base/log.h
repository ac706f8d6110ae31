/* One line to standard error, with the journal's level prefix ("<4>..."), when standard error is the journal; else with
 * the level as a word. Only main.c, command/ and server/ log; other rooms return their errors. Never one line an event. */
#ifndef BASE_LOG_H
#define BASE_LOG_H
#include "base/base.h"

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_NOTICE = 5, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };
/* Set once before threads start: lines above the level are dropped. */
void log_setup(enum log_level most);
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
#endif
