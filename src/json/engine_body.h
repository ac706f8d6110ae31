/* The scanner's loops, compiled once for every engine. The file that includes this has defined
 *     ENGINE(name)      the function's name in this engine
 *     ENGINE_BLOCK      bytes of a block
 *     ENGINE(specials)(at)   for the block at `at`: a bit for every byte that is not plain; its lowest bit is the first byte
 * No include guard: one engine a file. */
#include "engine.h"

#define ENGINE_INLINE static inline __attribute__((always_inline))

ENGINE_INLINE bool ENGINE(is_space)(char c)
{
        return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static const char *ENGINE(space)(const char *at, const char *end)
{
        while (at < end && ENGINE(is_space)(*at))
                at++;
        return at;
}

/* None or one space is the rule, and long runs are the indentation of pretty text. */
ENGINE_INLINE const char *ENGINE(skip)(const char *at, const char *end)
{
        if (LIKELY(at < end && (unsigned char)*at > ' '))
                return at;
        return ENGINE(space)(at, end);
}

/* The first byte from `at` on that is not plain; at most `stop`. */
ENGINE_INLINE const char *ENGINE(plain)(const char *at, const char *stop)
{
        for (; stop - at >= ENGINE_BLOCK; at += ENGINE_BLOCK) {
                uint32_t specials = ENGINE(specials)(at);
                if (specials)
                        return at + __builtin_ctz(specials);
        }
        while (at < stop && ENGINE_PLAIN[(unsigned char)*at])
                at++;
        return at;
}

static const char *ENGINE(string)(const char *open, const char *end, const struct scan_limits *limits,
                                                bool *ret_escaped, struct scan_error *err)
{
        const char *at = open + 1;
        const char *stop = (size_t)(end - at) > limits->string ? at + limits->string + 1 : end;
        bool escaped = false;
        while (at < stop) {
                at = ENGINE(plain)(at, stop);
                if (at >= stop)
                        break;
                if (*at == '"') {
                        if (ret_escaped)
                                *ret_escaped = escaped;
                        return at + 1;
                }
                if (*at == '\\') {
                        escaped = true;
                        at = engine_escape(at, end, err);
                } else if ((unsigned char)*at >= 0x80) {
                        at = engine_foreign(at, stop, end, err);
                } else {
                        return engine_fail_control(at, err);
                }
                if (!at)
                        return NULL;
        }
        return engine_string_cut(open, stop, end, err);
}

/* The string whose end lies in its first block; else the loop above. */
ENGINE_INLINE const char *ENGINE(short_string)(const char *open, const char *end, const struct scan_limits *limits,
                                               struct scan_error *err)
{
        if (LIKELY(end - open > ENGINE_BLOCK)) {
                uint32_t specials = ENGINE(specials)(open + 1);
                if (LIKELY(specials != 0)) {
                        size_t size = (size_t)__builtin_ctz(specials);
                        if (LIKELY(open[1 + size] == '"' && size <= limits->string))
                                return open + size + 2;
                }
        }
        return ENGINE(string)(open, end, limits, NULL, err);
}

/* Behind a value that is neither array nor object. */
ENGINE_INLINE const char *ENGINE(leaf)(const char *at, const char *end, const struct scan_limits *limits, struct scan_error *err)
{
        if (LIKELY(*at == '"'))
                return ENGINE(short_string)(at, end, limits, err);
        if (*at == '-' || (*at >= '0' && *at <= '9'))
                return scan_number(at, end, err);
        return scan_literal(at, end, err);
}

/* Behind the key at `at`, its colon, and white space: where the member's value starts. */
ENGINE_INLINE const char *ENGINE(key)(const char *at, const char *end, const struct scan_limits *limits, struct scan_error *err)
{
        if (UNLIKELY(at >= end || *at != '"'))
                return engine_fail_key(at, end, err);
        at = ENGINE(short_string)(at, end, limits, err);
        if (UNLIKELY(!at))
                return NULL;
        at = ENGINE(skip)(at, end);
        if (UNLIKELY(at >= end || *at != ':'))
                return engine_fail_colon(at, end, err);
        return ENGINE(skip)(at + 1, end);
}

/* One loop over an own stack of closing brackets, as a worker's stack must survive any depth. */
static const char *ENGINE(value)(const char *at, const char *end, const struct scan_limits *limits, struct scan_error *err)
{
        char   closes[SCAN_DEPTH_MAX + 1];
        size_t depth = 0, most = limits->depth < SCAN_DEPTH_MAX ? limits->depth : SCAN_DEPTH_MAX;
        char   close = 0;
        for (;;) {
                if (UNLIKELY(at >= end))
                        return engine_fail_value(at, end, err);
                if (*at == '{' || *at == '[') {
                        if (UNLIKELY(depth == most))
                                return engine_fail_depth(at, err);
                        closes[depth++] = close;
                        close = (char)(*at + 2);       /* ASCII: '[' + 2 is ']', '{' + 2 is '}' */
                        at = ENGINE(skip)(at + 1, end);
                        if (UNLIKELY(at < end && *at == close)) {
                                at++;
                                close = closes[--depth];
                        } else if (close == '}') {
                                at = ENGINE(key)(at, end, limits, err);
                                if (UNLIKELY(!at))
                                        return NULL;
                                continue;
                        } else {
                                continue;
                        }
                } else {
                        at = ENGINE(leaf)(at, end, limits, err);
                        if (UNLIKELY(!at))
                                return NULL;
                }
                for (; depth > 0; close = closes[--depth]) {
                        at = ENGINE(skip)(at, end);
                        if (at >= end || *at != close)
                                break;
                        at++;
                }
                if (depth == 0)
                        return at;
                if (UNLIKELY(at >= end || *at != ','))
                        return engine_fail_after(at, end, close, err);
                at = ENGINE(skip)(at + 1, end);
                if (close == '}')
                        at = ENGINE(key)(at, end, limits, err);
                if (UNLIKELY(!at))
                        return NULL;
        }
}
