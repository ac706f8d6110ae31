#include "enrich/bot_networks.h"
#include <endian.h>
#include <sys/stat.h>

/* An address as a number of 128 bits, so that order is order. */
struct place { uint64_t high, low; };
struct range { struct place first, last; };
struct bot_networks {
        uint32_t     *numbers;     /* in order, each once */
        size_t        number_count, number_room;
        struct place *first, *last; /* of the ranges, in order, with a gap between each; apart, as only `first` is searched */
        size_t        range_count;
};
struct reader {
        const char    *file;
        struct errors *errors;
        size_t         line;
        struct bot_networks *networks;
        struct range  *ranges;
        size_t         count, room;
};

static bool mistake(const struct reader *reader, const char *what, struct slice text)
{
        text.size = text.size < 60 ? text.size : 60;
        return errors_add(reader->errors, "%s:%zu: %s '%.*s'", reader->file, reader->line, what, SLICE_ARGS(text));
}

static struct place place_of(const unsigned char bytes[16])
{
        uint64_t half[2];
        memcpy(half, bytes, sizeof(half));
        return (struct place){ be64toh(half[0]), be64toh(half[1]) };
}

static int place_compare(struct place a, struct place b)
{
        if (a.high != b.high)
                return a.high < b.high ? -1 : 1;
        return (a.low > b.low) - (a.low < b.low);
}

static void range_add(struct reader *reader, const struct network *network)
{
        struct place first = place_of(network->bytes);
        unsigned free = 128 - network->bits;       /* bits of the host */
        uint64_t high = free >= 128 ? UINT64_MAX : free > 64 ? ((uint64_t)1 << (free - 64)) - 1 : 0;
        uint64_t low = free >= 64 ? UINT64_MAX : ((uint64_t)1 << free) - 1;
        first = (struct place){ first.high & ~high, first.low & ~low };
        if (reader->count == reader->room) {
                reader->room = reader->room ? 2 * reader->room : 256;
                reader->ranges = memory_grow(reader->ranges, reader->room * sizeof(*reader->ranges));
        }
        reader->ranges[reader->count++] = (struct range){ first, { first.high | high, first.low | low } };
}

/* "AS64500" or "64500"; false when it is neither. */
static bool number_read(struct reader *reader, struct slice text)
{
        struct bot_networks *networks = reader->networks;
        struct slice digits = text;
        uint64_t number = 0;
        if (digits.size > 2 && slice_equal_nocase((struct slice){ digits.data, 2 }, SLICE("as")))
                digits = (struct slice){ digits.data + 2, digits.size - 2 };
        for (size_t i = 0; i < digits.size; i++) {
                if (digits.data[i] < '0' || digits.data[i] > '9')
                        return false;
                number = number > UINT32_MAX ? number : number * 10 + (uint64_t)(digits.data[i] - '0');
        }
        if (number == 0 || number > UINT32_MAX) {
                (void)mistake(reader, "an AS number is from 1 to 4294967295, not", text);
                return true;
        }
        if (networks->number_count == networks->number_room) {
                networks->number_room = networks->number_room ? 2 * networks->number_room : 256;
                networks->numbers = memory_grow(networks->numbers, networks->number_room * sizeof(*networks->numbers));
        }
        networks->numbers[networks->number_count++] = (uint32_t)number;
        return true;
}

static void line_read(struct reader *reader, struct slice line)
{
        struct network network;
        const char *comment = line.size ? memchr(line.data, '#', line.size) : NULL;
        if (comment)
                line.size = (size_t)(comment - line.data);
        while (line.size && strchr(" \t\r", line.data[line.size - 1]) && line.data[line.size - 1])
                line.size--;
        while (line.size && (*line.data == ' ' || *line.data == '\t'))
                line = (struct slice){ line.data + 1, line.size - 1 };
        if (line.size == 0 || number_read(reader, line))
                return;
        if (!network_parse(line, &network))
                (void)mistake(reader, "an AS number or a network such as 192.0.2.0/24 is expected, not", line);
        else if (network.bits == 0 ||
                 (network.bits == 96 && memchr(line.data, '/', line.size) && memchr(line.data, '.', line.size)))
                (void)mistake(reader, "this is every address:", line);
        else
                range_add(reader, &network);
}

static int number_order(const void *a, const void *b)
{
        const uint32_t *x = a, *y = b;
        return (*x > *y) - (*x < *y);
}

static int range_order(const void *a, const void *b)
{
        const struct range *x = a, *y = b;
        int order = place_compare(x->first, y->first);
        return order ? order : place_compare(x->last, y->last);
}

