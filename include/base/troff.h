/* Text for manual pages: troff with the man macros (man(7)). */
#ifndef BASE_TROFF_H
#define BASE_TROFF_H
#include "base/base.h"

/* Plain text, escaped: backslashes, hyphens that are minus signs, a dot or quote that would start a request. */
void troff_print(FILE *out, struct slice text);
/* Text with Markdown's `code` in bold; one line, no line end. */
void troff_print_markdown(FILE *out, const char *text);
#endif
