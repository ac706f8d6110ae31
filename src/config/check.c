/* What one option alone cannot tell. One row a rule; a rule about several options names the one to change. */
#include "base/address.h"
#include "base/clock.h"
#include "config/option.h"

static bool sink_is(const struct config *c, struct slice name)
{
        return slice_equal(word_at(OPTIONS[OPTION_sink_type].words, c->sink_type), name);
}
static bool file_without_path(const struct config *c) { return sink_is(c, SLICE("file")) && !*c->sink_path; }
static bool inflated_below_body(const struct config *c) { return c->http_inflated_limit < c->http_body_limit; }
static bool open_below_inflated(const struct config *c) { return c->limits_open_bytes < c->http_inflated_limit; }
static bool target_above_head(const struct config *c) { return c->http_target_limit > c->http_head_limit; }
#define HINTS_MOST 32
static bool too_many_hints(const struct config *c) { return c->http_accept_hints.count > HINTS_MOST; }
static bool proxy_without_trust(const struct config *c) { return c->http_proxy_protocol && c->http_trusted_proxies.count == 0; }
static bool tls_without_certificate(const struct config *c) { return c->tls_listen.count && !c->tls_certificates.count; }
static bool clients_without_ca(const struct config *c) { return c->tls_client && !*c->tls_client_ca; }
static bool linger_above_timeout(const struct config *c) { return c->kafka_linger >= c->kafka_message_timeout; }
static bool topic_empty(const struct config *c) { return !*c->kafka_topic; }
static bool bad_topic_empty(const struct config *c) { return !*c->kafka_bad_topic; }
static bool topics_same(const struct config *c) { return *c->kafka_topic && strcmp(c->kafka_topic, c->kafka_bad_topic) == 0; }
static bool brokers_empty(const struct config *c) { return sink_is(c, SLICE("kafka")) && !*c->kafka_brokers; }
static bool string_above_inflated(const struct config *c) { return c->events_string_limit > c->http_inflated_limit; }
static bool clock_unreadable(const struct config *c)
{
        int64_t ms;
        return *c->debug_clock && !clock_parse(slice_of(c->debug_clock), &ms);
}

static const struct {
        const char *path;                  /* the option to change */
        bool      (*broken)(const struct config *config);
        const char *sentence;
} RULES[] = {
        { "debug.clock",         clock_unreadable,      "this is not a time such as 2026-11-21T08:13:00Z (RFC 3339)" },
        { "events.string_limit", string_above_inflated, "larger than http.inflated_limit, so that it bounds nothing" },
        { "http.inflated_limit", inflated_below_body,   "smaller than http.body_limit, so that a body may come in and then be "
                                                        "too large" },
        { "http.accept_client_hints", too_many_hints, "more than 32; there are not that many" },
        { "http.proxy_protocol", proxy_without_trust,   "only trusted proxies may send the header: http.trusted_proxies must "
                                                        "name them" },
        { "http.target_limit",   target_above_head,     "larger than http.head_limit, which holds the target too" },
        { "kafka.bad_topic",     bad_topic_empty,       "rejected events need a topic" },
        { "kafka.bad_topic",     topics_same,           "the same as kafka.topic: good and bad events must not share a topic" },
        { "kafka.brokers",       brokers_empty,         "the kafka sink needs brokers" },
        { "kafka.linger",        linger_above_timeout,  "not shorter than kafka.message_timeout, so that records time out "
                                                        "before they are sent" },
        { "kafka.topic",         topic_empty,           "good events need a topic" },
        { "limits.open_bytes",   open_below_inflated,   "smaller than http.inflated_limit, so that one allowed request would "
                                                        "be refused" },
        { "sink.path",           file_without_path,     "the file sink needs a folder" },
        { "tls.certificates",    tls_without_certificate, "tls.listen needs at least one" },
        { "tls.client_ca",       clients_without_ca,    "tls.client needs to know whose certificates are good" },
};

static bool port_good(const char *text, size_t size, unsigned long least)
{
        unsigned long port = 0;
        for (size_t i = 0; i < size && i < 6; i++) {
                if (text[i] < '0' || text[i] > '9')
                        return false;
                port = port * 10 + (unsigned long)(text[i] - '0');
        }
        return size > 0 && size < 6 && port >= least && port <= 65535;
}
/* "host:port", "[v6]:port", ":port" or a UNIX socket's absolute path are for socket_listen(); here only the shape. */
static bool address_has_port(const char *text)
{
        const char *colon = strrchr(text, ':');
        if (!colon || !port_good(colon + 1, strlen(colon + 1), 0))
                return false;
        size_t host = (size_t)(colon - text);
        bool brackets = host >= 2 && text[0] == '[' && text[host - 1] == ']';
        return brackets || !memchr(text, ':', host);
}
static bool is_network(const char *text)
{
        struct network network;
        return network_parse(slice_of(text), &network);
}
bool config_is_origin(const char *text)
{
        const char *host = strstr(text, "://");
        if (strcmp(text, "*") == 0 || strcmp(text, "null") == 0)
                return true;
        if (!host || host == text)
                return false;
        host += strncmp(host + 3, "*.", 2) == 0 ? 5 : 3;
        return *host && !strpbrk(host, "/*? #@");
}