/* In order, and what overlaps or touches as one. */
static void reader_finish(struct reader *reader)
{
        struct bot_networks *networks = reader->networks;
        size_t count = 0;
        if (networks->number_count)
                qsort(networks->numbers, networks->number_count, sizeof(*networks->numbers), number_order);
        for (size_t i = 0; i < networks->number_count; i++)
                if (count == 0 || networks->numbers[count - 1] != networks->numbers[i])
                        networks->numbers[count++] = networks->numbers[i];
        networks->number_count = count;
        if (reader->count)
                qsort(reader->ranges, reader->count, sizeof(*reader->ranges), range_order);
        networks->first = memory_get((reader->count + 1) * sizeof(*networks->first));
        networks->last = memory_get((reader->count + 1) * sizeof(*networks->last));
        for (size_t i = 0; i < reader->count; i++) {
                const struct range *range = &reader->ranges[i];
                size_t last = networks->range_count - 1;
                struct place next = { 0, 0 };      /* behind the last range */
                if (networks->range_count) {
                        next = networks->last[last];
                        next.low++;
                        next.high += next.low == 0;
                }
                if (networks->range_count && place_compare(range->first, next) <= 0) {
                        if (place_compare(range->last, networks->last[last]) > 0)
                                networks->last[last] = range->last;
                        continue;
                }
                networks->first[networks->range_count] = range->first;
                networks->last[networks->range_count++] = range->last;
        }
}

struct bot_networks *bot_networks_read(const char *file, struct slice text, struct errors *errors)
{
        size_t mistakes = errors_total(errors);
        struct reader reader = { .file = file, .errors = errors, .networks = memory_get(sizeof(*reader.networks)) };
        for (const char *at = text.data, *end = slice_end(text); at < end;) {
                const char *stop = memchr(at, '\n', (size_t)(end - at));
                stop = stop ? stop : end;
                if (++reader.line > NETWORKS_LINES) {
                        (void)errors_add(errors, "%s: more than %d lines", file, NETWORKS_LINES);
                        break;
                }
                line_read(&reader, slice_between(at, stop));
                at = stop + 1;
        }
        reader_finish(&reader);
        free(reader.ranges);
        if (errors_total(errors) == mistakes)
                return reader.networks;
        bot_networks_free(reader.networks);
        return NULL;
}

struct bot_networks *bot_networks_load(const char *file, struct errors *errors)
{
        struct stat stat;
        struct bot_networks *networks = NULL;
        FILE *stream = fopen(file, "re");
        if (!stream) {
                (void)errors_add(errors, "enrich.bot.networks: cannot read '%s': %m", file);
                return NULL;
        }
        if (fstat(fileno(stream), &stat) != 0 || !S_ISREG(stat.st_mode)) {
                (void)errors_add(errors, "enrich.bot.networks: cannot read '%s': it is not a regular file", file);
        } else if ((size_t)stat.st_size > NETWORKS_BYTES) {
                (void)errors_add(errors, "%s: larger than %zu MiB", file, NETWORKS_BYTES >> 20);
        } else {
                char  *text = memory_get((size_t)stat.st_size + 1);
                size_t size = fread(text, 1, (size_t)stat.st_size, stream);
                networks = bot_networks_read(file, (struct slice){ text, size }, errors);
                free(text);
        }
        fclose(stream);
        return networks;
}

void bot_networks_free(struct bot_networks *networks)
{
        if (!networks)
                return;
        free(networks->numbers);
        free(networks->first);
        free(networks->last);
        free(networks);
}

bool bot_networks_has_number(const struct bot_networks *networks, uint32_t as_number)
{
        size_t low = 0, high = networks->number_count;
        while (low < high) {
                size_t middle = low + (high - low) / 2;
                if (networks->numbers[middle] < as_number)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < networks->number_count && networks->numbers[low] == as_number;
}

bool bot_networks_has_address(const struct bot_networks *networks, const struct address *address)
{
        size_t low = 0, high = networks->range_count;
        if (!address->known || high == 0)
                return false;
        struct place place = place_of(address->bytes);
        while (low < high) {       /* the first range that begins behind the place */
                size_t middle = low + (high - low) / 2;
                if (place_compare(networks->first[middle], place) <= 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low > 0 && place_compare(place, networks->last[low - 1]) <= 0;
}

void bot_networks_count(const struct bot_networks *networks, size_t *ret_numbers, size_t *ret_ranges)
{
        *ret_numbers = networks->number_count;
        *ret_ranges = networks->range_count;
}
