#include "enrich/agent_literals.h"

/* Agents that everybody has, between sentinels: a literal inside them says little. */
static const char *const COMMON[LITERAL_COMMON] = {
        "\x01Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36\x02",
        "\x01Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 "
        "Safari/605.1.15\x02",
        "\x01Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 "
        "Mobile/15E148 Safari/604.1\x02",
        "\x01Mozilla/5.0 (Linux; Android 13; SM-G991B Build/TP1A.220624.014; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Version/4.0 Chrome/120.0.6099.43 Mobile Safari/537.36\x02",
        "\x01Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0\x02",
        "\x01Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)\x02",
};

static char *find_nocase(const char *text, const char *literal) { return strcasestr(text, literal); }
static char *find_exact(const char *text, const char *literal) { return strstr(text, literal); }

static bool clause_in(const struct literal_clause *clause, const char *agent, char *(*find)(const char *, const char *))
{
        for (size_t i = 0; i < clause->count; i++) {
                char text[LITERAL_MAX + 1] = "";
                memcpy(text, clause->items[i].data, clause->items[i].size);
                if (find(agent, text))
                        return true;
        }
        return false;
}

bool literals_case_tells(const struct literal_clause *clause)
{
        for (size_t i = 0; i < LITERAL_COMMON; i++)
                if (clause_in(clause, COMMON[i], find_nocase) && !clause_in(clause, COMMON[i], find_exact))
                        return true;
        return false;
}

struct rarity {
        unsigned common;           /* of COMMON, how many satisfy the clause; fewer is better */
        size_t   shortest;         /* bytes of its shortest text; more is better */
        size_t   count;            /* texts; fewer is better */
};

static struct rarity clause_rarity(const struct literal_clause *clause)
{
        struct rarity rarity = { .shortest = SIZE_MAX, .count = clause->count };
        for (size_t i = 0; i < clause->count; i++)
                if (clause->items[i].size < rarity.shortest)
                        rarity.shortest = clause->items[i].size;
        for (size_t agent = 0; agent < LITERAL_COMMON; agent++)
                rarity.common += clause_in(clause, COMMON[agent], find_nocase);
        return rarity;
}

static bool rarer(const struct rarity *a, const struct rarity *b)
{
        if (a->common != b->common)
                return a->common < b->common;
        return a->shortest != b->shortest ? a->shortest > b->shortest : a->count < b->count;
}

const struct literal_clause *literals_rarest(const struct literal_clause *clauses, const struct literal_clause *except,
                                             unsigned most)
{
        const struct literal_clause *best = NULL;
        struct rarity least = { 0 };
        if (clauses && !clauses->next && most >= LITERAL_COMMON)
                return clauses == except ? NULL : clauses;         /* no choice: spares the counting */
        for (const struct literal_clause *clause = clauses; clause; clause = clause->next) {
                if (clause == except)
                        continue;
                struct rarity rarity = clause_rarity(clause);
                if (rarity.common <= most && (!best || rarer(&rarity, &least))) {
                        best = clause;
                        least = rarity;
                }
        }
        return best;
}
