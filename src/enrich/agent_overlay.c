#include "enrich/agent_overlay.h"

/* ---- browser ---- */

/* Brands whose browser uap-core's rules have under another name, on desktops and on phones; and how much a brand says: all of
 * Chromium's children name it, too, and some name Chrome. A brand that is not here is called as it calls itself. */
enum rank { RANK_NONE, RANK_BASE, RANK_COMMON, RANK_OWN };
static const struct brand_row {
        const char *brand, *name, *mobile;
        enum rank   rank;
        bool        webview;
} BRANDS[] = {
        { "Chromium",                "Chromium",              "Chromium",              RANK_BASE,   false },
        { "Google Chrome",           "Chrome",                "Chrome Mobile",         RANK_COMMON, false },
        { "Android WebView",         "Chrome Mobile WebView", "Chrome Mobile WebView", RANK_COMMON, true },
        { "Yowser",                  "Yandex Browser",        "Yandex Browser",        RANK_COMMON, false },
        { "Microsoft Edge",          "Edge",                  "Edge Mobile",           RANK_OWN,    false },
        { "Microsoft Edge WebView2", "Edge",                  "Edge Mobile",           RANK_OWN,    true },
        { "Opera",                   "Opera",                 "Opera Mobile",          RANK_OWN,    false },
        { "OperaMobile",             "Opera Mobile",          "Opera Mobile",          RANK_OWN,    false },
        { "YaBrowser",               "Yandex Browser",        "Yandex Browser",        RANK_OWN,    false },
        { "Yandex",                  "Yandex Browser",        "Yandex Browser",        RANK_OWN,    false },
        { "DuckDuckGo",              "DuckDuckGo",            "DuckDuckGo Mobile",     RANK_OWN,    false },
        { "Silk",                    "Amazon Silk",           "Amazon Silk",           RANK_OWN,    false },
        { "CocCoc",                  "Coc Coc",               "Coc Coc",               RANK_OWN,    false },
};
/* What the rules call an agent that tells no more than Chrome's. */
static const char *const PLAIN[] = { "Chrome", "Chrome Mobile", "Chrome Mobile WebView", "Chromium", "Android" };

struct brand { const struct brand_row *row; struct slice name, version; enum rank rank; };

/* Browsers add a brand that is none, so that nobody relies on the list's form: "Not A;Brand", "(Not(A:Brand". Letters tell. */
static bool brand_is_grease(struct slice name)
{
        char   letters[16];
        size_t count = 0;
        for (size_t i = 0; i < name.size; i++) {
                unsigned char c = literal_fold((unsigned char)name.data[i]);
                if (c >= 'a' && c <= 'z' && count < sizeof(letters))
                        letters[count++] = (char)c;
        }
        return count >= 8 && count < sizeof(letters) && memcmp(letters, "not", 3) == 0 &&
               memcmp(letters + count - 5, "brand", 5) == 0;
}

static const struct brand_row *brand_row(struct slice name)
{
        for (size_t i = 0; i < COUNT_OF(BRANDS); i++)
                if (slice_equal(name, slice_of(BRANDS[i].brand)))
                        return &BRANDS[i];
        return NULL;
}

/* The brand that says most; of several the first. */
static struct brand brand_pick(const struct hint_list *list)
{
        struct brand best = { .rank = RANK_NONE };
        for (size_t i = 0; i < list->count; i++) {
                struct slice name = list->item[i].name;
                if (name.size == 0 || brand_is_grease(name))
                        continue;
                const struct brand_row *row = brand_row(name);
                enum rank rank = row ? row->rank : RANK_OWN;
                if (rank > best.rank)
                        best = (struct brand){ row, name, list->item[i].version, rank };
        }
        return best;
}

static struct slice version_of(const struct hint_list *list, struct slice brand)
{
        for (size_t i = 0; i < list->count; i++)
                if (slice_equal(list->item[i].name, brand))
                        return list->item[i].version;
        return (struct slice){ NULL, 0 };
}

/* Digits first, then what versions are made of. */
static bool version_sane(struct slice version)
{
        if (version.size == 0 || version.size > 32 || version.data[0] < '0' || version.data[0] > '9')
                return false;
        for (size_t i = 0; i < version.size; i++) {
                unsigned char c = literal_fold((unsigned char)version.data[i]);
                if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '_'))
                        return false;
        }
        return true;
}

