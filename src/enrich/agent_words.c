#include "enrich/agent_words.h"

uint16_t word_number(struct word_list *list, const char *word)
{
        char   folded[LITERAL_MAX + 1] = "";
        size_t i = 0;
        if (!word)
                return NO_WORD;
        for (; word[i] && i < LITERAL_MAX; i++)
                folded[i] = (char)literal_fold((unsigned char)word[i]);
        BUG_IF(i < LITERAL_MIN);
        for (i = 0; i < list->count; i++)
                if (strcmp(list->word[i], folded) == 0)
                        return (uint16_t)i;
        BUG_IF(list->count == WORDS_MAX);
        memcpy(list->word[list->count], folded, sizeof(folded));
        return (uint16_t)list->count++;
}
