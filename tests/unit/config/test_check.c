#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "config/config.h"

/* `error`: the first mistake; NULL: none. */
#define HINTS_11 "Sec-CH-A,Sec-CH-B,Sec-CH-C,Sec-CH-D,Sec-CH-E,Sec-CH-F,Sec-CH-G,Sec-CH-H,Sec-CH-I,Sec-CH-J,Sec-CH-K"

#define BROKER(found) "f.yaml:1:18: kafka.brokers: '" found "' found, but wanted is HOST:PORT, several " \
                      "separated by commas, such as kafka-1:9092, kafka-2:9092; an IPv6 address stands in brackets, [::1]:9092"

static const struct { const char *name, *yaml, *error; } CASES[] = {
        { "all defaults", "", NULL },
        { "file sink with its folder", "sink: {type: file, path: /x}", NULL },
        { "file sink without", "sink: {type: file}", "f.yaml: sink.path: the file sink needs a folder" },
        { "file sink needs no brokers", "sink: {type: file, path: /x}\nkafka: {brokers: \"\"}", NULL },
        { "no brokers", "kafka: {brokers: \"\"}", "f.yaml:1:18: kafka.brokers: the kafka sink needs brokers" },
        { "the embedded cluster", "kafka: {brokers: embedded}", NULL },
        { "brokers", "kafka: {brokers: \"kafka-1:9092, kafka_2.shop.example:1 ,10.0.0.1:65535,kafka-3\"}", NULL },
        { "brokers in IPv6", "kafka: {brokers: \"[::1]:9092,[fe80::1%eth0],SSL://[::1]:9093\"}", NULL },
        { "brokers with a protocol",
          "kafka: {brokers: \"SASL_SSL://kafka-1:9093,sasl_plaintext://a:1,ssl://b,PLAINTEXT://c:2\"}", NULL },
        { "a broker's port past the last", "kafka: {brokers: \"a:1,localhost:99999\"}", BROKER("localhost:99999") },
        { "a broker's port past any number", "kafka: {brokers: \"a:18446744073709551617\"}", BROKER("a:18446744073709551617") },
        { "a broker's port 0", "kafka: {brokers: \"a:0\"}", BROKER("a:0") },
        { "a broker's port that is none", "kafka: {brokers: \"a:9092x\"}", BROKER("a:9092x") },
        { "a broker's port that is missing", "kafka: {brokers: \"a:\"}", BROKER("a:") },
        { "a broker's host with a space", "kafka: {brokers: \"host name:9092\"}", BROKER("host name:9092") },
        { "a broker's host before a space", "kafka: {brokers: \"a ,b\"}", BROKER("a ") },
        { "a broker without a host", "kafka: {brokers: \":9092\"}", BROKER(":9092") },
        { "a broker with a path", "kafka: {brokers: \"ssl://a:9092/\"}", BROKER("ssl://a:9092/") },
        { "a broker with a protocol of others", "kafka: {brokers: \"https://a:9092\"}", BROKER("https://a:9092") },
        { "a broker with a protocol alone", "kafka: {brokers: \"ssl://\"}", BROKER("ssl://") },
        { "brokers separated by semicolons", "kafka: {brokers: \"a:1;b:1\"}", BROKER("a:1;b:1") },
        { "a comma too many", "kafka: {brokers: \"kafka-1:9092,,\"}", BROKER("") },
        { "commas alone", "kafka: {brokers: \" , \"}", BROKER("") },
        { "IPv6 of a broker without brackets", "kafka: {brokers: \"::1\"}", BROKER("::1") },
        { "IPv6 of a broker with one bracket", "kafka: {brokers: \"[::1\"}", BROKER("[::1") },
        { "IPv6 of a broker that is empty", "kafka: {brokers: \"[]:9092\"}", BROKER("[]:9092") },
        { "no topic", "kafka: {topic: \"\"}", "f.yaml:1:16: kafka.topic: good events need a topic" },
        { "no bad topic", "kafka: {bad_topic: \"\"}", "f.yaml:1:20: kafka.bad_topic: rejected events need a topic" },
        { "one topic for both", "kafka: {topic: a, bad_topic: a}",
          "f.yaml:1:30: kafka.bad_topic: the same as kafka.topic: good and bad events must not share a topic" },
        { "linger past the timeout", "kafka: {linger: 5s, message_timeout: 5s}",
          "f.yaml:1:17: kafka.linger: not shorter than kafka.message_timeout, so that records time out before they are sent" },
        { "inflated below body", "http: {body_limit: 9MiB}",
          "f.yaml: http.inflated_limit: smaller than http.body_limit, so that a body may come in and then be too large" },
        { "open below one request", "limits: {open_bytes: 7MiB}",
          "f.yaml:1:22: limits.open_bytes: smaller than http.inflated_limit, so that one allowed request would be refused" },
        { "target above head", "http: {target_limit: 32KiB}",
          "f.yaml:1:22: http.target_limit: larger than http.head_limit, which holds the target too" },
        { "string above everything", "events: {string_limit: 9MiB}",
          "f.yaml:1:24: events.string_limit: larger than http.inflated_limit, so that it bounds nothing" },
        { "proxy protocol from nobody", "http: {proxy_protocol: true}",
          "f.yaml:1:24: http.proxy_protocol: only trusted proxies may send the header: http.trusted_proxies must name them" },
        { "proxy protocol from somebody", "http: {proxy_protocol: true, trusted_proxies: [10.0.0.0/8]}", NULL },
        { "a fixed time", "debug: {clock: \"2026-11-21T08:13:00Z\"}", NULL },
        { "no time", "debug: {clock: noon}", "f.yaml:1:16: debug.clock: this is not a time such as 2026-11-21T08:13:00Z (RFC "
                                             "3339)" },

        { "client hints", "http: {accept_client_hints: [Sec-CH-UA-Model, sec-ch-ua-arch, Sec-CH-Width]}", NULL },
        { "no client hint", "http: {accept_client_hints: [User-Agent]}",
          "f.yaml:1:29: http.accept_client_hints: 'User-Agent' found, but wanted is the name of a hint's header, such as "
          "Sec-CH-UA-Model" },
        { "a client hint that ends a line", "http: {accept_client_hints: [\"Sec-CH-UA\\r\\nX: y\"]}",
          "f.yaml:1:29: http.accept_client_hints: 'Sec-CH-UA  X: y' found, but wanted is the name of a hint's header, such "
          "as Sec-CH-UA-Model" },
        { "more client hints than there are",
          "http: {accept_client_hints: '" HINTS_11 "," HINTS_11 "," HINTS_11 "'}",
          "f.yaml:1:29: http.accept_client_hints: more than 32; there are not that many" },
        { "networks", "http: {trusted_proxies: [10.0.0.0/8, \"2001:db8::/32\", 192.0.2.1]}", NULL },
        { "no network", "http: {trusted_proxies: [10.0.0.0/33]}",
          "f.yaml:1:25: http.trusted_proxies: '10.0.0.0/33' found, but wanted is an address or a network such as 10.0.0.0/8 "
          "or 2001:db8::/32" },
        { "addresses", "http: {listen: [\":8080\", \"localhost:0\", \"[::]:80\", 127.0.0.1:65535]}", NULL },
        { "address without port", "http: {listen: localhost}",
          "f.yaml:1:16: http.listen: 'localhost' found, but wanted is HOST:PORT; an IPv6 address stands in brackets, "
          "[::1]:8080" },
        { "port too large", "admin: {listen: 'a:65536'}",
          "f.yaml:1:17: admin.listen: 'a:65536' found, but wanted is HOST:PORT; an IPv6 address stands in brackets, [::1]:8080" },
        { "IPv6 without brackets", "http: {listen: '::1:80'}",
          "f.yaml:1:16: http.listen: '::1:80' found, but wanted is HOST:PORT; an IPv6 address stands in brackets, [::1]:8080" },
        { "origins", "http: {cors: {origins: [https://a.example, \"https://*.a.example:8443\", \"null\"]}}", NULL },
        { "origin with a path", "http: {cors: {origins: [https://a.example/]}}",
          "f.yaml:1:24: http.cors.origins: 'https://a.example/' found, but wanted is *, https://shop.example or "
          "https://*.example.com, "
          "without a path" },
        { "origin without scheme", "http: {cors: {origins: [a.example]}}",
          "f.yaml:1:24: http.cors.origins: 'a.example' found, but wanted is *, https://shop.example or https://*.example.com, "
          "without a path" },
};

static void test_options_fit_each_other(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct config config;
                struct errors errors = { 0 };
                config_init(&config);
                assert_true(config_read(&config, "f.yaml", slice_of(CASES[i].yaml), &errors));
                bool fine = config_check(&config, &errors);
                if (fine != !CASES[i].error || fine != !errors.count)
                        fail_msg("%s: %s", CASES[i].name, errors.count ? errors.items[0].text : "no mistake");
                if (!fine && strcmp(errors.items[0].text, CASES[i].error) != 0)
                        fail_msg("%s: %s", CASES[i].name, errors.items[0].text);
                errors_done(&errors);
                config_done(&config);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_options_fit_each_other) };
        return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