static struct slice version_first(struct slice version)
{
        const char *point = version.size ? memchr(version.data, '.', version.size) : NULL;    /* a brand may have none */
        return point ? slice_between(version.data, point) : version;
}

/* A name and a version in one text, in the place of the parts that the rules found. */
static void parts_set(struct slice *parts, struct slice name, struct slice version)
{
        memset(parts, 0, AGENT_PARTS * sizeof(*parts));
        parts[0] = name;
        parts[1] = version;
}

static bool is_plain(struct slice family)
{
        for (size_t i = 0; i < COUNT_OF(PLAIN); i++)
                if (slice_equal(family, slice_of(PLAIN[i])))
                        return true;
        return family.size == 0;
}

static void browser_lay(const struct hints *hints, struct agent *agent)
{
        struct slice *part = agent->part[AGENT_BROWSER], family = part[BROWSER_NAME];
        bool full = hints->full_versions.count > 0;
        struct brand brand = brand_pick(full ? &hints->full_versions : &hints->brands);
        if (brand.rank == RANK_NONE)
                return;
        agent->app.webview |= brand.row && brand.row->webview;
        if (brand.rank < RANK_OWN && !is_plain(family))
                return;                    /* the agent knows more: Vivaldi says that it is Chrome, Facebook that it is a view */
        bool mobile = hints->mobile == HINT_YES ||
                      (hints->mobile == HINT_UNSAID && family.size && memmem(family.data, family.size, "Mobile", 6));
        struct slice name = !brand.row ? brand.name : slice_of(mobile ? brand.row->mobile : brand.row->name);
        struct slice version = brand.version;
        if (!full && brand.rank > RANK_BASE && version_sane(hints->full_version))
                version = hints->full_version;
        else if (slice_equal(name, family) && (!version_sane(version) ||
                                               (!full && slice_equal(version_first(version), part[BROWSER_VERSION]))))
                return;                    /* the agent's version has more parts, or is the only one */
        parts_set(part, name, version_sane(version) ? version : (struct slice){ NULL, 0 });
}

/* ---- operating system ---- */

enum version_rule { VERSION_AS_IT_IS, VERSION_NONE, VERSION_WINDOWS, VERSION_MAC, VERSION_ANDROID };
static const struct platform_row {
        const char *platform, *name;       /* name: as uap-core's rules have it */
        enum version_rule rule;
        bool desktop;
} PLATFORMS[] = {
        { "Windows",     "Windows",   VERSION_WINDOWS,  true },
        { "macOS",       "Mac OS X",  VERSION_MAC,      true },
        { "Mac OS X",    "Mac OS X",  VERSION_MAC,      true },
        { "Android",     "Android",   VERSION_ANDROID,  false },
        { "Chrome OS",   "Chrome OS", VERSION_AS_IT_IS, true },
        { "Chromium OS", "Chrome OS", VERSION_AS_IT_IS, true },
        { "Linux",       "Linux",     VERSION_NONE,     true },    /* its version is the kernel's, if it is any */
        { "iOS",         "iOS",       VERSION_AS_IT_IS, false },
        { "Fuchsia",     "Fuchsia",   VERSION_AS_IT_IS, false },
};

static const struct platform_row *platform_row(const struct hints *hints, const struct agent *agent)
{
        for (size_t i = 0; i < COUNT_OF(PLATFORMS); i++)
                if (hints->platform.size ? slice_equal(hints->platform, slice_of(PLATFORMS[i].platform))
                                         : slice_equal(agent->part[AGENT_OS][OS_NAME], slice_of(PLATFORMS[i].name)))
                        return &PLATFORMS[i];
        return NULL;
}

static unsigned number_at(struct slice version, unsigned part)
{
        unsigned number = 0;
        for (size_t i = 0; i < version.size; i++)
                if (version.data[i] == '.') {
                        if (part-- == 0)
                                break;
                        number = 0;
                } else if (version.data[i] >= '0' && version.data[i] <= '9' && number < 100000) {
                        number = number * 10 + (unsigned)(version.data[i] - '0');
                }
        return number;
}

/* The version of the API that Windows says, as its makers say to read it. */
static struct slice windows_version(struct slice version)
{
        static const struct slice OLD[] = { { NULL, 0 }, SLICE_INIT("7"), SLICE_INIT("8"), SLICE_INIT("8.1") };
        unsigned major = number_at(version, 0), minor = number_at(version, 1);
        if (major == 0)
                return memchr(version.data, '.', version.size) && minor < COUNT_OF(OLD) ? OLD[minor] : OLD[0];
        return major >= 13 ? SLICE("11") : SLICE("10");
}

