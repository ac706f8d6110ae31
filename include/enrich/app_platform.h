/* What an app runs on and what its library is written in, by the names that SDKs give themselves; and versions taken apart. */
#ifndef ENRICH_APP_PLATFORM_H
#define ENRICH_APP_PLATFORM_H
#include "base/base.h"

/* What the event says, plain texts; data NULL: nothing. */
struct app_words { struct slice library, channel, os; };

/* "web", "mobile", "desktop", "tv", "server"; empty: unknown. A television's system decides, else the channel, the library, the
 * system. */
struct slice app_platform(const struct app_words *words);
/* As OpenTelemetry's telemetry.sdk.language has it: "webjs", "swift"; empty: unknown. */
struct slice library_language(struct slice library);

#define VERSION_PARTS 3
/* The numbers of "1.2.3-beta+7", "v1.2", "7": up to three of up to nine digits. How many there are; 0: it is no such version. */
size_t version_split(struct slice text, uint32_t parts[VERSION_PARTS]);
#endif
