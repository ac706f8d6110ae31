#include "server/plan.h"
#include "server/record.h"
#include "schema/remote.h"

static bool is_topic_char(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/* ---- the topic's rule ---- */

static const struct { const char *name; enum topic_part kind; } PARTS[] = {
        { "vendor", PART_VENDOR }, { "name", PART_NAME }, { "model", PART_MODEL }, { "app_id", PART_APP }, { "bot", PART_BOT },
};

static bool find_part(struct slice name, enum topic_part *ret_kind)
{
        for (size_t i = 0; i < COUNT_OF(PARTS); i++) {
                if (slice_equal(name, slice_of(PARTS[i].name))) {
                        *ret_kind = PARTS[i].kind;
                        return true;
                }
        }
        return false;
}

static bool check_topic_text(struct slice text, struct error *err)
{
        for (size_t i = 0; i < text.size; i++)
                if (!is_topic_char(text.data[i]))
                        return error_set(err, "'%c' cannot be in the name of a topic; letters, digits, '.', '_' and '-' can",
                                         text.data[i]);
        return true;
}

static bool topic_rule_parse(const char *text, struct topic_rule *rule, struct error *err)
{
        size_t fixed = 0;          /* bytes that every name of the rule has */
        *rule = (struct topic_rule){ .constant = true };
        while (*text) {
                const char *open = strchr(text, '{'), *close = open ? strchr(open, '}') : NULL;
                struct slice plain = open ? slice_between(text, open) : slice_of(text);
                enum topic_part kind;
                if (rule->count + 2 > TOPIC_PARTS)
                        return error_set(err, "it has more than %d parts", TOPIC_PARTS);
                if (!check_topic_text(plain, err))
                        return false;
                fixed += plain.size;
                if (plain.size) {
                        rule->part[rule->count].kind = PART_TEXT;
                        rule->part[rule->count++].text = plain;
                }
                if (!open)
                        break;
                if (!close)
                        return error_set(err, "a '{' without its '}'");
                if (!find_part(slice_between(open + 1, close), &kind))
                        return error_set(err, "'%.*s' is not known; there are {vendor}, {name}, {model}, {app_id} and {bot}",
                                         (int)(close + 1 - open), open);
                rule->part[rule->count++].kind = kind;
                rule->constant = false;
                text = close + 1;
        }
        if (!rule->constant && fixed >= TOPIC_NAME_MAX)
                return error_set(err, "its fixed text leaves no room in the %d characters of a topic's name", TOPIC_NAME_MAX);
        return true;
}

static bool check_topic_name(const char *name, struct error *err)
{
        size_t size = strlen(name);
        if (size == 0 || size > TOPIC_NAME_MAX || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
                return error_set(err, "the name of a topic has 1 to %d characters, and is not '.' or '..'", TOPIC_NAME_MAX);
        return check_topic_text(slice_of(name), err);
}

/* ---- the key's rule ---- */

static bool key_rule_parse(const char *text, struct key_rule *rule, struct error *err)
{
        static const enum fact KEYS[] = { FACT_user_id, FACT_anonymous_id, FACT_session_id, FACT_subject, FACT_id };
        *rule = (struct key_rule){ .none = *text == '\0' };
        if (rule->none)
                return true;
        if (*text == '/') {
                rule->pointer = slice_of(text);
                for (const char *at = text; *at; at++)
                        if (*at == '~' && at[1] != '0' && at[1] != '1')
                                return error_set(err, "'%s' is no JSON pointer (RFC 6901): '~' must be followed by 0 or 1", text);
                return true;
        }
        for (size_t i = 0; i < COUNT_OF(KEYS); i++) {
                if (strcmp(text, FACTS[KEYS[i]].path) == 0) {
                        rule->fact = KEYS[i];
                        return true;
                }
        }
        return error_set(err,
                         "'%s' is not known; there are userId, anonymousId, sessionId, subject, id, and JSON pointers into the "
                         "data "
                         "such as /cart/id",
                         text);
}

/* ---- the plan ---- */

struct plan *plan_new(struct config *config, struct metrics *metrics, struct remote *remote, struct errors *errors)
{
        struct plan *plan = memory_get(sizeof(*plan));
        size_t before = errors_total(errors);
        plan->config = *config;
        plan->references = 1;
        plan->metrics = metrics;
        plan->remote = remote;
        struct error why;
        if (!topic_rule_parse(plan->config.kafka_topic, &plan->topic, &why) ||
            (plan->topic.constant && !check_topic_name(plan->config.kafka_topic, &why)))
                (void)config_error(&plan->config, errors, "kafka.topic", "%s", why.text);
        if (!check_topic_name(plan->config.kafka_bad_topic, &why))
                (void)config_error(&plan->config, errors, "kafka.bad_topic", "%s", why.text);
        if (!key_rule_parse(plan->config.kafka_key, &plan->key, &why))
                (void)config_error(&plan->config, errors, "kafka.key", "%s", why.text);
        plan->headers = record_headers_wanted(&plan->config, errors);
        plan->registry = registry_load(&plan->config, remote, errors);
        plan->enrich = enrich_plan_new(&plan->config, errors);
        plan->gate = gate_new(&plan->config, errors);
        if (errors_total(errors) > before) {
                plan_unref(plan);
                return NULL;
        }
        for (size_t i = 0; metrics && i < registry_count(plan->registry); i++)
                registry_set_slot(plan->registry, i, metrics_schema(metrics, registry_key(registry_at(plan->registry, i))));
        return plan;
}

bool plan_secure(struct plan *plan, struct tls_tickets *tickets, struct errors *errors)
{
        size_t before = errors_total(errors);
        plan->tls = tls_new(&plan->config, tickets, errors);
        return errors_total(errors) == before;
}

struct plan *plan_ref(struct plan *plan)
{
        (void)__atomic_add_fetch(&plan->references, 1, __ATOMIC_RELAXED);
        return plan;
}

void plan_unref(struct plan *plan)
{
        if (!plan || __atomic_sub_fetch(&plan->references, 1, __ATOMIC_ACQ_REL) > 0)
                return;
        enrich_plan_free(plan->enrich);
        registry_free(plan->registry);
        tls_unref(plan->tls);
        gate_free(plan->gate);
        config_done(&plan->config);
        free(plan);
}

void plan_want(struct plan *plan, struct slice key)
{
        if (plan->remote)
                remote_want(plan->remote, key);
}
