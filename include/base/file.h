/* Whole files of the configuration, read at load: tables, lists. */
#ifndef BASE_FILE_H
#define BASE_FILE_H
#include "base/base.h"

/* The bytes of a regular file (or what a link leads to) of at most `limit` bytes, with READABLE_PADDING zeros behind them; free()
 * them. NULL and an error that names the file: it cannot be read, is none, or is larger. */
char *file_read(const char *path, size_t limit, size_t *ret_size, struct error *err);
#endif
