#define PCRE2_CODE_UNIT_WIDTH 8
#include "enrich/referrer_term.h"
#include "enrich/plain.h"
#include <pcre2.h>

#define PARAMETERS_MOST 256        /* of one address that are looked at */
#define STEPS_MOST      20000      /* of one pattern over one address */

struct referrer_matcher {
        pcre2_match_data    *match;
        pcre2_match_context *context;
};

struct referrer_matcher *referrer_matcher_new(void)
{
        struct referrer_matcher *matcher = memory_get(sizeof(*matcher));
        matcher->match = pcre2_match_data_create(2, NULL);
        matcher->context = pcre2_match_context_create(NULL);
        BUG_IF(!matcher->match || !matcher->context);
        (void)pcre2_set_match_limit(matcher->context, STEPS_MOST);
        (void)pcre2_set_depth_limit(matcher->context, STEPS_MOST);
        return matcher;
}

void referrer_matcher_free(struct referrer_matcher *matcher)
{
        if (!matcher)
                return;
        pcre2_match_data_free(matcher->match);
        pcre2_match_context_free(matcher->context);
        free(matcher);
}

struct best { struct slice value; size_t index; };

/* The best of the terms among the parameters; `index` says which of them is there so far. */
static void parameters_search(const struct referrer_site *site, struct slice text, struct arena *arena, struct best *best)
{
        struct url_parameters it;
        struct slice name, value;
        url_parameters_init(&it, text);
        for (size_t left = PARAMETERS_MOST; left && url_parameters_next(&it, &name, &value); left--)
                for (size_t i = 0; i < best->index; i++) {
                        if (site->terms[i].pattern || !slice_equal_nocase(site->terms[i].name, name))
                                continue;
                        struct slice plain = plain_trim(url_decode(value, arena));
                        if (plain.size)
                                *best = (struct best){ plain, i };
                        break;
                }
}

static struct slice pattern_search(const struct referrer_term *term, struct slice text, struct referrer_matcher *matcher)
{
        int groups = pcre2_match(term->pattern, (PCRE2_SPTR)text.data, text.size, 0, PCRE2_NO_UTF_CHECK, matcher->match,
                                 matcher->context);
        const size_t *at = pcre2_get_ovector_pointer(matcher->match);
        /* 0: there are more groups than we asked for. */
        if (groups < 0 || groups == 1 || at[2] == PCRE2_UNSET || at[3] <= at[2])
                return (struct slice){ 0 };
        return (struct slice){ text.data + at[2], at[3] - at[2] };
}

struct slice referrer_term_find(const struct referrer_site *site, const struct url *url, struct referrer_matcher *matcher,
                                struct arena *arena)
{
        struct best best = { .index = site->term_count };
        if (site->term_count == 0)
                return best.value;
        parameters_search(site, url->query, arena, &best);
        parameters_search(site, url_fragment_parameters(url->fragment), arena, &best);
        for (size_t i = 0; i < best.index; i++) {
                if (!site->terms[i].pattern)
                        continue;
                struct slice found = plain_trim(url_decode(pattern_search(&site->terms[i], url->text, matcher), arena));
                if (found.size)
                        return found;
        }
        return best.value;
}
