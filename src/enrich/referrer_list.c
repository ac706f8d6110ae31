#define PCRE2_CODE_UNIT_WIDTH 8
#include "enrich/referrer_list.h"
#include <pcre2.h>
#include <sys/stat.h>
#include <yaml.h>

#define TERMS_MOST   32            /* parameters of one entry */
#define PATTERN_MOST 512           /* bytes of a pattern */

struct list {
        struct referrer_table *table;
        const char      *file;
        struct errors   *errors;
        yaml_document_t  document;
        struct slice     medium;   /* of entries that do not tell theirs */
        size_t           keys, visits;     /* hosts; nodes looked at */
};
struct pair { const yaml_node_t *key, *value; };

static bool mistake(const struct list *list, const yaml_node_t *node, const char *sentence, struct slice what)
{
        struct slice shown = what.size > 100 ? (struct slice){ what.data, 100 } : what;
        return errors_add(list->errors, "%s:%zu:%zu: %s%s%.*s%s", list->file, node->start_mark.line + 1,
                          node->start_mark.column + 1, sentence, what.data ? " '" : "", SLICE_ARGS(shown), what.data ? "'" : "");
}

#define VISITS_MOST 8000000        /* aliases could make a small file endless */

static const yaml_node_t *node_at(struct list *list, int index)
{
        list->visits++;
        return yaml_document_get_node(&list->document, index);
}
/* False: the list is larger than any list of hosts, or so full of mistakes that more of them help nobody. */
static bool list_goes_on(const struct list *list)
{
        return list->keys <= REFERRER_LIST_KEYS && list->visits <= VISITS_MOST && errors_total(list->errors) < ERRORS_MAX;
}

/* A scalar's text; data NULL: it is none. */
static struct slice node_text(const yaml_node_t *node)
{
        if (node->type != YAML_SCALAR_NODE)
                return (struct slice){ 0 };
        return (struct slice){ (const char *)node->data.scalar.value, node->data.scalar.length };
}

static size_t pair_count(const yaml_node_t *mapping)
{
        return (size_t)(mapping->data.mapping.pairs.top - mapping->data.mapping.pairs.start);
}
static struct pair pair_at(struct list *list, const yaml_node_t *mapping, size_t i)
{
        const yaml_node_pair_t *pair = &mapping->data.mapping.pairs.start[i];
        return (struct pair){ node_at(list, pair->key), node_at(list, pair->value) };
}
static size_t item_count(const yaml_node_t *sequence)
{
        return (size_t)(sequence->data.sequence.items.top - sequence->data.sequence.items.start);
}
static const yaml_node_t *item_at(struct list *list, const yaml_node_t *sequence, size_t i)
{
        return node_at(list, sequence->data.sequence.items.start[i]);
}

/* The value of a mapping's key; NULL: it has none. */
static const yaml_node_t *member(struct list *list, const yaml_node_t *mapping, const char *name)
{
        for (size_t i = 0; i < pair_count(mapping); i++) {
                struct pair pair = pair_at(list, mapping, i);
                if (slice_equal(node_text(pair.key), slice_of(name)))
                        return pair.value;
        }
        return NULL;
}

static bool host_add(struct list *list, const yaml_node_t *node, const struct referrer_site *site)
{
        struct slice host = node_text(node);
        if (!host.data)
                return mistake(list, node, "a host is expected here", host);
        list->keys++;
        return referrer_table_add(list->table, host, site) || mistake(list, node, "this is no host:", host);
}

/* "/regex/" or "/regex/i". The pattern without its slashes; data NULL: it is a parameter's name. */
static struct slice pattern_text(struct slice text, bool *ret_nocase)
{
        const char *end = text.size > 2 && *text.data == '/' ? memrchr(text.data + 1, '/', text.size - 1) : NULL;
        if (!end)
                return (struct slice){ 0 };
        *ret_nocase = end + 1 < text.data + text.size && end[1] == 'i';
        return slice_between(text.data + 1, end);
}

