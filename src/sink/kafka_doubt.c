/* Confirmations that are none. A broker takes a producer's first batch of a partition whatever its number is. When the batch
 * with number 0 came a moment too early, as the topic was just being made, and the next one is taken, the first comes again
 * behind it, and the broker says that its number is out of order. librdkafka takes that for "it was there before", as the
 * next one was confirmed, and reports success; but nobody has the records. It gives itself away: no broker has said where
 * they are. What is really there before is confirmed with its place (a broker remembers the last five batches of a producer),
 * or is older than those: then it comes twice, which an event's `id` removes. */
#include "kafka.h"

/* Where the broker says nothing, librdkafka counts on from a place below 0: -1, 0, 1 ... So whatever follows in that row is
 * doubtful, too. But a new topic's first places are 0, 1 ... as well, and a batch that really has them may be the next one. So
 * the row goes no further than what was under way when it began: else one that happens to fit would be taken for its end, and so
 * would each that follows, sent again and again for ever. */
bool confirmation_doubtful(struct kafka_spread *spread, const rd_kafka_message_t *message, size_t open)
{
        uint32_t partition = (uint32_t)message->partition;
        struct kafka_doubt *doubt = partition < spread->doubts ? &spread->doubt[partition] : NULL;
        bool followed = doubt && doubt->left > 0 && doubt->next == message->offset;
        if (LIKELY(message->offset >= 0 && !followed)) {
                if (UNLIKELY(doubt != NULL))
                        doubt->left = 0;
                return false;
        }
        if (message->partition < 0)
                return true;
        if (!doubt) {
                spread->doubt = memory_grow(spread->doubt, (partition + 1) * sizeof(*spread->doubt));
                while (spread->doubts <= partition)
                        spread->doubt[spread->doubts++] = (struct kafka_doubt){ 0 };
                doubt = &spread->doubt[partition];
        }
        doubt->left = followed ? doubt->left - 1 : open - 1;
        doubt->next = message->offset + 1;
        return true;
}
