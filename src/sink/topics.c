#include "sink/topics.h"
#include "base/hash.h"

#define SLOT_COUNT (2u * TOPICS_MAX)       /* a power of two, at most half full */

bool topic_valid(struct slice name)
{
        if (name.size == 0 || name.size > TOPIC_NAME_MAX || slice_equal(name, SLICE(".")) || slice_equal(name, SLICE("..")))
                return false;
        for (size_t i = 0; i < name.size; i++) {
                char c = name.data[i];
                bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'), digit = c >= '0' && c <= '9';
                if (!letter && !digit && c != '.' && c != '_' && c != '-')
                        return false;
        }
        return true;
}

void topics_init(struct topics *topics)
{
        *topics = (struct topics){
                .names = memory_get(TOPICS_MAX * sizeof(*topics->names)),
                .slots = memory_get(SLOT_COUNT * sizeof(*topics->slots)),
                .seed = hash_process_seed(),
        };
}

void topics_done(struct topics *topics)
{
        for (uint16_t i = 0; i < topics->count; i++)
                free((char *)topics->names[i].data);
        free(topics->names);
        free(topics->slots);
        *topics = (struct topics){ 0 };
}

uint16_t topics_number(struct topics *topics, struct slice name)
{
        if (name.size == 0 || name.size > TOPIC_NAME_MAX)
                return UINT16_MAX;
        if (topics->count && slice_equal(topics->names[topics->last], name))
                return topics->last;
        size_t slot = hash_bytes(name.data, name.size, topics->seed) & (SLOT_COUNT - 1);
        for (; topics->slots[slot]; slot = (slot + 1) & (SLOT_COUNT - 1))
                if (slice_equal(topics->names[topics->slots[slot] - 1], name))
                        return topics->last = topics->slots[slot] - 1;
        if (topics->count == TOPICS_MAX || !topic_valid(name))
                return UINT16_MAX;
        topics->names[topics->count] = (struct slice){ slice_copy(name), name.size };
        topics->slots[slot] = ++topics->count;
        return topics->last = topics->count - 1;
}
