/* The WHATWG's own cases against our parser. Usage: suite.url FILE NAME
 * FILE has lines of texts in hexadecimal, parted by tabs: the input, then either nothing (it must be refused) or what its parts
 * must be: scheme, host, port, path, query with "?", fragment with "#", the whole without user info, and "00" or "01": it has
 * user info. Prints how many cases pass; every one must. tests/suite/urls writes such a file. */
#include "enrich/url.h"

#define LINE_MOST (4 << 20)
#define PARTS     9
#define SHOWN     40

struct run {
        struct arena_pool pool;
        size_t cases, failed;
};
static char texts[LINE_MOST];

static unsigned digit_value(char c) { return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10); }

/* Undoes the hexadecimal digits up to the tab or the end of the line; behind the tab. */
static const char *part_read(const char *at, char **out, struct slice *ret_part)
{
        char *start = *out;
        for (; *at && *at != '\t' && *at != '\n'; at += 2)
                *(*out)++ = (char)(digit_value(at[0]) << 4 | digit_value(at[1]));
        *ret_part = slice_between(start, *out);
        return *at == '\t' ? at + 1 : at;
}

static size_t line_read(const char *line, struct slice part[PARTS])
{
        char  *out = texts;
        size_t count = 0;
        while (*line && *line != '\n' && count < PARTS)
                line = part_read(line, &out, &part[count++]);
        return count;
}

/* "search" and "hash" of the standard's interface are empty where nothing stands behind the sign. */
static struct slice signed_part(struct arena *arena, char sign, struct slice part)
{
        if (part.size == 0)
                return (struct slice){ "", 0 };
        char *text = arena_take(arena, part.size + 1);
        BUG_IF(!text);
        *text = sign;
        memcpy(text + 1, part.data, part.size);
        return (struct slice){ text, part.size + 1 };
}

static void failure_show(struct run *run, const char *what, struct slice input, struct slice want, struct slice got)
{
        if (run->failed < SHOWN)
                printf("  %s of '%.*s': want '%.*s', got '%.*s'\n", what, SLICE_ARGS(input), SLICE_ARGS(want), SLICE_ARGS(got));
}

static bool parts_check(struct run *run, struct arena *arena, const struct slice want[PARTS], const struct url *url)
{
        static const char *const NAMES[PARTS] = {
                "input", "scheme", "host", "port", "path", "query", "fragment", "whole", "user"
        };
        struct buffer whole;
        buffer_init(&whole, 1 << 20);
        url_write(url, &whole);
        struct slice user =
                url->user_info.size > 0 && !slice_equal(url->user_info, SLICE(":")) ? SLICE("\1") : (struct slice){ "\0", 1 };
        const struct slice got[PARTS] = { want[0],
                                          url->scheme,
                                          url->host,
                                          url->port,
                                          url->path,
                                          signed_part(arena, '?', url->query),
                                          signed_part(arena, '#', url->fragment),
                                          buffer_slice(&whole),
                                          user };
        bool good = whole.size <= url_write_bound(url);
        for (size_t i = 1; i < PARTS && good; i++)
                if (!slice_equal(got[i], want[i])) {
                        failure_show(run, NAMES[i], want[0], want[i], got[i]);
                        good = false;
                }
        buffer_done(&whole);
        return good;
}

static void line_run(struct run *run, const char *line)
{
        struct slice want[PARTS] = { { "", 0 } };        /* an empty line: the empty text */
        struct arena arena;
        struct url url = { 0 };
        size_t count = line_read(line, want);
        arena_init(&arena, &run->pool, 1 << 22);
        bool parsed = url_parse(want[0], &arena, &url), good = parsed == (count == PARTS);
        if (!good)
                failure_show(run, parsed ? "taken, though wrong," : "refused, though right,", want[0], SLICE(""), url.host);
        else if (parsed)
                good = parts_check(run, &arena, want, &url);
        run->cases++;
        run->failed += !good;
        arena_done(&arena);
}

int main(int argc, char **argv)
{
        FILE *file = argc == 3 ? fopen(argv[1], "re") : NULL;
        if (!file) {
                fprintf(stderr, "usage: %s FILE NAME\n", argv[0]);
                return 2;
        }
        struct run run = { 0 };
        char  *line = NULL;
        size_t room = 0;
        arena_pool_init(&run.pool, 65536, 1);
        while (getline(&line, &room, file) > 0)
                line_run(&run, line);
        printf("%s: %zu of %zu cases pass\n", argv[2], run.cases - run.failed, run.cases);
        free(line);
        fclose(file);
        arena_pool_done(&run.pool);
        return run.cases > 0 && run.failed == 0 ? 0 : 1;
}
