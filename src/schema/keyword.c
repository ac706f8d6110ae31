#include "keyword.h"

const struct keyword_row KEYWORDS[KEYWORD_COUNT] = {
#define KEYWORD(id, name, first, last, vocabulary, shape) \
        [KEYWORD_##id] = { SLICE_INIT(name), first, last, VOCABULARY_##vocabulary, SHAPE_##shape },
#include "keywords.def"
#undef KEYWORD
};

enum keyword keyword_find(struct slice name, unsigned draft)
{
        for (int i = 0; i < KEYWORD_COUNT; i++)
                if (slice_equal(KEYWORDS[i].name, name) && draft >= KEYWORDS[i].first && draft <= KEYWORDS[i].last)
                        return (enum keyword)i;
        return KEYWORD_COUNT;
}

unsigned draft_find(struct slice uri)
{
        static const struct { struct slice uri; unsigned draft; } DRAFTS[] = {
                { SLICE_INIT("json-schema.org/draft-04/schema"),      4 },
                { SLICE_INIT("json-schema.org/draft-06/schema"),      6 },
                { SLICE_INIT("json-schema.org/draft-07/schema"),      7 },
                { SLICE_INIT("json-schema.org/draft/2019-09/schema"), 2019 },
                { SLICE_INIT("json-schema.org/draft/2020-12/schema"), 2020 },
                { SLICE_INIT("json-schema.org/schema"),               2020 },
                { SLICE_INIT("iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0"), 4 },
        };
        static const struct slice SCHEMES[] = { SLICE_INIT("http://"), SLICE_INIT("https://") };
        if (uri.size && uri.data[uri.size - 1] == '#')
                uri.size--;
        for (size_t i = 0; i < COUNT_OF(SCHEMES); i++) {
                if (!slice_starts_with(uri, SCHEMES[i]))
                        continue;
                struct slice rest = { uri.data + SCHEMES[i].size, uri.size - SCHEMES[i].size };
                for (size_t row = 0; row < COUNT_OF(DRAFTS); row++)
                        if (slice_equal(rest, DRAFTS[row].uri))
                                return DRAFTS[row].draft;
        }
        return 0;
}

unsigned vocabulary_find(struct slice uri)
{
        static const struct { struct slice uri; unsigned bits; } VOCABULARIES[] = {
                { SLICE_INIT("https://json-schema.org/draft/2019-09/vocab/core"),       VOCABULARY_CORE },
                { SLICE_INIT("https://json-schema.org/draft/2019-09/vocab/applicator"),
                  VOCABULARY_APPLICATOR | VOCABULARY_UNEVALUATED },
                { SLICE_INIT("https://json-schema.org/draft/2019-09/vocab/validation"), VOCABULARY_VALIDATION },
                { SLICE_INIT("https://json-schema.org/draft/2019-09/vocab/meta-data"),  VOCABULARY_META },
                { SLICE_INIT("https://json-schema.org/draft/2019-09/vocab/format"),     VOCABULARY_FORMAT },
                { SLICE_INIT("https://json-schema.org/draft/2019-09/vocab/content"),    VOCABULARY_CONTENT },
                { SLICE_INIT("https://json-schema.org/draft/2020-12/vocab/core"),       VOCABULARY_CORE },
                { SLICE_INIT("https://json-schema.org/draft/2020-12/vocab/applicator"), VOCABULARY_APPLICATOR },
                { SLICE_INIT("https://json-schema.org/draft/2020-12/vocab/unevaluated"), VOCABULARY_UNEVALUATED },
                { SLICE_INIT("https://json-schema.org/draft/2020-12/vocab/validation"), VOCABULARY_VALIDATION },
                { SLICE_INIT("https://json-schema.org/draft/2020-12/vocab/meta-data"),  VOCABULARY_META },
                { SLICE_INIT("https://json-schema.org/draft/2020-12/vocab/format-annotation"), VOCABULARY_FORMAT },
                { SLICE_INIT("https://json-schema.org/draft/2020-12/vocab/format-assertion"),
                  VOCABULARY_FORMAT | VOCABULARY_FORMAT_ASSERTED },
                { SLICE_INIT("https://json-schema.org/draft/2020-12/vocab/content"),    VOCABULARY_CONTENT },
        };
        for (size_t i = 0; i < COUNT_OF(VOCABULARIES); i++)
                if (slice_equal(uri, VOCABULARIES[i].uri))
                        return VOCABULARIES[i].bits;
        return 0;
}
