/* `millrace spool cat`: records as lines of JSON. */
#include "base/clock.h"
#include "base/utf8.h"
#include "json/scan.h"
#include "spool.h"

#define DAMAGE_SHOWN 65536         /* bytes of a damaged place */

/* "key":"text", or "key_base64":"..." when it is not UTF-8. */
static void add_bytes(struct buffer *out, struct slice name, struct slice bytes)
{
        bool text = utf8_valid(bytes);
        buffer_add_json(out, name);
        if (!text) {
                out->size--;
                buffer_add(out, SLICE("_base64\""));
        }
        buffer_add_char(out, ':');
        if (text) {
                buffer_add_json(out, bytes);
                return;
        }
        buffer_add_char(out, '"');
        buffer_add_base64(out, bytes);
        buffer_add_char(out, '"');
}

static bool is_json(struct slice value)
{
        const struct scan_limits limits = SCAN_UNLIMITED;
        struct scan_error wrong;
        return scan_text(value, &limits, &wrong);
}

static void add_value(struct buffer *out, struct slice value)
{
        if (!is_json(value)) {
                add_bytes(out, SLICE("text"), value);
                return;
        }
        buffer_add(out, SLICE("\"value\":"));
        buffer_add_on_one_line(out, value);
}

static void add_place(struct buffer *out, const struct spool_file *file, const struct spool_item *item)
{
        buffer_format(out, "\"file\":\"%s\",\"offset\":%llu", file->name, (unsigned long long)item->offset);
}

static void add_record(struct buffer *out, const struct spool_file *file, const struct spool_item *item)
{
        const struct spool_record *record = &item->record;
        char received[CLOCK_TEXT];
        clock_format(record->received, received);
        buffer_add_char(out, '{');
        add_bytes(out, SLICE("topic"), record->topic);
        if (record->key.data) {
                buffer_add_char(out, ',');
                add_bytes(out, SLICE("key"), record->key);
        }
        buffer_format(out, ",\"received\":\"%.*s\",\"bad\":%s,", CLOCK_TEXT, received, record->bad ? "true" : "false");
        add_place(out, file, item);
        if (item->released)
                buffer_add(out, SLICE(",\"released\":true"));
        buffer_add(out, SLICE(",\"headers\":{"));
        for (size_t i = 0; i < record->header_count; i++) {
                if (i)
                        buffer_add_char(out, ',');
                add_bytes(out, record->headers[i].name, record->headers[i].value);
        }
        buffer_add(out, SLICE("},"));
        add_value(out, record->value);
        buffer_add(out, SLICE("}\n"));
}

static void add_damage(struct buffer *out, struct spool_walk *walk, const struct spool_file *file, const struct spool_item *item)
{
        struct slice bytes = spool_walk_bytes(walk, item);
        bytes.size = bytes.size < DAMAGE_SHOWN ? bytes.size : DAMAGE_SHOWN;
        buffer_format(out, "{\"%s\":true,", item->kind == SPOOL_ITEM_TORN ? "torn" : "damaged");
        add_place(out, file, item);
        buffer_format(out, ",\"size\":%llu,\"bytes_base64\":\"", (unsigned long long)item->size);
        buffer_add_base64(out, bytes);
        buffer_add(out, SLICE("\"}\n"));
}

/* False: no more is wanted. */
static bool print_item(struct spool_job *job, struct spool_walk *walk, const struct spool_file *file,
                       const struct spool_item *item, struct buffer *out)
{
        bool value_only = job->arguments->flag[FLAG_VALUE_ONLY] != NULL;
        buffer_clear(out);
        if (item->kind != SPOOL_ITEM_RECORD) {
                if (!value_only && !job->choice.filter)
                        add_damage(out, walk, file, item);
        } else if (choice_takes(job, item)) {
                if (job->choice.limit == 0)
                        return false;
                job->choice.limit--;
                if (!value_only) {
                        add_record(out, file, item);
                } else {
                        if (is_json(item->record.value))
                                buffer_add_on_one_line(out, item->record.value);
                        else
                                buffer_add(out, item->record.value);
                        buffer_add_char(out, '\n');
                }
        }
        return out->size == 0 || fwrite(out->data, 1, out->size, stdout) == out->size;
}

int spool_print(struct spool_job *job)
{
        struct buffer out;
        int  status = EXIT_SUCCESS;
        bool more = true;
        buffer_init(&out, SIZE_MAX / 2);
        for (size_t i = 0; i < job->count && more; i++) {
                struct error err;
                struct spool_item item;
                struct spool_walk *walk = spool_walk_open(job->view, job->files[i], &err);
                bool good = walk || !err.text[0];
                while (walk && more && (good = spool_walk_next(walk, &item, &err)) && item.kind != SPOOL_ITEM_END)
                        more = print_item(job, walk, job->files[i], &item, &out) && !task_stopped(&job->task, 0);
                if (!good) {
                        fprintf(stderr, "millrace spool: %s\n", err.text);
                        status = EXIT_FAILURE;
                }
                spool_walk_close(walk);
        }
        buffer_done(&out);
        return status;
}
