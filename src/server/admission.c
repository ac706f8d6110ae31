#include "server/admission.h"

#define SECOND INT64_C(1000000000)

/* The faults that a gate may answer, with their counters. */
static const struct { enum http_fault fault; enum metric metric; } FAULTS[] = {
        { HTTP_FAULT_key_missing,   METRIC_key_missing   }, { HTTP_FAULT_key_malformed, METRIC_key_malformed },
        { HTTP_FAULT_key_unknown,   METRIC_key_unknown   }, { HTTP_FAULT_key_disabled,  METRIC_key_disabled  },
        { HTTP_FAULT_key_expired,   METRIC_key_expired   }, { HTTP_FAULT_key_route,     METRIC_key_route     },
        { HTTP_FAULT_key_origin,    METRIC_key_origin    },
};

static void explain_fault(enum http_fault fault, struct metrics_worker *metrics, struct refusal *ret_refusal)
{
        const struct http_fault_row *row = &HTTP_FAULTS[fault];
        size_t i = 0;
        while (i < COUNT_OF(FAULTS) && FAULTS[i].fault != fault)
                i++;
        BUG_IF(i == COUNT_OF(FAULTS));
        metrics_add(metrics, FAULTS[i].metric, 1);
        *ret_refusal = (struct refusal){ .status = row->status, .name = row->name, .message = row->message };
        if (row->status == 401)    /* RFC 9110, 15.5.2; not Basic, or browsers would ask people for a password */
                (void)snprintf(ret_refusal->headers, sizeof(ret_refusal->headers),
                               "WWW-Authenticate: Bearer realm=\"millrace\"\r\n");
}

/* RFC 6585, section 4. Whole seconds, so that the bucket is ready when they are over. */
static void explain_limit(const struct gate_answer *answer, struct metrics_worker *metrics, struct refusal *ret_refusal)
{
        static const struct { enum metric metric; const char *message; } LIMITS[LIMIT_KINDS] = {
                [LIMIT_ADDRESS] = { METRIC_limited_address, "Too many events came from this address; send this one later." },
                [LIMIT_KEY] = { METRIC_limited_key, "Too many events came with this key; send this one later." },
                [LIMIT_ROUTE] = { METRIC_limited_route, "Too many events came to this path; send this one later." },
        };
        metrics_add(metrics, LIMITS[answer->limit].metric, 1);
        *ret_refusal = (struct refusal){ .status = REASONS[REASON_rate_limited].status, .name = REASONS[REASON_rate_limited].name,
                                         .message = LIMITS[answer->limit].message,
                                         .pause = answer->limit == LIMIT_ADDRESS };        /* whoever comes by it */
        (void)snprintf(ret_refusal->headers, sizeof(ret_refusal->headers), "Retry-After: %lld\r\n",
                       (long long)((answer->wait + SECOND - 1) / SECOND));
}

int64_t admission_now(const struct loop *loop)
{
        return *loop_config(loop)->debug_clock ? loop_now(loop) * 1000000 : loop_nanoseconds(loop);
}

void admission_explain(const struct gate_answer *answer, struct metrics_worker *metrics, struct refusal *ret_refusal)
{
        if (answer->fault)
                explain_fault(answer->fault, metrics, ret_refusal);
        else
                explain_limit(answer, metrics, ret_refusal);
}

static struct gate_question question_of(const struct exchange *exchange)
{
        return (struct gate_question){ .http = &exchange->http, .client = &exchange->client,
                                       .received = loop_now(exchange->loop), .now = admission_now(exchange->loop) };
}

bool admission_knock(const struct gate *gate, struct exchange *exchange, struct metrics_worker *metrics,
                     struct refusal *ret_refusal)
{
        const struct gate_question question = question_of(exchange);
        struct gate_answer answer;
        if (!gate_stands(gate) || gate_knock(gate, &question, &answer))
                return true;
        admission_explain(&answer, metrics, ret_refusal);
        return false;
}

bool admission_refuse(const struct gate *gate, struct exchange *exchange, struct metrics_worker *metrics,
                      struct refusal *ret_refusal, bool *ret_limited)
{
        const struct gate_question question = question_of(exchange);
        struct gate_answer answer;
        struct pass pass;
        *ret_limited = false;
        if (!gate_ask(gate, &question, &pass, &answer)) {
                *ret_limited = answer.fault == HTTP_SOUND;
                admission_explain(&answer, metrics, ret_refusal);
                return true;
        }
        struct pass *kept = arena_take(&exchange->arena, sizeof(*kept));
        if (!kept) {
                const struct http_fault_row *row = &HTTP_FAULTS[HTTP_FAULT_memory];
                *ret_refusal = (struct refusal){ .status = row->status, .name = row->name, .message = row->message };
                return true;
        }
        *kept = pass;
        exchange->job = kept;
        return false;
}
