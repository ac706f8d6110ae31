/* \p{...} in patterns: which names ECMA-262 knows, and what they hold. The Unicode tables are PCRE2's: the property is asked
 * once over every code point when a pattern is compiled (some milliseconds), so that the house has one Unicode version and no
 * tables of its own. */
#include "schema/pattern_tree.h"
#include "base/utf8.h"
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* ECMA-262, table 68 (values of General_Category): long names and aliases, and PCRE2's. Sorted by name. */
static const struct {
        const char *name, *pcre2;
} CATEGORIES[] = {
        { "C", "C" }, { "Cased_Letter", "L&" }, { "Cc", "Cc" }, { "Cf", "Cf" }, { "Close_Punctuation", "Pe" }, { "Cn", "Cn" },
        { "Co", "Co" }, { "Combining_Mark", "M" }, { "Connector_Punctuation", "Pc" }, { "Control", "Cc" }, { "Cs", "Cs" },
        { "Currency_Symbol", "Sc" }, { "Dash_Punctuation", "Pd" }, { "Decimal_Number", "Nd" }, { "Enclosing_Mark", "Me" },
        { "Final_Punctuation", "Pf" }, { "Format", "Cf" }, { "Initial_Punctuation", "Pi" }, { "L", "L" }, { "LC", "L&" },
        { "Letter", "L" }, { "Letter_Number", "Nl" }, { "Line_Separator", "Zl" }, { "Ll", "Ll" }, { "Lm", "Lm" }, { "Lo", "Lo" },
        { "Lowercase_Letter", "Ll" }, { "Lt", "Lt" }, { "Lu", "Lu" }, { "M", "M" }, { "Mark", "M" }, { "Math_Symbol", "Sm" },
        { "Mc", "Mc" }, { "Me", "Me" }, { "Mn", "Mn" }, { "Modifier_Letter", "Lm" }, { "Modifier_Symbol", "Sk" }, { "N", "N" },
        { "Nd", "Nd" }, { "Nl", "Nl" }, { "No", "No" }, { "Nonspacing_Mark", "Mn" }, { "Number", "N" },
        { "Open_Punctuation", "Ps" }, { "Other", "C" }, { "Other_Letter", "Lo" }, { "Other_Number", "No" },
        { "Other_Punctuation", "Po" }, { "Other_Symbol", "So" }, { "P", "P" }, { "Paragraph_Separator", "Zp" }, { "Pc", "Pc" },
        { "Pd", "Pd" }, { "Pe", "Pe" }, { "Pf", "Pf" }, { "Pi", "Pi" }, { "Po", "Po" }, { "Private_Use", "Co" }, { "Ps", "Ps" },
        { "Punctuation", "P" }, { "S", "S" }, { "Sc", "Sc" }, { "Separator", "Z" }, { "Sk", "Sk" }, { "Sm", "Sm" },
        { "So", "So" },
        { "Space_Separator", "Zs" }, { "Spacing_Mark", "Mc" }, { "Surrogate", "Cs" }, { "Symbol", "S" },
        { "Titlecase_Letter", "Lt" }, { "Unassigned", "Cn" }, { "Uppercase_Letter", "Lu" }, { "Z", "Z" }, { "Zl", "Zl" },
        { "Zp", "Zp" }, { "Zs", "Zs" }, { "cntrl", "Cc" }, { "digit", "Nd" }, { "punct", "P" },
};
/* ECMA-262, table 67 (binary properties). `pcre2` NULL: PCRE2 calls it by the same name. */
static const struct {
        const char *name, *alias, *pcre2;
} BINARIES[] = {
        { "ASCII", NULL, NULL }, { "ASCII_Hex_Digit", "AHex", NULL }, { "Alphabetic", "Alpha", NULL }, { "Any", NULL, NULL },
        { "Assigned", NULL, "^Cn" }, { "Bidi_Control", "Bidi_C", NULL }, { "Bidi_Mirrored", "Bidi_M", NULL },
        { "Case_Ignorable", "CI", NULL }, { "Cased", NULL, NULL }, { "Changes_When_Casefolded", "CWCF", NULL },
        { "Changes_When_Casemapped", "CWCM", NULL }, { "Changes_When_Lowercased", "CWL", NULL },
        { "Changes_When_NFKC_Casefolded", "CWKCF", NULL }, { "Changes_When_Titlecased", "CWT", NULL },
        { "Changes_When_Uppercased", "CWU", NULL }, { "Dash", NULL, NULL }, { "Default_Ignorable_Code_Point", "DI", NULL },
        { "Deprecated", "Dep", NULL }, { "Diacritic", "Dia", NULL }, { "Emoji", NULL, NULL },
        { "Emoji_Component", "EComp", NULL },
        { "Emoji_Modifier", "EMod", NULL }, { "Emoji_Modifier_Base", "EBase", NULL }, { "Emoji_Presentation", "EPres", NULL },
        { "Extended_Pictographic", "ExtPict", NULL }, { "Extender", "Ext", NULL }, { "Grapheme_Base", "Gr_Base", NULL },
        { "Grapheme_Extend", "Gr_Ext", NULL }, { "Hex_Digit", "Hex", NULL }, { "IDS_Binary_Operator", "IDSB", NULL },
        { "IDS_Trinary_Operator", "IDST", NULL }, { "ID_Continue", "IDC", NULL }, { "ID_Start", "IDS", NULL },
        { "Ideographic", "Ideo", NULL }, { "Join_Control", "Join_C", NULL }, { "Logical_Order_Exception", "LOE", NULL },
        { "Lowercase", "Lower", NULL }, { "Math", NULL, NULL }, { "Noncharacter_Code_Point", "NChar", NULL },
        { "Pattern_Syntax", "Pat_Syn", NULL }, { "Pattern_White_Space", "Pat_WS", NULL }, { "Quotation_Mark", "QMark", NULL },
        { "Radical", NULL, NULL }, { "Regional_Indicator", "RI", NULL }, { "Sentence_Terminal", "STerm", NULL },
        { "Soft_Dotted", "SD", NULL }, { "Terminal_Punctuation", "Term", NULL }, { "Unified_Ideograph", "UIdeo", NULL },
        { "Uppercase", "Upper", NULL }, { "Variation_Selector", "VS", NULL }, { "White_Space", "space", NULL },
        { "XID_Continue", "XIDC", NULL }, { "XID_Start", "XIDS", NULL },
};

