#include "enrich/csv.h"
#include "base/utf8.h"

void csv_init(struct csv *csv, char *text, size_t size, char separator)
{
        *csv = (struct csv){ .at = text, .end = text + size, .line = 1, .separator = separator };
        if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
                csv->at += 3;
}

size_t csv_line_not_utf8(struct slice text)
{
        const char *end = slice_end(text), *at = text.data;
        if (utf8_valid(text))
                return 0;
        size_t line = 1, length;
        while (at < end && (length = utf8_length(at, end)) > 0) {
                line += *at == '\n';
                at += length;
        }
        return line;
}

/* Steps over the line's end, which may be the text's; false: there is none here. */
static bool line_end(struct csv *csv)
{
        if (csv->at == csv->end)
                return true;
        size_t size = *csv->at == '\r' && csv->end - csv->at > 1 ? 2 : 1;
        if (csv->at[size - 1] != '\n')
                return false;
        csv->at += size;
        csv->line++;
        return true;
}

/* At the opening quote; stops behind the closing one. */
static bool quoted_read(struct csv *csv, struct slice *ret_field, struct error *err)
{
        size_t line = csv->line;
        char  *start = ++csv->at, *out = start;
        for (;;) {
                char *quote = memchr(csv->at, '"', (size_t)(csv->end - csv->at));
                char *stop = quote ? quote : csv->end;
                for (const char *feed = csv->at; (feed = memchr(feed, '\n', (size_t)(stop - feed))); feed++)
                        csv->line++;
                if (out != csv->at)
                        memmove(out, csv->at, (size_t)(stop - csv->at));
                out += stop - csv->at;
                csv->at = quote ? quote + 1 : csv->end;
                if (!quote)
                        return error_set(err, "line %zu: the quote of this field is never closed", line);
                if (csv->at == csv->end || *csv->at != '"')
                        break;
                *out++ = '"';
                csv->at++;
        }
        *ret_field = slice_between(start, out);
        return true;
}

static struct slice plain_read(struct csv *csv)
{
        char *start = csv->at;
        while (csv->at < csv->end && *csv->at != csv->separator && *csv->at != '\n' && *csv->at != '\r')
                csv->at++;
        return slice_between(start, csv->at);
}

static bool fields_read(struct csv *csv, struct csv_row *row, struct error *err)
{
        for (;;) {
                struct slice field;
                bool quoted = csv->at < csv->end && *csv->at == '"';
                if (!quoted)
                        field = plain_read(csv);
                else if (!quoted_read(csv, &field, err))
                        return false;
                if (row->count == row->most)
                        return error_set(err, "line %zu: more than %zu fields", csv->line, row->most);
                row->field[row->count++] = field;
                if (csv->at < csv->end && *csv->at == csv->separator)
                        csv->at++;
                else if (line_end(csv))
                        return true;
                else if (quoted && *csv->at != '\r')
                        return error_set(err, "line %zu: a field goes on behind its closing quote", csv->line);
                else
                        return error_set(err, "line %zu: a carriage return without a line feed", csv->line);
        }
}

enum csv_answer csv_next(struct csv *csv, struct csv_row *row, struct error *err)
{
        while (csv->at < csv->end && (*csv->at == '\n' || (*csv->at == '\r' && csv->end - csv->at > 1 && csv->at[1] == '\n')))
                (void)line_end(csv);
        if (csv->at == csv->end)
                return CSV_END;
        row->count = 0;
        row->line = csv->line;
        if (fields_read(csv, row, err))
                return CSV_ROW;
        char *feed = memchr(csv->at, '\n', (size_t)(csv->end - csv->at));
        csv->at = feed ? feed + 1 : csv->end;
        csv->line++;
        return CSV_BROKEN;
}
