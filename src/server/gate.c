#include "server/gate.h"
#include "enrich/glob.h"
#include "server/credential.h"
#include <errno.h>

struct route_rule {
        struct slice   pattern;    /* the configuration's */
        struct rate    rate;
        struct bucket *bucket;
};
struct gate {
        struct keys       *keys;   /* NULL: there are none */
        bool               open;
        struct rate        address, key;
        struct route_rule *routes; /* the longest patterns first */
        size_t             route_count;
        struct limiter    *limiter;
};

/* ---- making ---- */
static bool read_events(const struct config *config, const char *path, const struct text_pair *pair, int64_t most,
                        int64_t *ret_number, struct errors *errors)
{
        char *end;
        errno = 0;
        *ret_number = *pair->value >= '0' && *pair->value <= '9' ? strtoll(pair->value, &end, 10) : 0;
        if (*ret_number < 1 || errno || *end || *ret_number > most)
                return config_error(config, errors, path, "%s: wanted is a number of events from 1 to %lld", pair->key,
                                    (long long)most);
        return true;
}

static const struct text_pair *pair_find(const struct text_map *map, const char *key)
{
        for (size_t i = 0; i < map->count; i++)
                if (strcmp(map->items[i].key, key) == 0)
                        return &map->items[i];
        return NULL;
}

/* Characters that stand for themselves. */
static size_t said(struct slice pattern)
{
        size_t count = 0;
        for (size_t i = 0; i < pattern.size; i++)
                count += pattern.data[i] != '*';
        return count;
}

static int longest_first(const void *a, const void *b)
{
        size_t one = said(((const struct route_rule *)a)->pattern), other = said(((const struct route_rule *)b)->pattern);
        return one < other ? 1 : one > other ? -1 : 0;
}

static void read_routes(struct gate *gate, const struct config *config, struct errors *errors)
{
        static const char RATE[] = "limits.route_rate", BURST[] = "limits.route_burst";
        const struct text_map *rates = &config->limits_route_rate, *bursts = &config->limits_route_burst;
        gate->routes = memory_get((rates->count + 1) * sizeof(*gate->routes));
        for (size_t i = 0; i < rates->count; i++) {
                const struct text_pair *rate = &rates->items[i], *burst = pair_find(bursts, rate->key);
                int64_t a_second, at_once = 0;
                if (*rate->key != '/' || strlen(rate->key) > GLOB_MAX)
                        (void)config_error(config, errors, RATE, "'%.64s' is no path such as /v1/events or /v1/events/com.acme/*",
                                           rate->key);
                else if (read_events(config, RATE, rate, RATE_MAX, &a_second, errors) &&
                         (!burst || read_events(config, BURST, burst, BURST_MAX, &at_once, errors)))
                        gate->routes[gate->route_count++] =
                                (struct route_rule){ .pattern = slice_of(rate->key), .rate = rate_make(a_second, at_once) };
        }
        for (size_t i = 0; i < bursts->count; i++)
                if (!pair_find(rates, bursts->items[i].key))
                        (void)config_error(config, errors, BURST, "%s has no rate in limits.route_rate", bursts->items[i].key);
        qsort(gate->routes, gate->route_count, sizeof(*gate->routes), longest_first);
}

struct gate *gate_new(const struct config *config, struct errors *errors)
{
        size_t before = errors_total(errors);
        struct gate *gate = memory_get(sizeof(*gate));
        gate->open = config->keys_open || !*config->keys_file;
        gate->address = rate_make(config->limits_address_rate, config->limits_address_burst);
        gate->key = rate_make(config->limits_key_rate, config->limits_key_burst);
        read_routes(gate, config, errors);
        if (*config->keys_file)
                gate->keys = keys_load(config->keys_file, errors);
        if (gate->keys && keys_count(gate->keys) == 0 && !gate->open)
                (void)config_error(config, errors, "keys.file", "there is no key in the file, so that nobody could send");
        if (errors_total(errors) == before)
                return gate;
        gate_free(gate);
        return NULL;
}

void gate_free(struct gate *gate)
{
        if (!gate)
                return;
        keys_free(gate->keys);
        free(gate->routes);
        free(gate);
}

void gate_attach(struct gate *gate, struct limiter *limiter)
{
        gate->limiter = limiter;
        for (size_t i = 0; i < gate->route_count; i++)
                gate->routes[i].bucket = limiter_route(limiter, gate->routes[i].pattern);
        for (size_t i = 0; gate->keys && i < keys_count(gate->keys); i++) {
                struct key *key = keys_at(gate->keys, i);
                key->meter = limiter_meter(limiter, key->name);
        }
}

bool gate_stands(const struct gate *gate)
{
        return gate->limiter && (gate->keys || gate->address.interval || gate->route_count);
}

bool gate_is_open(const struct gate *gate) { return gate->open; }

/* ---- asking ---- */
static struct rate rate_of(const struct gate *gate, const struct key *key)
{
        if (key->rate < 0 && key->burst < 0)
                return gate->key;
        if (key->rate < 0)
                return gate->key.interval ? (struct rate){ gate->key.interval, key->burst * gate->key.interval } : gate->key;
        return rate_make(key->rate, key->burst);
}

static void pass_add(struct pass *pass, enum limit_kind kind, struct bucket *bucket, struct rate rate)
{
        if (rate.interval) {
                pass->charge[kind].bucket = bucket;
                pass->charge[kind].rate = rate;
        }
}