static const char *category_find(struct slice name)
{
        for (size_t i = 0; i < COUNT_OF(CATEGORIES); i++)
                if (slice_equal(slice_of(CATEGORIES[i].name), name))
                        return CATEGORIES[i].pcre2;
        return NULL;
}

static const char *binary_find(struct slice name)
{
        for (size_t i = 0; i < COUNT_OF(BINARIES); i++)
                if (slice_equal(slice_of(BINARIES[i].name), name) ||
                    (BINARIES[i].alias && slice_equal(slice_of(BINARIES[i].alias), name)))
                        return BINARIES[i].pcre2 ? BINARIES[i].pcre2 : BINARIES[i].name;
        return NULL;
}

/* "Script=Greek" and the like. PCRE2 knows the scripts, but is lax about case, '-' and '_'; the standard is not: every word
 * begins with a capital. */
static bool script_name(struct slice name, char *text, size_t size, const char *prefix)
{
        bool begin = true;
        for (size_t i = 0; i < name.size; i++) {
                char c = name.data[i];
                bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';
                if (c == '_' ? begin : begin ? !upper : !lower && slice_equal(name, SLICE("SignWriting")) == false)
                        return false;
                begin = c == '_';
        }
        if (name.size == 0 || name.size > 40)
                return false;
        (void)snprintf(text, size, "%s:%.*s", prefix, SLICE_ARGS(name));
        return true;
}

static const struct {
        const char *key, *pcre2;        /* pcre2 NULL: a category */
} KEYS[] = {
        { "General_Category", NULL }, { "Script", "sc" }, { "Script_Extensions", "scx" }, { "gc", NULL }, { "sc", "sc" },
        { "scx", "scx" },
};

