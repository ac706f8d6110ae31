#include "server/banner.h"

/* Examples from the sample plan; a plan without them gets the addresses only. */
static const char GOOD[] = "{\"type\":\"page_view\",\"userId\":\"u-1\",\"data\":{\"url\":\"https://shop.example/\"}}";
static const char BAD[] = "{\"type\":\"page_view\",\"userId\":\"u-1\",\"data\":{\"ulr\":\"https://shop.example/\"}}";

static void print_tour(const struct plan *plan, const char *events, const char *brokers, FILE *out)
{
        const char *key = gate_is_open(plan->gate) ? "" : "-H \"Authorization: Bearer $KEY\" ";
        fprintf(out, "\nA good event:\n  curl %s-d '%s' '%s/v1/events?verbose'\n", key, GOOD, events);
        fprintf(out, "A bad one, which is answered with what is wrong about it:\n  curl %s-d '%s' '%s/v1/events?verbose'\n", key,
                BAD, events);
        if (!plan->topic.constant)
                return;
        fprintf(out,
                "Read the good events, validated and enriched (kcat is in the package of that name):\n  kcat -C -b %s -t %s -o "
                "beginning\n",
                brokers, plan->config.kafka_topic);
        fprintf(out, "Read the bad ones with their reasons:\n  kcat -C -b %s -t %s -o beginning\n", brokers,
                plan->config.kafka_bad_topic);
}

static void print_events(const struct listeners *events, char first[static LISTENER_TEXT], FILE *out)
{
        for (size_t i = 0; i < events->count; i++) {
                char text[LISTENER_TEXT];
                listeners_address(events, i, text);
                if (!*first)
                        memcpy(first, text, sizeof(text));
                fprintf(out, "events: %s/v1/events\n", text);
        }
}

void banner_print(const struct plan *plan, const struct listeners *events, const struct listeners *secure,
                  const struct listeners *admin, const char *brokers, FILE *out)
{
        char text[LISTENER_TEXT], first[LISTENER_TEXT] = "";
        fprintf(out, "millrace " MILLRACE_VERSION ", %zu schema%s\n", registry_count(plan->registry),
                registry_count(plan->registry) == 1 ? "" : "s");
        print_events(events, first, out);
        print_events(secure, first, out);
        for (size_t i = 0; i < admin->count; i++) {
                listeners_address(admin, i, text);
                fprintf(out, "admin:  %s/\n", text);
        }
        const char *sink = sink_word(&plan->config);
        bool kafka = strcmp(sink, "kafka") == 0, embedded = sink_is_embedded(&plan->config);
        if (brokers)
                fprintf(out, "%s:%*s%s%s\n", sink, (int)(7 - strlen(sink)), "", brokers,
                        embedded ? " (embedded: for a first look only, nothing outlives the process)" : "");
        if (kafka && brokers && registry_newest(plan->registry, SLICE("page_view")))
                print_tour(plan, first, brokers, out);
        fprintf(out, "\n");
        (void)fflush(out);
}
