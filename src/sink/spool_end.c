#include "spool_end.h"
#include "spool_segment.h"
#include <unistd.h>

bool end_write(int file, unsigned pair, struct spool_place end)
{
        char text[POSITION_SIZE + 1];
        position_print(end.segment, end.offset, text);
        for (unsigned i = 0; i < 2; i++)
                if (pwrite(file, text, POSITION_SIZE, (off_t)(2 * pair + i) * END_BLOCK) != POSITION_SIZE)
                        return false;
        return fdatasync(file) == 0;
}

bool end_read(int file, struct spool_place *ret_end, unsigned *ret_pair)
{
        struct spool_place newest = { 0 };
        bool known = false;
        for (unsigned i = 0; i < 2 * END_PAIRS; i++) {
                char text[POSITION_SIZE];
                struct spool_place end;
                if (pread(file, text, POSITION_SIZE, (off_t)i * END_BLOCK) != POSITION_SIZE ||
                    !position_parse(text, &end.segment, &end.offset))
                        continue;
                if (known && (end.segment == newest.segment ? end.offset <= newest.offset : end.segment < newest.segment))
                        continue;
                newest = end;
                *ret_pair = (i / 2 + 1) % END_PAIRS;
                known = true;
        }
        if (known)
                *ret_end = newest;
        return known;
}
