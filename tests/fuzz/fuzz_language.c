/* Any bytes as a language tag and as Accept-Language: what is read is canonical, and reading it again changes nothing. */
#include "enrich/language_tag.h"

static void tag_check(const struct language_codes *codes, const struct language_tag *tag)
{
        struct language_tag again;
        BUG_IF(tag->size < 2 || tag->size > LANGUAGE_TAG || !tag->language || tag->script >= tag->size);
        BUG_IF(tag->region + tag->region_size > tag->size);
        for (size_t i = 0; i < tag->size; i++)
                BUG_IF(!strchr("-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", tag->text[i]) || !tag->text[i]);
        BUG_IF(!language_tag_read(codes, (struct slice){ tag->text, tag->size }, &again));
        BUG_IF(again.size != tag->size || memcmp(again.text, tag->text, tag->size) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct language_codes *codes;       /* libFuzzer calls from one thread */
        struct errors errors = { 0 };
        if (!codes)
                codes = language_codes_load("/usr/share/iso-codes/json", &errors);
        errors_print(&errors, stderr);
        BUG_IF(!codes);
        struct language_tag  tag;
        struct language_list list;
        char *text = realloc(memory_get(size + 1), size ? size : 1);       /* so that a read past its end is seen */
        memcpy(text, data, size);
        if (language_tag_read(codes, (struct slice){ text, size }, &tag))
                tag_check(codes, &tag);
        language_list_read(codes, (struct slice){ text, size }, &list);
        BUG_IF(list.count > LANGUAGE_LIST || list.known < list.count);
        for (size_t i = 0; i < list.count; i++) {
                tag_check(codes, &list.tag[i]);
                BUG_IF(list.weight[i] == 0 || list.weight[i] > 1000 || (i && list.weight[i] > list.weight[i - 1]));
        }
        free(text);
        return 0;
}
