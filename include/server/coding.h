/* Content codings of requests (RFC 9110, 8.4; RFC 8878): gzip, deflate (with its zlib wrapper, or raw as some send it), zstd. */
#ifndef SERVER_CODING_H
#define SERVER_CODING_H
#include "base/arena.h"
#include "server/http.h"

#define CODING_ACCEPTED "gzip, deflate, zstd"
enum coding_kind { CODING_NONE, CODING_GZIP, CODING_DEFLATE, CODING_ZSTD, CODING_UNKNOWN };
/* Of the value of Content-Encoding; a list of more than one coding is unknown. */
enum coding_kind coding_find(struct slice value);
/* CODING_GZIP when the bytes begin like gzip, which no JSON does: some clients do not label it. */
enum coding_kind coding_guess(struct slice body);

struct coding;             /* a loop's decompressors */
struct coding *coding_new(void);
void           coding_free(struct coding *coding);
/* Decompresses into the arena, with READABLE_PADDING bytes behind. HTTP_SOUND; else content_coding (broken, cut off,
 * followed by rubbish), inflated_large (over `limit` bytes) or memory (the arena is full). */
enum http_fault coding_undo(struct coding *coding, enum coding_kind kind, struct slice body, size_t limit,
                            struct arena *arena, struct slice *ret_plain);
#endif
