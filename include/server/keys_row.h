/* Inside of keys: what a row of the file says. */
#ifndef SERVER_KEYS_ROW_H
#define SERVER_KEYS_ROW_H
#include "config/rows.h"
#include "server/keys.h"

#define KEY_HASH_PREFIX "sha256:"

/* Every mistake is told. False when there was any; keys_row_done() either way. */
bool keys_row_read(const struct rows *rows, const struct row *row, struct key *ret_key, struct errors *errors);
void keys_row_done(struct key *key);
/* Whether a text may be a key's name. */
bool keys_name_fits(struct slice name);
#endif
