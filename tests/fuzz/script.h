/* An input as a script: small numbers, and bytes with their number before them. Behind its end there are zeros and no bytes. */
#ifndef FUZZ_SCRIPT_H
#define FUZZ_SCRIPT_H
#include "base/base.h"

struct script { const char *at, *end; };

static inline unsigned take(struct script *script)
{
        return script->at < script->end ? (unsigned char)*script->at++ : 0;
}
/* At most 255. */
static inline struct slice take_bytes(struct script *script)
{
        size_t size = take(script), left = (size_t)(script->end - script->at);
        struct slice bytes = { script->at, size < left ? size : left };
        script->at += bytes.size;
        return bytes;
}
#endif
