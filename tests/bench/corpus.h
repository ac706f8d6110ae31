/* Events as product analytics sends them, made from a seed: about 690 bytes each, six kinds, nested three deep, UUIDs, times,
 * URLs, user agents, names in UTF-8 and with escapes, optional members at random, one in twelve with spaces. All of them are
 * JSON. For the micro benchmarks. */
#ifndef BENCH_CORPUS_H
#define BENCH_CORPUS_H
#include "base/base.h"
#include "base/buffer.h"
#include "base/hash.h"
#include "measure.h"

#define CORPUS_EVENTS 20000

struct corpus {
        struct buffer text;
        struct slice  events[CORPUS_EVENTS];
        size_t        count;               /* of them that a pass has */
        struct random random;
        bool          spaced;
};

static inline uint64_t corpus_below(struct corpus *corpus, uint64_t limit) { return random_next(&corpus->random) % limit; }

static inline void corpus_key(struct corpus *corpus, const char *key)
{
        if (corpus->text.data[corpus->text.size - 1] != '{')
                buffer_add(&corpus->text, slice_of(corpus->spaced ? ", " : ","));
        buffer_format(&corpus->text, corpus->spaced ? "\"%s\": " : "\"%s\":", key);
}
static inline void corpus_text(struct corpus *corpus, const char *key, const char *text)
{
        corpus_key(corpus, key);
        buffer_format(&corpus->text, "\"%s\"", text);
}
static inline void corpus_uuid(struct corpus *corpus, const char *key)
{
        char uuid[UUID_TEXT + 1] = "";
        uuid_v7(1795248000000 + (int64_t)corpus_below(corpus, 86400000), &corpus->random, uuid);
        corpus_text(corpus, key, uuid);
}
static inline void corpus_time(struct corpus *corpus, const char *key)
{
        corpus_key(corpus, key);
        buffer_format(&corpus->text, "\"2026-11-%02dT%02d:%02d:%02d.%03dZ\"", 1 + (int)corpus_below(corpus, 30),
                      (int)corpus_below(corpus, 24), (int)corpus_below(corpus, 60), (int)corpus_below(corpus, 60),
                      (int)corpus_below(corpus, 1000));
}
static inline void corpus_number(struct corpus *corpus, const char *key, uint64_t limit, bool cents)
{
        corpus_key(corpus, key);
        buffer_add_number(&corpus->text, (int64_t)corpus_below(corpus, limit));
        if (cents)
                buffer_format(&corpus->text, ".%02d", (int)corpus_below(corpus, 100));
}
static inline void corpus_open(struct corpus *corpus, const char *key)
{
        corpus_key(corpus, key);
        buffer_add_char(&corpus->text, '{');
}
static inline void corpus_close(struct corpus *corpus) { buffer_add_char(&corpus->text, '}'); }

static inline void corpus_context(struct corpus *corpus)
{
        static const char *const AGENTS[] = {
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
                "Mobile/15E148 Safari/604.1",
                "shop/7.2.1 (Android 15; Pixel 9)",
        };
        static const char *const NAMES[] = { "Gr\xC3\xB6\xC3\x9F"
                                             "entabelle",
                                             "caf\\u00e9 \\uD83D\\uDE00",
                                             "Summer sale",
                                             "\xE6\x9D\xB1\xE4\xBA\xAC \xE7\xAF\x87",
                                             "line\\nbreak",
                                             "Plain" };
        corpus_open(corpus, "user");
        if (corpus_below(corpus, 2))
                corpus_uuid(corpus, "id");
        corpus_uuid(corpus, "anon");
        corpus_close(corpus);
        corpus_open(corpus, "device");
        corpus_text(corpus, "ua", AGENTS[corpus_below(corpus, COUNT_OF(AGENTS))]);
        corpus_number(corpus, "width", 3000, false);
        corpus_number(corpus, "height", 2000, false);
        corpus_text(corpus, "locale", corpus_below(corpus, 3) ? "en-GB" : "de-DE");
        corpus_close(corpus);
        corpus_text(corpus, "title", NAMES[corpus_below(corpus, COUNT_OF(NAMES))]);
}

static inline void corpus_event(struct corpus *corpus)
{
        static const char *const KINDS[] = { "page_view",  "page_view",  "add_to_cart", "transaction",
                                             "video_play", "bet_placed", "screen_view" };
        const char *kind = KINDS[corpus_below(corpus, COUNT_OF(KINDS))];
        corpus->spaced = corpus_below(corpus, 12) == 0;
        buffer_add_char(&corpus->text, '{');
        corpus_text(corpus, "schema", kind);
        corpus_uuid(corpus, "id");
        corpus_time(corpus, "ts");
        corpus_text(corpus, "app", "shop-web");
        corpus_context(corpus);
        corpus_open(corpus, "props");
        corpus_key(corpus, "url");
        buffer_format(&corpus->text, "\"https://shop.example/%s/%d?utm_source=news&utm_campaign=w%d\"", kind,
                      (int)corpus_below(corpus, 100000), (int)corpus_below(corpus, 53));
        if (corpus_below(corpus, 2))
                corpus_text(corpus, "referrer", "https://www.search.example/");
        corpus_number(corpus, "position", 10000, false);
        corpus_key(corpus, "logged_in");
        buffer_add(&corpus->text, corpus_below(corpus, 2) ? SLICE("true") : SLICE("false"));
        corpus_key(corpus, "items");
        for (uint64_t i = 0, count = 1 + corpus_below(corpus, 3); i < count; i++) {
                buffer_add(&corpus->text, i ? SLICE(",{") : SLICE("[{"));
                corpus_text(corpus, "sku", "SKU-004711");
                corpus_number(corpus, "price", 500, true);
                corpus_number(corpus, "quantity", 5, false);
                corpus_close(corpus);
        }
        buffer_add_char(&corpus->text, ']');
        if (corpus_below(corpus, 2)) {
                corpus_key(corpus, "coupon");
                buffer_add(&corpus->text, SLICE("null"));
        }
        corpus_close(corpus);
        corpus_close(corpus);
}

/* One line an event, with READABLE_PADDING behind the last. */
static inline struct corpus *corpus_new(void)
{
        struct corpus *corpus = memory_get(sizeof(*corpus));
        random_init_fixed(&corpus->random, 20261121);
        corpus->count = measure_events(CORPUS_EVENTS);
        buffer_init(&corpus->text, (size_t)1 << 30);
        for (size_t i = 0; i < CORPUS_EVENTS; i++) {
                size_t start = corpus->text.size;
                corpus_event(corpus);
                corpus->events[i].size = corpus->text.size - start;
                buffer_add_char(&corpus->text, '\n');
        }
        for (size_t i = 0; i < READABLE_PADDING; i++)
                buffer_add_char(&corpus->text, 0);
        const char *at = corpus->text.data;
        for (size_t i = 0; i < CORPUS_EVENTS; at += corpus->events[i++].size + 1)
                corpus->events[i].data = at;
        return corpus;
}
static inline void corpus_free(struct corpus *corpus)
{
        buffer_done(&corpus->text);
        free(corpus);
}

#endif
