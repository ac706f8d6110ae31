/* The enrichment text: how long a text of the event is. */
#include "base/utf8.h"
#include "enrich/enrichment.h"
#include "enrich/setting.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* What it gives, `text.INSTANCE.NAME`. */
enum { CHARACTERS, WORDS, BYTES, GIVES };
static const struct { const char *name, *doc; } ROWS[GIVES] = {
        [CHARACTERS] = { "characters", "Characters (code points) of the text." },
        [WORDS]      = { "words", "Its words: what white space separates." },
        [BYTES]      = { "bytes", "Its bytes in UTF-8." },
};

struct text_length {
        struct source_list from;
        enum field         field[GIVES];
};

static const struct enrich_setting SETTINGS[] = {
        { "from", NULL,
          "The text: a JSON pointer into the data, a member of the envelope, a data point; of a list the first that the "
          "event has." },
        { NULL, NULL, NULL },
};

static void text_length_unload(void *state)
{
        struct text_length *length = state;
        if (!length)
                return;
        source_list_done(&length->from);
        free(length);
}

static void *text_length_load(const struct enrich_setup *setup, struct errors *errors)
{
        struct text_length *length = memory_get(sizeof(*length));
        bool good = source_list_load(&length->from, setup, errors, "from");
        char name[200];
        for (size_t i = 0; i < GIVES && good; i++) {
                (void)snprintf(name, sizeof(name), "text.%s.%s", setup->instance, ROWS[i].name);
                length->field[i] = layout_own(setup->layout, name, "long", ROWS[i].doc);
                if (length->field[i] == FIELD_NONE)
                        good = setup_error(setup, errors, "kind",
                                           "%s cannot be a field: the name of the enrichment must be made of "
                                           "small letters, digits and _",
                                           name);
        }
        if (good)
                return length;
        text_length_unload(length);
        return NULL;
}

/* White_Space of Unicode, past ASCII. */
static bool is_wide_space(uint32_t character)
{
        return character == 0x85 || character == 0xA0 || character == 0x1680 || (character >= 0x2000 && character <= 0x200A) ||
               character == 0x2028 || character == 0x2029 || character == 0x202F || character == 0x205F || character == 0x3000;
}

struct measure {
        int64_t characters, words;
        bool    inside;            /* a word is open */
};

/* Characters that begin before `end`, which need not end there; the text does at `last`. Behind the last one of them. */
static const char *measure_slowly(struct measure *measure, const char *at, const char *end, const char *last)
{
        for (size_t size; at < end; at += size, measure->characters++) {
                unsigned char c = (unsigned char)*at;
                bool space;
                if (LIKELY(c < 0x80)) {
                        size = 1;
                        space = c == ' ' || (c >= '\t' && c <= '\r');
                } else {
                        size = utf8_length(at, last);
                        size = size ? size : 1;
                        space = size > 1 && is_wide_space(utf8_decode(at, size));
                }
                measure->words += !space && !measure->inside;
                measure->inside = !space;
        }
        return at;
}

#ifdef __SSE2__
/* Sixteen bytes at a time, as long as they are ASCII. */
static const char *measure_quickly(struct measure *measure, const char *at, const char *last)
{
        const __m128i blank = _mm_set1_epi8(' '), before = _mm_set1_epi8('\t' - 1), behind = _mm_set1_epi8('\r' + 1);
        while (last - at >= 16) {
                __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
                if (_mm_movemask_epi8(bytes)) {
                        at = measure_slowly(measure, at, at + 16, last);
                        continue;
                }
                __m128i control = _mm_and_si128(_mm_cmpgt_epi8(bytes, before), _mm_cmplt_epi8(bytes, behind));
                unsigned word = 0xFFFF & ~(unsigned)_mm_movemask_epi8(_mm_or_si128(control, _mm_cmpeq_epi8(bytes, blank)));
                measure->words += __builtin_popcount(word & ~(word << 1 | measure->inside));
                measure->inside = word >> 15;
                measure->characters += 16;
                at += 16;
        }
        return at;
}
#else
static const char *measure_quickly(struct measure *measure, const char *at, const char *last)
{
        (void)measure, (void)last;
        return at;
}
#endif

static void text_measure(struct slice text, int64_t ret_counts[static GIVES])
{
        struct measure measure = { 0 };
        const char *last = slice_end(text), *at = measure_quickly(&measure, text.data, last);
        (void)measure_slowly(&measure, at, last, last);
        ret_counts[CHARACTERS] = measure.characters;
        ret_counts[WORDS] = measure.words;
        ret_counts[BYTES] = (int64_t)text.size;
}

static void text_length_run(void *scratch, struct subject *subject)
{
        const struct text_length *length = scratch;
        int64_t counts[GIVES];
        struct field_desk desk;
        struct slice text = source_list_text(&length->from, subject);
        if (!text.data || !desk_open(&desk, subject, GIVES * 24))
                return;
        text_measure(text, counts);
        for (size_t i = 0; i < GIVES; i++)
                writer_integer(&desk.writer, length->field[i], counts[i]);
        desk_close(&desk, subject);
}

extern const struct enrichment ENRICHMENT_text;
const struct enrichment ENRICHMENT_text = {
        .name = "text",
        .stage = STAGE_enrich_text,
        .doc = "How long a text is, for one that must not be handed on, or is too long to count later: "
               "`text.INSTANCE.characters`,\n"
               "`words` and `bytes`. Words are what Unicode's white space separates, so that a language without spaces has one. "
               "An\n"
               "empty text gives nothing.",
        .many = true,
        .settings = SETTINGS,
        .gives = (const enum field[]){ FIELD_COUNT },
        .load = text_length_load,
        .unload = text_length_unload,
        .run = text_length_run,
};
