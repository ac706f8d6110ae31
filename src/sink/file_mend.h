/* What a kill may leave of a topic's two files, put right before anything is appended. */
#ifndef SINK_FILE_MEND_H
#define SINK_FILE_MEND_H
#include "base/base.h"

#define FILE_VALUES ".ndjson"
#define FILE_METAS  ".meta.ndjson"

/* A last line without its end is cut off: nobody was told that it is there. Values that have no line in the other file get an
 * empty one, `{"headers":{}}`, so that the lines that follow stand in step again. A file that is missing stays so: it may have
 * been moved away. False: the disk; errno says why. */
bool file_mend(int folder, const char *topic);
#endif