/* Takes ".0" off the end, as long as more than `parts` parts are left. */
static struct slice zeros_cut(struct slice version, size_t parts)
{
        size_t points = 0;
        for (size_t i = 0; i < version.size; i++)
                points += version.data[i] == '.';
        for (; points + 1 > parts && version.size > 2 && memcmp(version.data + version.size - 2, ".0", 2) == 0; points--)
                version.size -= 2;
        return version;
}

static struct slice platform_version(enum version_rule rule, struct slice version)
{
        if (rule == VERSION_NONE || !version_sane(version))
                return (struct slice){ NULL, 0 };
        switch (rule) {
        case VERSION_WINDOWS: return windows_version(version);
        case VERSION_MAC:     return zeros_cut(version, 2);                /* 15.0, as Apple writes it */
        case VERSION_ANDROID: return number_at(version, 0) >= 9 ? zeros_cut(version, 1) : version;      /* 14, but 8.1.0 */
        default:              return version;
        }
}

static void os_lay(const struct hints *hints, const struct platform_row *row, struct agent *agent)
{
        struct slice *part = agent->part[AGENT_OS], os = part[OS_NAME];
        struct slice name = row ? slice_of(row->name) : hints->platform, version;
        bool known = os.size == 0;
        if (name.size == 0 || slice_equal(name, SLICE("Unknown")))
                return;
        for (size_t i = 0; i < COUNT_OF(PLATFORMS); i++)
                known |= slice_equal(os, slice_of(PLATFORMS[i].name));
        if (!known && row && row->rule == VERSION_NONE)
                return;                    /* Ubuntu is Linux, and more */
        version = platform_version(row ? row->rule : VERSION_AS_IT_IS, hints->platform_version);
        if (version.size || !slice_equal(name, os))
                parts_set(part, name, version);
}

/* ---- device ---- */

/* The rules about the model, asked as an agent before the freeze said it. Some know it where a build stands behind it, and some
 * where none does. */
static const char *const SPELLINGS[] = { "", " Build/A" };

static void model_find(const struct agent_engine *engine, struct agent_scratch *scratch, struct slice model, bool mobile,
                       char text[static OVERLAY_TEXT], struct agent *ret_found)
{
        for (size_t i = 0; i < COUNT_OF(SPELLINGS); i++) {
                int size = snprintf(text, OVERLAY_TEXT,
                                    "Mozilla/5.0 (Linux; Android 10; %.*s%s) AppleWebKit/537.36 (KHTML, like Gecko) "
                                    "Chrome/100.0.0.0 %sSafari/537.36",
                                    SLICE_ARGS(model), SPELLINGS[i], mobile ? "Mobile " : "");
                agent_find_device(engine, scratch, (struct slice){ text, (size_t)size }, ret_found);
                agent_clean(ret_found);
                if (ret_found->part[AGENT_DEVICE][DEVICE_BRAND].size)
                        return;
        }
}

static void model_lay(const struct agent_engine *engine, struct agent_scratch *scratch, const struct hints *hints,
                      char text[static OVERLAY_TEXT], struct agent *agent)
{
        struct slice *part = agent->part[AGENT_DEVICE];
        struct agent  found;
        if (part[DEVICE_BRAND].size && agent->text.size &&
            memmem(agent->text.data, agent->text.size, hints->model.data, hints->model.size))
                return;                    /* this agent is not frozen */
        bool mobile = hints->mobile == HINT_YES || (hints->mobile == HINT_UNSAID && agent->class == DEVICE_PHONE);
        bool plain = agent->class == DEVICE_UNKNOWN || agent->class == DEVICE_PHONE || agent->class == DEVICE_TABLET;
        model_find(engine, scratch, hints->model, mobile, text, &found);
        if (found.part[AGENT_DEVICE][DEVICE_BRAND].size)
                memcpy(part, found.part[AGENT_DEVICE], AGENT_PARTS * sizeof(*part));
        else
                parts_set(part, hints->model, (struct slice){ NULL, 0 });
        if (part[DEVICE_MODEL].size == 0)
                part[DEVICE_MODEL] = hints->model;
        if (plain && found.class != DEVICE_UNKNOWN && found.class != DEVICE_APP)
                agent->class = found.class;
}