#define DIGITS  "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

#define HINT_LONGEST 64            /* bytes; HINTS_MOST of them fit into an answer's head */
/* "Sec-CH-" in any case, and what else a header's name is made of. */
static bool is_client_hint(const char *text)
{
        size_t size = strlen(text);
        return size > 7 && size <= HINT_LONGEST && slice_equal_nocase((struct slice){ text, 7 }, SLICE("Sec-CH-")) &&
               strspn(text, LETTERS DIGITS "-") == size;
}

static const struct {
        const char *path;
        bool      (*fits)(const char *text);
        const char *want;
} LISTS[] = {
        { "admin.listen",         address_has_port, "HOST:PORT; an IPv6 address stands in brackets, [::1]:8080" },
        { "http.accept_client_hints", is_client_hint, "the name of a hint's header, such as Sec-CH-UA-Model" },
        { "http.cors.origins",    config_is_origin, "*, https://shop.example or https://*.example.com, without a path" },
        { "http.listen",          address_has_port, "HOST:PORT; an IPv6 address stands in brackets, [::1]:8080" },
        { "http.trusted_proxies", is_network,       "an address or a network such as 10.0.0.0/8 or 2001:db8::/32" },
        { "tls.listen",           address_has_port, "HOST:PORT; an IPv6 address stands in brackets, [::1]:8443" },
};

/* librdkafka would not complain: of a port that is too large it takes the lower bits, no host is localhost to it, and behind a
 * protocol that it does not know it reads no further. Spaces are skipped before a broker and after a port only. */
static bool is_broker(struct slice text)
{
        static const struct slice PROTOCOLS[] = { SLICE_INIT("plaintext://"), SLICE_INIT("ssl://"),
                                                  SLICE_INIT("sasl_plaintext://"), SLICE_INIT("sasl_ssl://") };
        for (size_t i = 0; i < COUNT_OF(PROTOCOLS); i++)
                if (text.size > PROTOCOLS[i].size &&
                    slice_equal_nocase((struct slice){ text.data, PROTOCOLS[i].size }, PROTOCOLS[i])) {
                        text = (struct slice){ text.data + PROTOCOLS[i].size, text.size - PROTOCOLS[i].size };
                        break;
                }
        bool brackets = text.size > 0 && text.data[0] == '[';
        const char *of = brackets ? DIGITS LETTERS ":.%" : DIGITS LETTERS "-._";
        size_t host = brackets;
        while (host < text.size && strchr(of, text.data[host]))
                host++;
        if (host == brackets || (brackets && (host == text.size || text.data[host++] != ']')))
                return false;
        if (host == text.size)
                return true;
        while (text.data[text.size - 1] == ' ')
                text.size--;
        return text.data[host] == ':' && port_good(text.data + host + 1, text.size - host - 1, 1);
}

static bool brokers_check(const struct config *config, struct errors *errors)
{
        bool fine = true;
        const char *at = config->kafka_brokers;
        for (bool more = *at != '\0'; more;) {
                char shown[SHOWN_SIZE];
                at += strspn(at, " ");
                struct slice broker = { at, strcspn(at, ",") };
                if (!is_broker(broker))
                        fine = config_error(config, errors, "kafka.brokers",
                                            "%s found, but wanted is HOST:PORT, several separated by commas, such as "
                                            "kafka-1:9092, kafka-2:9092; an IPv6 address stands in brackets, [::1]:9092",
                                            text_show(broker, shown));
                at += broker.size;
                more = *at++ == ',';
        }
        return fine;
}

bool config_check(const struct config *config, struct errors *errors)
{
        bool fine = brokers_check(config, errors);
        for (size_t i = 0; i < COUNT_OF(RULES); i++)
                if (RULES[i].broken(config))
                        fine = config_error(config, errors, RULES[i].path, "%s", RULES[i].sentence);
        for (size_t i = 0; i < COUNT_OF(LISTS); i++) {
                const struct option *option = option_find(slice_of(LISTS[i].path));
                BUG_IF(!option || option->type->kind != KIND_LIST);
                const struct text_list *list = option_value_const(option, config);
                char shown[SHOWN_SIZE];
                for (size_t j = 0; j < list->count; j++)
                        if (!LISTS[i].fits(list->items[j]))
                                fine = config_error(config, errors, LISTS[i].path, "%s found, but wanted is %s",
                                                    text_show(slice_of(list->items[j]), shown), LISTS[i].want);
        }
        return fine;
}