/* One parameter, or one pattern. */
static bool term_read(struct list *list, const yaml_node_t *node, struct referrer_site *site, struct referrer_term *terms)
{
        bool         nocase = false;
        struct slice text = node_text(node), pattern = pattern_text(text, &nocase);
        struct referrer_term *term = &terms[site->term_count];
        if (text.size == 0 || site->term_count == TERMS_MOST)
                return mistake(list, node, text.size ? "too many parameters" : "the name of a parameter is expected here", text);
        *term = (struct referrer_term){ 0 };
        if (pattern.data) {
                int    code;
                size_t where;
                if (pattern.size <= PATTERN_MOST)
                        term->pattern = pcre2_compile((PCRE2_SPTR)pattern.data, pattern.size, nocase ? PCRE2_CASELESS : 0, &code,
                                                      &where, NULL);
                if (!term->pattern)
                        return mistake(list, node, "this is no pattern:", pattern);
        } else {
                term->name = text;
        }
        site->term_count++;
        return true;
}

/* A site with its parameters (a list of texts; NULL: none), kept. NULL: a mistake was added. */
static const struct referrer_site *site_read(struct list *list, struct slice medium, const yaml_node_t *source,
                                             const yaml_node_t *parameters)
{
        struct referrer_term terms[TERMS_MOST];
        struct referrer_site site = { .source = node_text(source), .kind = referrer_medium_find(medium), .terms = terms };
        site.medium = site.kind == REFERRER_other ? medium : REFERRER_MEDIUM_NAMES[site.kind];
        bool good = site.source.data != NULL || mistake(list, source, "the name of a source is expected here", site.source);
        if (parameters && parameters->type == YAML_SEQUENCE_NODE)
                for (size_t i = 0; i < item_count(parameters) && good; i++)
                        good = term_read(list, item_at(list, parameters, i), &site, terms);
        else if (parameters && node_text(parameters).size)
                good = term_read(list, parameters, &site, terms) && good;
        const struct referrer_site *kept = referrer_table_keep(list->table, &site);    /* patterns are the table's, good or not */
        return good ? kept : NULL;
}

static bool hosts_read(struct list *list, const yaml_node_t *hosts, const struct referrer_site *site)
{
        bool good = true;
        if (hosts->type == YAML_SCALAR_NODE)
                return host_add(list, hosts, site);
        if (hosts->type != YAML_SEQUENCE_NODE)
                return mistake(list, hosts, "a list of hosts is expected here", (struct slice){ 0 });
        for (size_t i = 0; i < item_count(hosts) && list_goes_on(list); i++)
                good &= host_add(list, item_at(list, hosts, i), site);
        return good;
}

/* { domains: [...], parameters: [...] } or { urls: [...], params: [...] } */
static bool block_read(struct list *list, struct slice medium, const yaml_node_t *source, const yaml_node_t *block)
{
        if (block->type != YAML_MAPPING_NODE)
                return mistake(list, block, "a mapping with the hosts is expected for", node_text(source));
        const yaml_node_t *hosts = member(list, block, "domains"), *terms = member(list, block, "parameters");
        hosts = hosts ? hosts : member(list, block, "urls");
        terms = terms ? terms : member(list, block, "params");
        if (!hosts)
                return mistake(list, block, "there is neither 'domains' nor 'urls' for", node_text(source));
        const struct referrer_site *site = site_read(list, medium, source, terms);
        return site && hosts_read(list, hosts, site);
}

/* medium: { source: block, ... } */
static bool medium_read(struct list *list, const struct pair *entry)
{
        bool good = true;
        struct slice medium = node_text(entry->key);
        if (medium.size == 0)
                return mistake(list, entry->key, "the name of a medium is expected here", medium);
        for (size_t i = 0; i < pair_count(entry->value) && list_goes_on(list); i++) {
                struct pair pair = pair_at(list, entry->value, i);
                good &= block_read(list, medium, pair.key, pair.value);
        }
        return good;
}

/* host: { medium: ..., source: ... } */
static bool host_read(struct list *list, const struct pair *entry, const yaml_node_t *medium)
{
        const yaml_node_t *source = member(list, entry->value, "source");
        if (!source)
                return mistake(list, entry->value, "there is no 'source' for", node_text(entry->key));
        if (node_text(medium).size == 0)
                return mistake(list, medium, "the name of a medium is expected here", (struct slice){ 0 });
        const struct referrer_site *site = site_read(list, node_text(medium), source, member(list, entry->value, "parameters"));
        return site && host_add(list, entry->key, site);
}

