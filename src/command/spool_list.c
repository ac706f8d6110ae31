/* `millrace spool ls` and `verify`: what each file holds, and whether all of it is whole. */
#include "base/clock.h"
#include "sink/topics.h"
#include "spool.h"

struct tally {
        uint64_t records, bytes, released, damages, damaged_bytes, torn, unreadable;
        int64_t  oldest, newest;           /* ms; 0: no record */
        bool     gone, failed;             /* delivered meanwhile; cannot be read */
};
struct listing {
        struct spool_job *job;
        struct topics     topics;
        struct { uint64_t records, bytes; } *by_topic;     /* TOPICS_MAX of them and one for all others; not released */
        struct tally      total;
        uint64_t          size, read;      /* bytes of all files; of those, read so far */
        bool              damages;         /* tell each */
        FILE             *text;            /* NULL: JSON is wanted */
};

static void text_time(int64_t ms, char text[CLOCK_TEXT + 1])
{
        (void)snprintf(text, CLOCK_TEXT + 1, "-");
        if (ms)
                clock_format(ms, text);
        text[ms ? CLOCK_TEXT : 1] = '\0';
}

/* What was set aside is not what the spool holds, unless somebody asks for it. */
static bool is_counted(const struct listing *listing, const struct spool_file *file)
{
        return file->part == SPOOL_SEGMENTS || listing->job->named;
}

static void tally_record(struct listing *listing, struct tally *tally, const struct spool_file *file,
                         const struct spool_item *item)
{
        const struct spool_record *record = &item->record;
        if (item->released) {
                tally->released++;
                return;
        }
        tally->records++;
        tally->bytes += item->size;
        if (!tally->oldest || record->received < tally->oldest)
                tally->oldest = record->received;
        if (record->received > tally->newest)
                tally->newest = record->received;
        if (!is_counted(listing, file))
                return;
        uint16_t topic = topics_number(&listing->topics, record->topic);
        topic = topic < TOPICS_MAX ? topic : TOPICS_MAX;
        listing->by_topic[topic].records++;
        listing->by_topic[topic].bytes += item->size;
}

static void tally_damage(struct listing *listing, struct tally *tally, const struct spool_file *file,
                         const struct spool_item *item)
{
        bool torn = item->kind == SPOOL_ITEM_TORN;
        *(torn ? &tally->torn : &tally->damages) += 1;
        tally->damaged_bytes += torn ? 0 : item->size;
        if (!listing->damages || !listing->text)
                return;
        task_done(&listing->job->task);
        fprintf(listing->text, "%s: %llu bytes at %llu are %s\n", file->name, (unsigned long long)item->size,
                (unsigned long long)item->offset,
                !torn ? "damaged" : "torn: being written just now, or cut off at the next start");
}

static void tell(struct listing *listing, uint64_t offset)
{
        if (task_due(&listing->job->task) && listing->damages)
                task_tell(&listing->job->task, "%llu of %llu MiB are read", (unsigned long long)((listing->read + offset) >> 20),
                          (unsigned long long)(listing->size >> 20));
}

static void tally_file(struct listing *listing, const struct spool_file *file, struct tally *tally)
{
        struct error err;
        struct spool_item item;
        struct spool_walk *walk = spool_walk_open(listing->job->view, file, &err);
        tally->gone = !walk && !err.text[0];
        bool good = walk || tally->gone;
        while (walk && (good = spool_walk_next(walk, &item, &err)) && item.kind != SPOOL_ITEM_END) {
                if (item.kind == SPOOL_ITEM_RECORD)
                        tally_record(listing, tally, file, &item);
                else
                        tally_damage(listing, tally, file, &item);
                tell(listing, item.offset - file->base);
                if (task_stopped(&listing->job->task, 0))
                        break;
        }
        if (!good)
                fprintf(stderr, "millrace spool: %s\n", err.text);
        tally->failed = !good;
        if (walk)
                tally->unreadable = spool_walk_unreadable(walk);
        spool_walk_close(walk);
        listing->read += file->size;
}

static void tally_add(struct tally *total, const struct tally *tally)
{
        total->records += tally->records;
        total->bytes += tally->bytes;
        total->released += tally->released;
        total->damages += tally->damages;
        total->damaged_bytes += tally->damaged_bytes;
        total->torn += tally->torn;
        total->unreadable += tally->unreadable;
        total->failed |= tally->failed;
}

/* ---- as text ---- */

