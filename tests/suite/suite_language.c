/* For tests/suite/language: reads a tag a line, answers it canonically, or "-". With a second argument: an Accept-Language a
 * line, answers its tags in order. Usage: suite.language FOLDER [list] */
#include "enrich/language_tag.h"

int main(int argc, char **argv)
{
        struct errors errors = { 0 };
        struct language_codes *codes = argc >= 2 ? language_codes_load(argv[1], &errors) : NULL;
        errors_print(&errors, stderr);
        if (!codes)
                return 1;
        char line[1024];
        while (fgets(line, sizeof(line), stdin)) {
                struct slice text = { line, strcspn(line, "\n") };
                struct language_list list = { .count = 1 };
                if (argc > 2)
                        language_list_read(codes, text, &list);
                else if (!language_tag_read(codes, text, &list.tag[0]))
                        list.count = 0;
                for (size_t i = 0; i < list.count; i++)
                        printf("%s%.*s", i ? " " : "", (int)list.tag[i].size, list.tag[i].text);
                puts(list.count ? "" : "-");
        }
        fprintf(stderr, "%zu languages, %zu bytes\n", language_codes_count(codes), language_codes_memory(codes));
        language_codes_free(codes);
        return 0;
}
