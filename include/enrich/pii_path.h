/* Where personal data stand in an event: paths with holes, and a walk over every value that one names. */
#ifndef ENRICH_PII_PATH_H
#define ENRICH_PII_PATH_H
#include "enrich/enrichment.h"

#define PII_DEPTH    16            /* parts of a path */
#define PII_PART_MAX 128           /* bytes of one */

enum pii_root { PII_FACT, PII_DATA, PII_CONTEXT, PII_EXTENSION };
struct pii_path {
        enum pii_root root;
        enum fact     fact;        /* of PII_FACT */
        bool          anywhere;    /* begins with a double star: the parts behind it stand for one name, at any depth */
        char         *memory;      /* owns the parts */
        struct slice  part[PII_DEPTH];     /* `*`: every member or element */
        size_t        count;
};
/* A value by its name, of those that the record hands on as the client sent them:
 *     userId, anonymousId, sessionId, subject, source, context
 *     /cart/email, /items/X/email     a pointer into the data; X may be a star: every element or member
 *     context.traits.email            a path into the context, stars likewise
 *     extension.email                 any other member at the top of the event
 * and `**` in the place of a part, with one name behind it: wherever that name stands. False and a sentence. */
bool pii_path_parse(struct pii_path *path, const struct layout *layout, const char *text, struct error *err);
void pii_path_done(struct pii_path *path);

/* Calls for every value that the path names, in the order of their places; of the same name twice in an object for both. Linear
 * in the size of what it looks through. */
struct pii_visitor {
        void (*visit)(void *context, struct slice raw);
        void  *context;
};
void pii_path_walk(const struct pii_path *path, const struct subject *subject, const struct pii_visitor *visitor);
#endif
