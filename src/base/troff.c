#include "base/troff.h"

void troff_print(FILE *out, struct slice text)
{
        for (size_t i = 0; i < text.size; i++)
                switch (text.data[i]) {
                case '\\': (void)fputs("\\e", out); break;
                case '-':  (void)fputs("\\-", out); break;
                case '`':  (void)fputs("\\`", out); break;
                case '\'': (void)fputs("\\(aq", out); break;
                case '.':  (void)fputs(i ? "." : "\\&.", out); break;
                default:   (void)fputc(text.data[i], out);
                }
}

void troff_print_markdown(FILE *out, const char *text)
{
        bool code = false;
        for (const char *at = text; *at;) {
                const char *tick = strchrnul(at, '`');
                if (tick > at) {
                        (void)fputs(code ? "\\fB" : "", out);
                        troff_print(out, slice_between(at, tick));
                        (void)fputs(code ? "\\fR" : "", out);
                }
                code = !code;
                at = *tick ? tick + 1 : tick;
        }
}