/* From the one that says most to the one that says least. EInk tells the screen, not the class. */
static const struct { const char *name; enum device_class class; } FORMS[] = {
        { "Automotive", DEVICE_CAR },
        { "XR",         DEVICE_XR },
        { "Watch",      DEVICE_WEARABLE },
        { "EInk",       DEVICE_UNKNOWN },
        { "Tablet",     DEVICE_TABLET },
        { "Mobile",     DEVICE_PHONE },
        { "Desktop",    DEVICE_DESKTOP },
};

static bool form_said(const struct hints *hints, const char *name)
{
        for (size_t i = 0; i < hints->form_factors.count; i++)
                if (slice_equal(hints->form_factors.item[i].name, slice_of(name)))
                        return true;
        return false;
}

struct slice agent_form_factor(const struct hints *hints)
{
        for (size_t i = 0; i < COUNT_OF(FORMS); i++)
                if (form_said(hints, FORMS[i].name))
                        return slice_of(FORMS[i].name);
        return hints->form_factors.count ? hints->form_factors.item[0].name : (struct slice){ NULL, 0 };
}

static void class_lay(const struct hints *hints, const struct platform_row *row, struct agent *agent)
{
        if (agent->class == DEVICE_TV || agent->class == DEVICE_CONSOLE)
                return;                    /* there is no form factor for them */
        for (size_t i = 0; i < COUNT_OF(FORMS); i++)
                if (FORMS[i].class != DEVICE_UNKNOWN && form_said(hints, FORMS[i].name)) {
                        agent->class = FORMS[i].class;
                        return;
                }
        bool unknown = agent->class == DEVICE_UNKNOWN;
        if (hints->mobile == HINT_YES && (unknown || agent->class == DEVICE_DESKTOP))
                agent->class = DEVICE_PHONE;
        else if (hints->mobile == HINT_NO && row && row->desktop && (unknown || agent->class == DEVICE_PHONE))
                agent->class = DEVICE_DESKTOP;
        else if (hints->mobile == HINT_NO && row && row->rule == VERSION_ANDROID && unknown)
                agent->class = DEVICE_TABLET;
}

/* A headless Chrome that was told to hide it in its user agent still says so in its brands. */
static void robot_lay(const struct agent_engine *engine, const struct hints *hints, struct agent *agent)
{
        const struct hint_list *list = hints->full_versions.count ? &hints->full_versions : &hints->brands;
        for (size_t i = 0; i < list->count; i++)
                if (slice_equal(list->item[i].name, SLICE("HeadlessChrome")))
                        agent_find_robot(engine, SLICE("HeadlessChrome"), agent);
}

void agent_overlay(const struct agent_engine *engine, struct agent_scratch *scratch, const struct hints *hints,
                   char text[static OVERLAY_TEXT], struct agent *agent)
{
        const struct platform_row *row = platform_row(hints, agent);
        struct slice chromium = version_of(&hints->full_versions, SLICE("Chromium"));
        agent->hints = hints;
        if (!agent->robot.counted)
                robot_lay(engine, hints, agent);
        if (agent->robot.counted)
                return;
        browser_lay(hints, agent);
        os_lay(hints, row, agent);
        if (hints->model.size && row && row->rule == VERSION_ANDROID)
                model_lay(engine, scratch, hints, text, agent);
        else if (hints->model.size)
                agent->part[AGENT_DEVICE][DEVICE_MODEL] = hints->model;
        class_lay(hints, row, agent);
        if (version_sane(chromium) && slice_equal(agent->app.engine, SLICE("Blink")))
                agent->app.engine_version = chromium;
}

void agent_overlay_touch(struct agent *agent)
{
        struct slice *browser = agent->part[AGENT_BROWSER], *device = agent->part[AGENT_DEVICE];
        if (agent->class != DEVICE_DESKTOP || !slice_equal(agent->part[AGENT_OS][OS_NAME], SLICE("Mac OS X")) ||
            (agent->hints && agent->hints->platform.size))
                return;
        agent->class = DEVICE_TABLET;
        if (slice_equal(browser[BROWSER_NAME], SLICE("Safari")))
                browser[BROWSER_NAME] = SLICE("Mobile Safari");
        parts_set(agent->part[AGENT_OS], SLICE("iPadOS"), (struct slice){ NULL, 0 });
        device[DEVICE_NAME] = device[DEVICE_MODEL] = SLICE("iPad");
        device[DEVICE_BRAND] = SLICE("Apple");
}
