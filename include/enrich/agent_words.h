/* Words that our own tables ask a user agent for, each once, found in the same pass as the rules' literals. */
#ifndef ENRICH_AGENT_WORDS_H
#define ENRICH_AGENT_WORDS_H
#include "enrich/agent_literals.h"

#define WORDS_MAX 384
#define NO_WORD   UINT16_MAX
struct word_list {
        char   word[WORDS_MAX][LITERAL_MAX + 1];   /* lower-case, with sentinels (agent_literals.h) where they say so */
        size_t count;
};
/* The word's number, added where it is new; NULL: NO_WORD. Folded, and cut at LITERAL_MAX bytes. */
uint16_t word_number(struct word_list *list, const char *word);
/* `found`: bit i says that word i is in the text. */
static inline bool word_found(const uint64_t *found, uint16_t word) { return found[word / 64] >> word % 64 & 1; }
#endif
