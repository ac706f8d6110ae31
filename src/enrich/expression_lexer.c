/* An expression's text as tokens. */
#include "expression_inner.h"

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_word(char c) { return is_letter(c) || is_digit(c); }
/* What a pointer without quotes may hold; anything else wants `/a pointer`. */
static bool is_pointer(char c) { return is_word(c) || (unsigned char)c >= 0x80 || (c && strchr("/-._~:@$%", c)); }

static const struct { const char *word; enum token_kind kind; } WORDS[] = {
        { "and", TOKEN_AND }, { "or", TOKEN_OR }, { "not", TOKEN_NOT }, { "in", TOKEN_IN }, { "matches", TOKEN_MATCHES },
        { "true", TOKEN_TRUE }, { "false", TOKEN_FALSE },
};
/* Longer ones first. `instead`: what somebody who writes this wants. */
static const struct { const char *sign; enum token_kind kind; const char *instead;
} SIGNS[] = {
        { "==", TOKEN_EQUAL, NULL },         { "!=", TOKEN_UNEQUAL, NULL },   { "<=", TOKEN_LESS_EQUAL, NULL },
        { ">=", TOKEN_GREATER_EQUAL, NULL }, { "<>", TOKEN_WRONG, "!=" },     { "&&", TOKEN_WRONG, "and" },
        { "||", TOKEN_WRONG, "or" },         { "=", TOKEN_WRONG, "==" },      { "!", TOKEN_WRONG, "not" },
        { "<", TOKEN_LESS, NULL },           { ">", TOKEN_GREATER, NULL },    { "+", TOKEN_PLUS, NULL },
        { "-", TOKEN_MINUS, NULL },          { "*", TOKEN_TIMES, NULL },      { "/", TOKEN_SLASH, NULL },
        { "&", TOKEN_JOIN, NULL },           { "(", TOKEN_OPEN, NULL },       { ")", TOKEN_CLOSE, NULL },
        { "[", TOKEN_LIST_OPEN, NULL },      { "]", TOKEN_LIST_CLOSE, NULL }, { ",", TOKEN_COMMA, NULL },
        { ":", TOKEN_COLON, NULL },
};

static struct token finish(struct lexer *lexer, struct token *token, enum token_kind kind, const char *end)
{
        token->kind = kind;
        token->source.size = (size_t)(end - token->source.data);
        lexer->at = end;
        return *token;
}

/* Between " or '; the escapes are those of JSON without \u. */
static struct token read_text(struct lexer *lexer, struct token *token)
{
        static const char ESCAPES[] = "\"\"''\\\\//n\nt\tr\rb\bf\f";
        char quote = *lexer->at;
        token->plain.data = lexer->plain;
        for (const char *at = lexer->at + 1; at < lexer->end; at++) {
                if (*at == quote) {
                        token->plain.size = (size_t)(lexer->plain - token->plain.data);
                        return finish(lexer, token, TOKEN_TEXT, at + 1);
                }
                char c = *at;
                if (c == '\\') {
                        at++;
                        size_t i = 0;
                        while (at < lexer->end && ESCAPES[i] && ESCAPES[i] != *at)
                                i += 2;
                        if (at == lexer->end || !ESCAPES[i]) {
                                (void)error_set(&lexer->wrong, "behind '\\' stands one of \" ' \\ / n t r b f");
                                return finish(lexer, token, TOKEN_WRONG, lexer->end);
                        }
                        c = ESCAPES[i + 1];
                }
                *lexer->plain++ = c;
        }
        (void)error_set(&lexer->wrong, "the text has no %c at its end", quote);
        return finish(lexer, token, TOKEN_WRONG, lexer->end);
}

static struct token read_number(struct lexer *lexer, struct token *token)
{
        const char *at = lexer->at;
        while (at < lexer->end && (is_word(*at) || *at == '.' || ((*at == '+' || *at == '-') && (at[-1] | 0x20) == 'e')))
                at++;
        if (decimal_parse(slice_between(lexer->at, at), &token->number))
                return finish(lexer, token, TOKEN_NUMBER, at);
        (void)error_set(&lexer->wrong, "'%.*s' is no number, or one of more than %d digits", (int)(at - lexer->at), lexer->at,
                        DECIMAL_DIGITS);
        return finish(lexer, token, TOKEN_WRONG, at);
}

static struct token read_name(struct lexer *lexer, struct token *token)
{
        const char *at = lexer->at;
        bool dotted = false;
        while (at < lexer->end && is_word(*at)) {
                at++;
                if (at + 1 < lexer->end && *at == '.' && is_word(at[1]))
                        dotted = true, at++;
        }
        token->plain = slice_between(lexer->at, at);
        for (size_t i = 0; i < COUNT_OF(WORDS); i++)
                if (slice_equal(token->plain, slice_of(WORDS[i].word)))
                        return finish(lexer, token, WORDS[i].kind, at);
        return finish(lexer, token, dotted ? TOKEN_NAME : TOKEN_WORD, at);
}

static struct token read_quoted_name(struct lexer *lexer, struct token *token)
{
        const char *end = memchr(lexer->at + 1, '`', (size_t)(lexer->end - lexer->at - 1));
        if (end && end > lexer->at + 1) {
                token->plain = slice_between(lexer->at + 1, end);
                return finish(lexer, token, TOKEN_NAME, end + 1);
        }
        (void)error_set(&lexer->wrong, end ? "a name is missing between the ` `" : "the name has no ` at its end");
        return finish(lexer, token, TOKEN_WRONG, lexer->end);
}

static struct token read_sign(struct lexer *lexer, struct token *token)
{
        size_t left = (size_t)(lexer->end - lexer->at);
        for (size_t i = 0; i < COUNT_OF(SIGNS); i++) {
                size_t size = strlen(SIGNS[i].sign);
                if (size > left || memcmp(lexer->at, SIGNS[i].sign, size) != 0)
                        continue;
                if (SIGNS[i].instead)
                        (void)error_set(&lexer->wrong, "there is no '%s'; write '%s'", SIGNS[i].sign, SIGNS[i].instead);
                return finish(lexer, token, SIGNS[i].kind, lexer->at + size);
        }
        unsigned char c = (unsigned char)*lexer->at;
        if (c > 0x20 && c < 0x7F)
                (void)error_set(&lexer->wrong, "'%c' means nothing here", c);
        else
                (void)error_set(&lexer->wrong, "a character that means nothing here; a name that holds it stands between ` `");
        return finish(lexer, token, TOKEN_WRONG, lexer->at + 1);
}

struct token lexer_next(struct lexer *lexer, bool operand)
{
        while (lexer->at < lexer->end && *lexer->at && strchr(" \t\r\n", *lexer->at))
                lexer->at++;
        struct token token = { .source = { lexer->at, 0 } };
        if (lexer->at == lexer->end)
                return finish(lexer, &token, TOKEN_END, lexer->at);
        char c = *lexer->at;
        if (c == '"' || c == '\'')
                return read_text(lexer, &token);
        if (c == '`')
                return read_quoted_name(lexer, &token);
        if (is_digit(c))
                return read_number(lexer, &token);
        if (is_letter(c))
                return read_name(lexer, &token);
        if (c == '/' && operand) {
                const char *at = lexer->at;
                while (at < lexer->end && is_pointer(*at))
                        at++;
                token.plain = slice_between(lexer->at, at);
                return finish(lexer, &token, TOKEN_NAME, at);
        }
        return read_sign(lexer, &token);
}
