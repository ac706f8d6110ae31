#include "event/event.h"

const struct reason_row REASONS[REASON_COUNT] = {
#define REASON(id, end, status, doc) { #id, doc, END_##end, status },
#include "event/reasons.def"
#undef REASON
};

const struct fact_row FACTS[FACT_COUNT] = {
#define FACT(id, path, kind) { #id, path, FACT_KIND_##kind },
#include "event/facts.def"
#undef FACT
};

const struct slice HEADERS[HEADER_COUNT] = {
#define HEADER(id, name) SLICE_INIT(name),
#include "event/headers.def"
#undef HEADER
};
