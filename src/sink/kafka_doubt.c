/* Confirmations that are none. A broker takes a producer's first batch of a partition whatever its number is. When the batch
 * with number 0 came a moment too early, as the topic was just being made, and the next one is taken, the first comes again
 * behind it, and the broker says that its number is out of order. librdkafka takes that for "it was there before", as the
 * next one was confirmed, and reports success; but nobody has the records. It gives itself away: no broker has said where
 * they are. What is really there before is confirmed with its place (a broker remembers the last five batches of a producer),
 * or is older than those: then it comes twice, which an event's `id` removes. */
#include "kafka.h"

#define NO_DOUBT INT64_MIN

/* Where the broker says nothing, librdkafka counts on from a place below 0: -1, 0, 1 ... So whatever follows in that row is
 * doubtful, too. */
bool confirmation_doubtful(struct kafka_spread *spread, const rd_kafka_message_t *message)
{
        uint32_t partition = (uint32_t)message->partition;
        bool followed = partition < spread->doubts && spread->doubt[partition] == message->offset;
        if (LIKELY(message->offset >= 0 && !followed)) {
                if (UNLIKELY(partition < spread->doubts))
                        spread->doubt[partition] = NO_DOUBT;
                return false;
        }
        if (message->partition < 0)
                return true;
        if (partition >= spread->doubts) {
                spread->doubt = memory_grow(spread->doubt, (partition + 1) * sizeof(*spread->doubt));
                while (spread->doubts <= partition)
                        spread->doubt[spread->doubts++] = NO_DOUBT;
        }
        spread->doubt[partition] = message->offset + 1;
        return true;
}
