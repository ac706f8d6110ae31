/* The file `end` of a topic's lane: where the last whole commit ends.
 *
 * Of a commit that a power cut interrupts, later records may be there and earlier ones not: what is there of it must go, or the
 * earlier ones, which the main lane still has, would come behind the later ones. So nothing is released from the main lane before
 * this file says that it is whole. It has two pairs of blocks, which are written in turn: a power cut may spoil the pair that is
 * being written, and a disk one block; the newest that is whole counts. Each block begins as the file `position` does. */
#ifndef SINK_SPOOL_END_H
#define SINK_SPOOL_END_H
#include "sink/spool_log.h"

#define END_BLOCK 4096                     /* bytes */
#define END_PAIRS 2

/* Durably, to the pair of that number. False: errno. */
bool end_write(int file, unsigned pair, struct spool_place end);
/* False: it says nothing, and all that is there counts. *ret_pair: the one to write next. */
bool end_read(int file, struct spool_place *ret_end, unsigned *ret_pair);
#endif