/* source: [block, ...] or source: [host, ...] */
static bool source_read(struct list *list, const struct pair *entry)
{
        bool good = true;
        const struct referrer_site *site = NULL;
        for (size_t i = 0; i < item_count(entry->value) && list_goes_on(list); i++) {
                const yaml_node_t *item = item_at(list, entry->value, i);
                if (item->type == YAML_MAPPING_NODE) {
                        good &= block_read(list, list->medium.size ? list->medium : SLICE("search"), entry->key, item);
                        continue;
                }
                if (list->medium.size == 0)
                        return mistake(list, entry->key,
                                       "nothing tells the medium of these hosts: name the file as MEDIUM=FILE, for "
                                       "example social=FILE; first source:",
                                       node_text(entry->key)) &&
                               good;
                site = site ? site : site_read(list, list->medium, entry->key, NULL);
                good = good && site && host_add(list, item, site);
                if (!site)
                        return false;
        }
        return good;
}

static bool entry_read(struct list *list, const struct pair *entry)
{
        if (entry->value->type == YAML_SEQUENCE_NODE)
                return source_read(list, entry);
        if (entry->value->type != YAML_MAPPING_NODE)
                return mistake(list, entry->value, "no layout of referrers is known that has a text here, for",
                               node_text(entry->key));
        const yaml_node_t *medium = member(list, entry->value, "medium");
        return medium && medium->type == YAML_SCALAR_NODE ? host_read(list, entry, medium) : medium_read(list, entry);
}

static bool document_read(struct list *list)
{
        const yaml_node_t *root = yaml_document_get_root_node(&list->document);
        bool good = true;
        if (!root)
                return errors_add(list->errors, "%s: the list is empty", list->file);
        if (root->type != YAML_MAPPING_NODE)
                return mistake(list, root, "a mapping is expected: media, hosts or sources", (struct slice){ 0 });
        for (size_t i = 0; i < pair_count(root) && list_goes_on(list); i++) {
                struct pair entry = pair_at(list, root, i);
                good &= entry_read(list, &entry);
                if (!good && list->medium.size == 0 && entry.value->type == YAML_SEQUENCE_NODE)
                        break;     /* the medium is missed once, not for every source */
        }
        if (good && !list_goes_on(list))
                return errors_add(list->errors, "%s: more than %d hosts", list->file, REFERRER_LIST_KEYS);
        if (good && list->keys == 0)
                return errors_add(list->errors, "%s: the list has no hosts", list->file);
        return good;
}

bool referrer_list_read(struct referrer_table *table, const char *file, struct slice medium, struct slice text,
                        struct errors *errors)
{
        struct list list = { .table = table, .file = file, .errors = errors, .medium = medium };
        yaml_parser_t parser;
        bool good;
        BUG_IF(!yaml_parser_initialize(&parser));
        yaml_parser_set_input_string(&parser, (const unsigned char *)text.data, text.size);
        if (yaml_parser_load(&parser, &list.document)) {
                good = document_read(&list);
                yaml_document_delete(&list.document);
        } else {
                good = errors_add(errors, "%s:%zu:%zu: not YAML or JSON: %s", file, parser.problem_mark.line + 1,
                                  parser.problem_mark.column + 1, parser.problem ? parser.problem : "it cannot be read");
        }
        yaml_parser_delete(&parser);
        return good;
}

bool referrer_list_load(struct referrer_table *table, const char *file, struct slice medium, struct errors *errors)
{
        struct stat stat;
        FILE *stream = fopen(file, "re");
        if (!stream)
                return errors_add(errors, "enrich.referrer.lists: cannot read '%s': %m", file);
        bool good = false;
        if (fstat(fileno(stream), &stat) != 0 || !S_ISREG(stat.st_mode)) {
                (void)errors_add(errors, "enrich.referrer.lists: cannot read '%s': it is not a regular file", file);
        } else if ((size_t)stat.st_size > REFERRER_LIST_BYTES) {
                (void)errors_add(errors, "%s: larger than %zu MiB", file, REFERRER_LIST_BYTES >> 20);
        } else {
                char  *text = memory_get((size_t)stat.st_size + 1);
                size_t size = fread(text, 1, (size_t)stat.st_size, stream);
                good = referrer_list_read(table, file, medium, (struct slice){ text, size }, errors);
                free(text);
        }
        fclose(stream);
        return good;
}