static enum http_fault ask_key(const struct gate *gate, const struct gate_question *question, struct pass *pass)
{
        struct credential credential;
        enum credential_form form = credential_read(question->http, true, &credential);
        if (form == CREDENTIAL_NONE)
                return gate->open ? HTTP_SOUND : HTTP_FAULT_key_missing;
        if (form == CREDENTIAL_BROKEN) {
                credential_done(&credential);
                return HTTP_FAULT_key_malformed;
        }
        digest_sha256(credential_text(&credential), pass->digest);
        const struct key *key = keys_find(gate->keys, pass->digest);
        bool mistyped = !key && key_text_form(credential_text(&credential)) == KEY_FORM_MISTYPED;
        credential_done(&credential);
        if (!key)
                return mistyped ? HTTP_FAULT_key_malformed : HTTP_FAULT_key_unknown;
        enum http_fault fault =
                keys_judge(key, question->http->path, question->client->header[HEADER_origin], question->received);
        pass->meter = key->meter;
        if (fault)
                meter_count(key->meter, KEY_COUNT_REFUSED, 0);
        else
                pass_add(pass, LIMIT_KEY, &key->meter->bucket, rate_of(gate, key));
        return fault;
}

static void ask_route(const struct gate *gate, struct slice path, struct pass *pass)
{
        for (size_t i = 0; i < gate->route_count; i++)
                if (glob_match(gate->routes[i].pattern, path)) {
                        pass_add(pass, LIMIT_ROUTE, gate->routes[i].bucket, gate->routes[i].rate);
                        return;
                }
}

/* True: no bucket makes it wait. */
static bool pass_flows(const struct pass *pass, int64_t now, struct gate_answer *ret_answer)
{
        for (size_t i = 0; i < LIMIT_KINDS; i++) {
                if (!pass->charge[i].bucket)
                        continue;
                int64_t wait = bucket_wait(pass->charge[i].bucket, &pass->charge[i].rate, now);
                if (!wait)
                        continue;
                *ret_answer = (struct gate_answer){ .wait = wait, .limit = (enum limit_kind)i };
                if (pass->meter)
                        meter_count(pass->meter, KEY_COUNT_LIMITED, 0);
                return false;
        }
        return true;
}

/* First of all: who tries keys or paths is slowed down, too. */
static bool ask_address(const struct gate *gate, const struct gate_question *question, struct pass *pass,
                        struct gate_answer *ret_answer)
{
        const struct address *address = &question->client->address;
        *ret_answer = (struct gate_answer){ 0 };
        if (!gate->address.interval || !address->known)
                return true;
        pass_add(pass, LIMIT_ADDRESS, limiter_address(gate->limiter, address), gate->address);
        return pass_flows(pass, question->now, ret_answer);
}

bool gate_knock(const struct gate *gate, const struct gate_question *question, struct gate_answer *ret_answer)
{
        struct pass pass = { 0 };
        if (!ask_address(gate, question, &pass, ret_answer))
                return false;
        gate_waste(&pass, question->now, 1);
        return true;
}

bool gate_ask(const struct gate *gate, const struct gate_question *question, struct pass *ret_pass,
              struct gate_answer *ret_answer)
{
        struct pass pass = { 0 };
        if (!ask_address(gate, question, &pass, ret_answer))
                return false;
        ret_answer->fault = gate->keys ? ask_key(gate, question, &pass) : HTTP_SOUND;
        if (ret_answer->fault) {
                if (pass.charge[LIMIT_ADDRESS].bucket)
                        bucket_charge(pass.charge[LIMIT_ADDRESS].bucket, &gate->address, question->now, 1);
                return false;
        }
        ask_route(gate, question->http->path, &pass);
        if (!pass_flows(&pass, question->now, ret_answer))
                return false;
        *ret_pass = pass;
        return true;
}

void gate_waste(const struct pass *pass, int64_t now, uint64_t events)
{
        for (size_t i = 0; i < LIMIT_KINDS; i++)
                if (pass->charge[i].bucket)
                        bucket_charge(pass->charge[i].bucket, &pass->charge[i].rate, now, events ? (int64_t)events : 1);
}

bool gate_charge(const struct pass *pass, int64_t now, uint64_t events, struct gate_answer *ret_answer)
{
        *ret_answer = (struct gate_answer){ 0 };
        if (!pass_flows(pass, now, ret_answer))
                return false;
        gate_waste(pass, now, events);
        if (pass->meter)
                meter_count(pass->meter, KEY_COUNT_TAKEN, events);
        return true;
}

bool gate_knows(const struct gate *gate, const struct pass *pass, const struct key **ret_key)
{
        bool asks = pass->meter && gate->keys;
        *ret_key = asks ? keys_find(gate->keys, pass->digest) : NULL;
        return !asks || *ret_key;
}

bool gate_allows(const struct gate *gate, struct slice name, struct slice schema)
{
        bool known = false;
        for (size_t i = 0; name.data && gate->keys && i < keys_count(gate->keys); i++) {
                const struct key *key = keys_at(gate->keys, i);
                if (!slice_equal(key->name, name))
                        continue;
                if (keys_allow_schema(key, schema))
                        return true;
                known = true;
        }
        return !known;
}
