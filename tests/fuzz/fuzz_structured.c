/* Any bytes as a structured field: what is read lies inside the field, and an Item is a List of one. */
#include "enrich/structured.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_member(const struct structured_member *member, struct slice field)
{
        struct slice text = member->value.text, parameters = member->parameters;
        BUG_IF(text.size && (text.data < field.data || text.data + text.size > field.data + field.size));
        BUG_IF(parameters.size && (parameters.data < field.data || parameters.data + parameters.size > field.data + field.size));
        if (member->value.type == STRUCTURED_STRING) {
                char *plain = memory_get(text.size + 1);
                BUG_IF(structured_unescape(text, plain) > text.size);
                free(plain);
        }
        struct structured_value value;
        (void)structured_parameter(member, SLICE("v"), &value);
        if (parameters.size > 1 && parameters.data[1] != ' ') {
                size_t key = 0;
                while (1 + key < parameters.size && !strchr("=;", parameters.data[1 + key]))
                        key++;
                BUG_IF(!structured_parameter(member, (struct slice){ parameters.data + 1, key }, &value));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct structured_member members[16], alone;
        size_t count = 0;
        char  *exact = malloc(size ? size : 1);    /* no byte more, so that a read past its end is seen */
        BUG_IF(!exact);
        memcpy(exact, data, size);
        struct slice field = { exact, size };
        bool list = structured_list(field, members, COUNT_OF(members), &count), item = structured_item(field, &alone);
        for (size_t i = 0; list && i < count; i++)
                check_member(&members[i], field);
        if (item) {
                check_member(&alone, field);
                BUG_IF(!list || count != 1 || alone.value.type != members[0].value.type);
        }
        free(exact);
        return 0;
}