static const char *state_of(const struct spool_file *file, const struct tally *tally, char room[128])
{
        const char *state = tally->failed ? "unreadable" : tally->unreadable ? "partly unreadable" : tally->damages ? "damaged"
                          : file->part ? "set aside" : tally->torn ? "torn" : file->newest ? "newest" : "";
        (void)snprintf(room, 128, "%s", state);
        return room;
}

static void print_file(struct listing *listing, const struct spool_file *file, const struct tally *tally)
{
        char oldest[CLOCK_TEXT + 1], newest[CLOCK_TEXT + 1], state[128];
        if (tally->gone || !listing->text)
                return;
        text_time(tally->oldest, oldest);
        text_time(tally->newest, newest);
        fprintf(listing->text, "%-40s %10llu %10llu %14llu  %-24s  %-24s  %s\n", file->name, (unsigned long long)tally->records,
                (unsigned long long)tally->released, (unsigned long long)tally->bytes, oldest, newest,
                state_of(file, tally, state));
}

static void print_topics(const struct listing *listing)
{
        for (uint16_t i = 0; i < listing->topics.count; i++)
                if (listing->by_topic[i].records)
                        fprintf(listing->text, "topic %.*s: %llu records, %llu bytes\n", SLICE_ARGS(listing->topics.names[i]),
                                (unsigned long long)listing->by_topic[i].records, (unsigned long long)listing->by_topic[i].bytes);
        if (listing->by_topic[TOPICS_MAX].records)
                fprintf(listing->text, "other topics: %llu records, %llu bytes\n",
                        (unsigned long long)listing->by_topic[TOPICS_MAX].records,
                        (unsigned long long)listing->by_topic[TOPICS_MAX].bytes);
}

/* What lanes have to say: that there are further ones, and whose position is damaged. */
static void print_lanes(const struct listing *listing)
{
        const struct spool_view *view = listing->job->view;
        for (size_t i = 0; i < spool_view_lanes(view); i++) {
                const struct spool_view_lane *lane = spool_view_lane(view, i);
                if (lane->topic)
                        fprintf(listing->text, "topic %s takes nothing: what there is for it is in " SPOOL_PARKED "/%s\n",
                                lane->topic, lane->topic);
                if (!lane->placed)
                        fprintf(listing->text, "%s%s%sits file position is damaged: what was delivered will be sent again\n",
                                lane->topic ? SPOOL_PARKED "/" : "", lane->topic ? lane->topic : "", lane->topic ? ": " : "");
        }
}

static void print_head(const struct listing *listing)
{
        const struct spool_job *job = listing->job;
        long process = 0;
        bool held = spool_view_held(job->view, &process);
        fprintf(listing->text, "spool %s: ", job->path);
        if (held && process)
                fprintf(listing->text, "process %ld is at work in it\n", process);
        else
                fprintf(listing->text, "%s\n", held ? "a process is at work in it" : "no daemon is at work in it");
        print_lanes(listing);
        fprintf(listing->text, "%-40s %10s %10s %14s  %-24s  %-24s  %s\n", "file", "records", "released", "bytes", "oldest",
                "newest", "state");
}

/* ---- as JSON ---- */

static void json_tally(struct buffer *out, const struct tally *tally)
{
        const struct { const char *name; uint64_t value; } ROWS[] = {
                { "records", tally->records }, { "bytes", tally->bytes }, { "released", tally->released },
                { "damages", tally->damages }, { "damaged_bytes", tally->damaged_bytes }, { "torn", tally->torn },
                { "unreadable_bytes", tally->unreadable },
        };
        for (size_t i = 0; i < COUNT_OF(ROWS); i++)
                buffer_format(out, "%s\"%s\":%llu", i ? "," : "", ROWS[i].name, (unsigned long long)ROWS[i].value);
}

static void json_file(struct buffer *out, const struct spool_file *file, const struct tally *tally)
{
        char oldest[CLOCK_TEXT + 1], newest[CLOCK_TEXT + 1];
        if (tally->gone)
                return;
        text_time(tally->oldest, oldest);
        text_time(tally->newest, newest);
        buffer_format(out, "%s{\"name\":\"%s\",\"segment\":%llu,\"size\":%llu,", out->data[out->size - 1] == '[' ? "" : ",",
                      file->name, (unsigned long long)file->segment, (unsigned long long)file->size);
        json_tally(out, tally);
        if (tally->oldest)
                buffer_format(out, ",\"oldest\":\"%s\",\"newest\":\"%s\"", oldest, newest);
        buffer_add_char(out, '}');
}

