#include "enrich/hints.h"
#include "enrich/structured.h"

#define ROW(member, header, kind, place) { member, header, HINT_KIND_##kind, offsetof(struct hints, place) }
const struct hint_row HINTS[HINT_ROWS] = {
        ROW("brands",          HEADER_sec_ch_ua,                   BRANDS, brands),
        ROW("fullVersionList", HEADER_sec_ch_ua_full_version_list, BRANDS, full_versions),
        ROW("uaFullVersion",   -1,                                 TEXT,   full_version),
        ROW("mobile",          HEADER_sec_ch_ua_mobile,            TRUTH,  mobile),
        ROW("platform",        HEADER_sec_ch_ua_platform,          TEXT,   platform),
        ROW("platformVersion", HEADER_sec_ch_ua_platform_version,  TEXT,   platform_version),
        ROW("model",           HEADER_sec_ch_ua_model,             TEXT,   model),
        ROW("architecture",    HEADER_sec_ch_ua_arch,              TEXT,   architecture),
        ROW("bitness",         HEADER_sec_ch_ua_bitness,           TEXT,   bitness),
        ROW("wow64",           HEADER_sec_ch_ua_wow64,             TRUTH,  wow64),
        ROW("formFactors",     HEADER_sec_ch_ua_form_factors,      NAMES,  form_factors),
        ROW("formFactor",      -1,                                 NAMES,  form_factors),
};

bool hint_known(const struct hints *hints, const struct hint_row *row)
{
        const void *place = (const char *)hints + row->place;
        switch (row->kind) {
        case HINT_KIND_TEXT:  return ((const struct slice *)place)->data != NULL;
        case HINT_KIND_TRUTH: return *(const enum hint_truth *)place != HINT_UNSAID;
        default:              return ((const struct hint_list *)place)->count > 0;
        }
}

/* They stand in a row, which is quicker to look at than the table: most requests to plain HTTP have none. */
static inline bool headers_any(const struct slice *headers)
{
        uintptr_t any = 0;
        for (size_t i = HEADER_sec_ch_ua; i <= HEADER_sec_ch_ua_wow64; i++)
                any |= (uintptr_t)headers[i].data;
        return any != 0;
}

size_t hints_size(const struct hint_source *source)
{
        if (!source->event.data && !(source->headers && headers_any(source->headers)))
                return 0;
        size_t size = source->event.data ? source->event.size + 1 : 0;
        for (size_t i = 0; source->headers && i < HINT_ROWS; i++)
                if (HINTS[i].header >= 0 && source->headers[HINTS[i].header].data)
                        size += source->headers[HINTS[i].header].size + 2;
        return size;
}

static inline char *put(char *at, struct slice text)
{
        memcpy(at, text.data, text.size);
        at[text.size] = '\0';
        return at + text.size + 1;
}

char *hints_key(const struct hint_source *source, char *at)
{
        if (source->event.data)
                at = put(at, source->event);
        for (size_t i = 0; source->headers && i < HINT_ROWS; i++) {
                if (HINTS[i].header < 0 || !source->headers[HINTS[i].header].data)
                        continue;
                *at++ = (char)('A' + i);           /* which one it is; JSON that is an object starts with a brace */
                at = put(at, source->headers[HINTS[i].header]);
        }
        return at;
}

/* A string, or a token, as early browsers sent it. */
static bool text_take(struct structured_value value, struct buffer *text, struct slice *ret_text)
{
        if ((value.type != STRUCTURED_STRING && value.type != STRUCTURED_TOKEN) || value.text.size > HINT_TEXT_MOST)
                return false;
        *ret_text = value.text;
        if (value.type == STRUCTURED_TOKEN || !memchr(value.text.data, '\\', value.text.size))
                return true;
        if (!buffer_reserve(text, value.text.size))
                return false;
        char *out = text->data + text->size;
        *ret_text = (struct slice){ out, structured_unescape(value.text, out) };
        text->size += ret_text->size;
        return true;
}

static bool list_take(struct slice field, const struct hint_row *row, struct buffer *text, struct hint_list *list)
{
        struct structured_member members[HINT_ITEMS];
        struct structured_value  version;
        size_t count;
        if (!structured_list(field, members, HINT_ITEMS, &count))
                return false;
        for (size_t i = 0; i < count; i++) {
                list->item[i].version = (struct slice){ NULL, 0 };
                if (!text_take(members[i].value, text, &list->item[i].name) ||
                    (row->kind == HINT_KIND_BRANDS && structured_parameter(&members[i], SLICE("v"), &version) &&
                     !text_take(version, text, &list->item[i].version)))
                        return false;
        }
        list->count = count;
        return true;
}

static bool header_take(struct slice field, const struct hint_row *row, struct buffer *text, struct hints *hints)
{
        void *place = hint_place(hints, row);
        struct structured_member member;
        if (row->kind == HINT_KIND_BRANDS || row->kind == HINT_KIND_NAMES)
                return list_take(field, row, text, place);
        if (!structured_item(field, &member))
                return false;
        if (row->kind == HINT_KIND_TEXT)
                return text_take(member.value, text, place);
        if (member.value.type != STRUCTURED_BOOLEAN)
                return false;
        *(enum hint_truth *)place = *member.value.text.data == '1' ? HINT_YES : HINT_NO;
        return true;
}

void hints_read(const struct hint_source *source, struct buffer *text, struct hints *ret_hints)
{
        memset(ret_hints, 0, sizeof(*ret_hints));
        if (source->event.data)
                hints_read_event(source->event, text, ret_hints);
        for (size_t i = 0; source->headers && i < HINT_ROWS; i++) {
                if (HINTS[i].header < 0 || !source->headers[HINTS[i].header].data || hint_known(ret_hints, &HINTS[i]))
                        continue;
                if (!header_take(source->headers[HINTS[i].header], &HINTS[i], text, ret_hints))
                        ret_hints->broken++;
        }
}