/* PCRE2's word for the property, or false. */
static bool property_translate(struct slice property, char *text, size_t size)
{
        const char *equals = memchr(property.data, '=', property.size);
        if (!equals) {
                const char *name = category_find(property);
                if (!name)
                        name = binary_find(property);
                if (name)
                        (void)snprintf(text, size, "%s", name);
                return name != NULL;
        }
        struct slice key = slice_between(property.data, equals);
        struct slice value = slice_between(equals + 1, property.data + property.size);
        for (size_t i = 0; i < COUNT_OF(KEYS); i++) {
                if (!slice_equal(slice_of(KEYS[i].key), key))
                        continue;
                if (KEYS[i].pcre2)
                        return script_name(value, text, size, KEYS[i].pcre2);
                const char *name = category_find(value);
                if (name)
                        (void)snprintf(text, size, "%s", name);
                return name != NULL;
        }
        return false;
}

/* Planes 4 to 13 (not assigned), 15 and 16 (private use): all characters are alike but the last two of a plane, so that one
 * speaks for its block. */
#define BLOCK 4096
static bool block_is_uniform(uint32_t block)
{
        uint32_t plane = block >> 16;
        return ((plane >= 4 && plane <= 13) || plane >= 15) && (block & 0xFFFF) != 0x10000 - BLOCK;
}

/* Asks the code for every run of characters it takes, a block of code points at a time. */
static bool set_add_matches(struct arena *arena, struct charset *set, const pcre2_code *code, pcre2_match_data *data)
{
        char text[BLOCK * 4];
        for (uint32_t block = 0; block <= CODE_POINT_MAX; block += BLOCK) {
                if (block >= 0xD800 && block < 0xE000)
                        continue;
                size_t size = 0;
                uint32_t end = block == 0xD000 ? 0xD800 : block + BLOCK;
                bool whole = block_is_uniform(block);
                for (uint32_t c = block; c < (whole ? block + 1 : end); c++)
                        size += utf8_encode(c, text + size);
                for (size_t from = 0; from < size;) {
                        int found = pcre2_match(code, (PCRE2_SPTR)text, size, from, PCRE2_NO_UTF_CHECK, data, NULL);
                        if (found < 0)
                                break;
                        const size_t *ends = pcre2_get_ovector_pointer(data);
                        size_t last = ends[1] - 1;
                        while (((unsigned char)text[last] & 0xC0) == 0x80)
                                last--;
                        uint32_t to = whole ? end - 1 : utf8_decode(text + last, ends[1] - last);
                        if (!charset_add(arena, set, utf8_decode(text + ends[0], utf8_length(text + ends[0], text + size)), to))
                                return false;
                        from = ends[1];
                }
        }
        return true;
}

bool charset_add_property(struct arena *arena, struct charset *set, struct slice property, struct error *err)
{
        char name[64], expression[80];
        if (property.size == 0 || !property_translate(property, name, sizeof(name)))
                return error_set(err, "there is no Unicode property '%.*s'", SLICE_ARGS(property));
        (void)snprintf(expression, sizeof(expression), "\\p{%s}+", name);

        int number;
        size_t offset;
        uint32_t options = PCRE2_UTF | PCRE2_NO_START_OPTIMIZE;
        pcre2_code *code = pcre2_compile((PCRE2_SPTR)expression, PCRE2_ZERO_TERMINATED, options, &number, &offset, NULL);
        if (!code)
                return error_set(err, "there is no Unicode property '%.*s'", SLICE_ARGS(property));
        if (!set) {
                pcre2_code_free(code);
                return true;
        }
        (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
        pcre2_match_data *data = pcre2_match_data_create(1, NULL);
        bool done = data && set_add_matches(arena, set, code, data);
        pcre2_match_data_free(data);
        pcre2_code_free(code);
        return done || error_set(err, "the pattern is too large");
}

bool charset_is_name(struct slice name)
{
        static const char EXPRESSION[] = "\\A[$_\\p{ID_Start}][$_\\x{200C}\\x{200D}\\p{ID_Continue}]*+\\z";
        int number;
        size_t offset;
        pcre2_code *code = pcre2_compile((PCRE2_SPTR)EXPRESSION, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &number, &offset, NULL);
        pcre2_match_data *data = pcre2_match_data_create(1, NULL);
        BUG_IF(!code || !data);
        bool is_name = pcre2_match(code, (PCRE2_SPTR)name.data, name.size, 0, PCRE2_NO_UTF_CHECK, data, NULL) >= 0;
        pcre2_match_data_free(data);
        pcre2_code_free(code);
        return is_name;
}