static void json_position(struct buffer *out, const struct spool_view_lane *lane)
{
        buffer_format(out, "\"position\":{\"sound\":%s,\"segment\":%llu,\"offset\":%llu}", lane->placed ? "true" : "false",
                      (unsigned long long)lane->begin.segment, (unsigned long long)lane->begin.offset);
}

static void json_end(struct buffer *out, const struct listing *listing)
{
        const struct spool_job *job = listing->job;
        const struct spool_view_lane *lane = spool_view_lane(job->view, 0);
        long process = 0;
        bool held = spool_view_held(job->view, &process);
        buffer_add(out, SLICE("],\"topics\":["));
        for (uint16_t i = 0; i < listing->topics.count; i++)
                if (listing->by_topic[i].records)
                        buffer_format(out, "%s{\"topic\":\"%.*s\",\"records\":%llu,\"bytes\":%llu}",
                                      out->data[out->size - 1] == '[' ? "" : ",", SLICE_ARGS(listing->topics.names[i]),
                                      (unsigned long long)listing->by_topic[i].records,
                                      (unsigned long long)listing->by_topic[i].bytes);
        buffer_add(out, SLICE("],\"total\":{"));
        json_tally(out, &listing->total);
        buffer_format(out, "},\"held\":%s,\"process\":%ld,", held ? "true" : "false", process);
        json_position(out, lane);
        buffer_add(out, SLICE(",\"parked\":["));
        for (size_t i = 1; i < spool_view_lanes(job->view); i++) {
                lane = spool_view_lane(job->view, i);
                buffer_format(out, "%s{\"topic\":\"%s\",", i > 1 ? "," : "", lane->topic);
                json_position(out, lane);
                buffer_add_char(out, '}');
        }
        buffer_add(out, SLICE("]}\n"));
}

/* ---- the words ---- */

static void list_all(struct listing *listing, struct buffer *json)
{
        struct spool_job *job = listing->job;
        size_t count = job->named ? job->count : spool_view_count(job->view);
        for (size_t i = 0; i < count; i++)
                listing->size += (job->named ? job->files[i] : spool_view_file(job->view, i))->size;
        for (size_t i = 0; i < count && !job->task.stopped; i++) {
                const struct spool_file *file = job->named ? job->files[i] : spool_view_file(job->view, i);
                struct tally tally = { 0 };
                tally_file(listing, file, &tally);
                if (is_counted(listing, file))
                        tally_add(&listing->total, &tally);
                print_file(listing, file, &tally);
                if (!listing->text)
                        json_file(json, file, &tally);
        }
}

static int list(struct spool_job *job, bool damages)
{
        bool wants_json = job->arguments->flag[FLAG_JSON] != NULL;
        struct listing listing = { .job = job, .damages = damages, .text = wants_json ? NULL : stdout };
        struct buffer  json;
        buffer_init(&json, SIZE_MAX / 2);
        topics_init(&listing.topics);
        listing.by_topic = memory_get((TOPICS_MAX + 1) * sizeof(*listing.by_topic));
        buffer_add(&json, SLICE("{\"path\":"));
        buffer_add_json(&json, slice_of(job->path));
        buffer_add(&json, SLICE(",\"files\":["));
        if (listing.text)
                print_head(&listing);
        list_all(&listing, &json);
        task_done(&job->task);
        const struct tally *total = &listing.total;
        bool sound = total->damages == 0 && total->unreadable == 0 && !total->failed && !job->task.stopped;
        for (size_t i = 0; i < spool_view_lanes(job->view); i++)
                sound &= spool_view_lane(job->view, i)->placed;
        if (wants_json) {
                json_end(&json, &listing);
                (void)fwrite(json.data, 1, json.size, stdout);
        } else {
                print_topics(&listing);
                printf("%llu records, %llu bytes%s\n", (unsigned long long)total->records, (unsigned long long)total->bytes,
                       !damages ? "" : sound ? "; every byte is as it was written" : "; NOT everything is whole");
        }
        topics_done(&listing.topics);
        free(listing.by_topic);
        buffer_done(&json);
        return sound || !damages ? EXIT_SUCCESS : EXIT_FAILURE;
}

int spool_list(struct spool_job *job) { return list(job, false); }
int spool_verify(struct spool_job *job) { return list(job, true); }
