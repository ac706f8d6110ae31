/* Language tags: BCP 47 (RFC 5646), and what operating systems write in their place; and the header Accept-Language (RFC 9110,
 * section 12.5.4), a list of them by weight. Any bytes; linear in their number. */
#ifndef ENRICH_LANGUAGE_TAG_H
#define ENRICH_LANGUAGE_TAG_H
#include "enrich/language_codes.h"

#define LANGUAGE_TAG 64            /* most bytes of a tag as we write it; longer ones lose subtags at the end (RFC 5646, 4.4.2) */
struct language_tag {
        char    text[LANGUAGE_TAG];        /* canonical: "zh-Hant-TW", "de-DE-u-co-phonebk". ASCII letters, digits and hyphens */
        uint8_t size;
        uint8_t script, region, region_size;       /* where they lie in the text; 0: there is none. A script has 4 bytes */
        const struct language *language;
};
/* Takes "de-DE", "DE_de", "deu-DEU", "de_DE.UTF-8@euro", "sr_RS@latin", "zh_TW_#Hant". Subtags of the form of RFC 5646 up to the
 * first that is none; a script or region that is not registered is left out, and so is a variant, extension or keyword that comes
 * twice. Old codes and tags become those that the registry prefers, extensions stand in order. False: no known language. */
bool language_tag_read(const struct language_codes *codes, struct slice text, struct language_tag *ret_tag);

#define LANGUAGE_LIST 8
struct language_list {
        struct language_tag tag[LANGUAGE_LIST];    /* the best first; of one weight in the order of the list */
        uint16_t weight[LANGUAGE_LIST];            /* thousandths: 1 to 1000 */
        size_t   count;
        size_t   known;                            /* how many there were: the same tag twice is one, unless it was not kept */
};
/* Ranges that are no known language, "*", and those of weight 0 are left out, and so is an element with a weight that is none. */
void language_list_read(const struct language_codes *codes, struct slice header, struct language_list *ret_list);
#endif
