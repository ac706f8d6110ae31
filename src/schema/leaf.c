/* Checks of single values, and of counts of members and elements. */
#include "check.h"
#include "json/equal.h"

static size_t characters(struct slice raw, bool escaped)
{
        if (escaped)
                return string_length(raw);
        const char *at = raw.data + 1, *end = raw.data + raw.size - 1;
        size_t count = (size_t)(end - at);
        for (; end - at >= 8; at += 8) {
                uint64_t word;
                memcpy(&word, at, 8);
                /* Bytes 10xxxxxx continue a character. */
                uint64_t continued = word >> 7 & ~(word >> 6) & 0x0101010101010101u;
                count -= (size_t)(continued * 0x0101010101010101u >> 56);
        }
        for (; at < end; at++)
                count -= ((unsigned char)*at & 0xC0) == 0x80;
        return count;
}

static bool length_fail(struct checker *checker, const struct string_rules *rules, const char *where, size_t length)
{
        bool few = length < rules->min;
        size_t bound = few ? rules->min : rules->max;
        return complain(checker, where, few ? "minLength" : "maxLength", "must have at %s %zu character%s, not %zu",
                        few ? "least" : "most", bound, bound == 1 ? "" : "s", length);
}

/* A text for a sentence: not longer than `most`, cut between characters. */
static struct slice shown(struct slice text, size_t most)
{
        if (text.size > most) {
                text.size = most;
                while (text.size && ((unsigned char)text.data[text.size] & 0xC0) == 0x80)
                        text.size--;
        }
        return text;
}

static bool text_fail(struct checker *checker, const struct string_rules *rules, struct slice raw)
{
        struct slice text = shown((struct slice){ raw.data + 1, raw.size - 2 }, 60);
        const char *more = text.size < raw.size - 2 ? "..." : "";
        if (rules->format && !format_check(rules->format, text_of(checker, raw, memchr(raw.data, '\\', raw.size) != NULL)))
                return complain(checker, raw.data, "format", "must be a valid %s, not \"%.*s%s\"", rules->format->name,
                                SLICE_ARGS(text), more);
        struct slice pattern = shown(rules->pattern_text, 120);
        return complain(checker, raw.data, "pattern", "must match the pattern %.*s%s, and \"%.*s%s\" does not",
                        SLICE_ARGS(pattern), pattern.size < rules->pattern_text.size ? "..." : "", SLICE_ARGS(text), more);
}

static bool check_text(struct checker *checker, const struct string_rules *rules, struct slice raw, bool escaped)
{
        struct slice text = text_of(checker, raw, escaped);
        if (rules->pattern) {
                enum pattern_answer answer = pattern_match(rules->pattern, checker->match, text);
                if (UNLIKELY(answer == PATTERN_LIMIT))
                        return stop_pattern(checker, raw.data, "pattern");
                if (UNLIKELY(answer == PATTERN_NO))
                        return text_fail(checker, rules, raw);
        }
        if (rules->format && UNLIKELY(!format_check(rules->format, text)))
                return text_fail(checker, rules, raw);
        return true;
}

static bool value_fail(struct checker *checker, const struct value_rules *values, struct slice raw)
{
        struct slice have = shown(raw, 60);
        bool one = strcmp(values->keyword, "const") == 0;
        return complain(checker, raw.data, values->keyword, "must be %s%.*s, not %.*s%s", one ? "" : "one of ",
                        SLICE_ARGS(values->list), SLICE_ARGS(have), have.size < raw.size ? "..." : "");
}

static bool has_other(const struct value_rules *values, struct slice raw)
{
        for (size_t i = 0; i < values->other_count; i++)
                if (value_equal(values->others[i], raw))
                        return true;
        return false;
}

bool check_string(struct checker *checker, const struct node *node, struct slice raw, bool escaped)
{
        for (const struct value_rules *values = node->values; values; values = values->next) {
                struct slice text = text_of(checker, raw, escaped);
                if (UNLIKELY(!values->strings || names_find(values->strings, text.data, text.size) == NAMES_NONE))
                        return value_fail(checker, values, raw);
        }
        const struct string_rules *rules = node->string;
        if (!rules)
                return true;
        size_t bytes = raw.size - 2;
        /* A character has 1 to 4 bytes as it is, up to 12 when it is escaped. */
        if (bytes > rules->max || (escaped ? bytes / 12 : bytes / 4) < rules->min) {
                size_t length = characters(raw, escaped);
                if (UNLIKELY(length < rules->min || length > rules->max))
                        return length_fail(checker, rules, raw.data, length);
        }
        if (rules->pattern || rules->format)
                return check_text(checker, rules, raw, escaped);
        return true;
}

/* ---- numbers ---- */
static bool number_fail(struct checker *checker, const struct number_rules *rules, struct slice raw, const struct number *number)
{
        struct slice have = shown(raw, 60);
        const char *more = have.size < raw.size ? "..." : "";
        if (rules->low.text.data) {
                int order = number_compare(number, &rules->low.number);
                struct slice bound = shown(rules->low.text, 60);
                if (order < 0 || (order == 0 && rules->low.exclusive))
                        return complain(checker, raw.data, rules->low.exclusive ? "exclusiveMinimum" : "minimum",
                                        "must be %s %.*s, not %.*s%s", rules->low.exclusive ? "greater than" : "at least",
                                        SLICE_ARGS(bound), SLICE_ARGS(have), more);
        }
        if (rules->high.text.data) {
                int order = number_compare(number, &rules->high.number);
                struct slice bound = shown(rules->high.text, 60);
                if (order > 0 || (order == 0 && rules->high.exclusive))
                        return complain(checker, raw.data, rules->high.exclusive ? "exclusiveMaximum" : "maximum",
                                        "must be %s %.*s, not %.*s%s", rules->high.exclusive ? "less than" : "at most",
                                        SLICE_ARGS(bound), SLICE_ARGS(have), more);
        }
        struct slice bound = shown(rules->multiple.text, 60);
        if (bound.data && !number_is_multiple(number, &rules->multiple.number))
                return complain(checker, raw.data, "multipleOf", "must be a multiple of %.*s, and %.*s%s is not",
                                SLICE_ARGS(bound), SLICE_ARGS(have), more);
        return true;
}

bool check_number(struct checker *checker, const struct node *node, struct slice raw)
{
        struct number number;
        number_read(raw, &number);
        unsigned type = TYPE_FRACTION;
        if (number.small || number_is_whole(&number))
                type = TYPE_INTEGER;
        if (UNLIKELY(type == TYPE_INTEGER && node->flags & NODE_TEXT_INTEGER &&
                     (memchr(raw.data, '.', raw.size) || memchr(raw.data, 'e', raw.size) || memchr(raw.data, 'E', raw.size))))
                type = TYPE_FRACTION;
        if (UNLIKELY(!(node->types & type)))
                return complain_type(checker, raw.data, node->types);
        for (const struct value_rules *values = node->values; values; values = values->next)
                if (!has_other(values, raw))
                        return value_fail(checker, values, raw);
        const struct number_rules *rules = node->number;
        if (!rules)
                return true;
        if (LIKELY(number.small && rules->whole_is_enough && number.integer >= rules->least && number.integer <= rules->most))
                return true;
        return number_fail(checker, rules, raw, &number);
}

bool check_value(struct checker *checker, const struct node *node, struct slice raw)
{
        for (const struct value_rules *values = node->values; values; values = values->next) {
                bool good = false;
                switch (raw.data[0]) {
                case 'n': good = values->types & TYPE_NULL; break;
                case 't': good = values->yes; break;
                case 'f': good = values->no; break;
                default:  good = has_other(values, raw); break;
                }
                if (UNLIKELY(!good))
                        return value_fail(checker, values, raw);
        }
        return true;
}

/* ---- counts ---- */
static const char *plural(size_t count) { return count == 1 ? "" : "s"; }

bool check_count(struct checker *checker, const struct array_rules *rules, const char *where, size_t count)
{
        if (UNLIKELY(count < rules->min))
                return complain(checker, where, "minItems", "must have at least %zu item%s, not %zu", rules->min,
                                plural(rules->min), count);
        if (UNLIKELY(count > rules->max))
                return complain(checker, where, "maxItems", "must have at most %zu item%s, not %zu", rules->max,
                                plural(rules->max), count);
        return true;
}

bool check_contains(struct checker *checker, const struct array_rules *rules, const char *where, size_t count)
{
        if (UNLIKELY(count < rules->contains_min))
                return complain(checker, where, rules->contains_min == 1 ? "contains" : "minContains",
                                "must have at least %zu item%s of the kind that `contains` describes, not %zu",
                                rules->contains_min, plural(rules->contains_min), count);
        if (UNLIKELY(count > rules->contains_max))
                return complain(checker, where, "maxContains",
                                "must have at most %zu item%s of the kind that `contains` describes, not %zu",
                                rules->contains_max, plural(rules->contains_max), count);
        return true;
}

/* The members that are needed and not there: `the members "a" and "b"`. */
static void missing_write(const struct object_rules *rules, const uint64_t *needs, const uint64_t *seen, char *out, size_t size)
{
        size_t missing = 0, written = 0, used = 0;
        for (uint32_t i = 0; i < rules->member_count; i++)
                missing += bit_get(needs, i) && !bit_get(seen, i);
        used = (size_t)snprintf(out, size, "member%s ", missing == 1 ? "" : "s");
        for (uint32_t i = 0; i < rules->member_count; i++) {
                if (!bit_get(needs, i) || bit_get(seen, i))
                        continue;
                struct slice name = shown(rules->names->texts[i], 60);
                if (used + name.size + 24 > size) {
                        (void)snprintf(out + used, size - used, " and %zu more", missing - written);
                        break;
                }
                const char *before = written == 0 ? "" : written + 1 == missing ? " and " : ", ";
                used += (size_t)snprintf(out + used, size - used, "%s\"%.*s\"", before, SLICE_ARGS(name));
                written++;
        }
}

static bool has_all(const uint64_t *needs, const uint64_t *seen, uint32_t words)
{
        uint64_t missing = 0;
        for (uint32_t i = 0; i < words; i++)
                missing |= needs[i] & ~seen[i];
        return missing == 0;
}

static bool dependency_fail(struct checker *checker, const struct object_rules *rules, const struct dependency *dependency,
                            const char *where, const uint64_t *seen)
{
        char missing[200];
        struct slice trigger = shown(rules->names->texts[dependency->trigger], 60);
        missing_write(rules, dependency->needs, seen, missing, sizeof(missing));
        return complain(checker, where, dependency->keyword, "must have the %s, as it has \"%.*s\"", missing,
                        SLICE_ARGS(trigger));
}

bool check_members(struct checker *checker, const struct object_rules *rules, const char *where, const uint64_t *seen,
                   size_t count)
{
        if (rules->required && UNLIKELY(!has_all(rules->required, seen, rules->words))) {
                char missing[200];
                missing_write(rules, rules->required, seen, missing, sizeof(missing));
                return complain(checker, where, "required", "must have the %s", missing);
        }
        if (UNLIKELY(count < rules->min))
                return complain(checker, where, "minProperties", "must have at least %zu member%s, not %zu", rules->min,
                                plural(rules->min), count);
        if (UNLIKELY(count > rules->max))
                return complain(checker, where, "maxProperties", "must have at most %zu member%s, not %zu", rules->max,
                                plural(rules->max), count);
        for (size_t i = 0; i < rules->dependency_count; i++) {
                const struct dependency *dependency = &rules->dependencies[i];
                if (dependency->needs && bit_get(seen, dependency->trigger) && !has_all(dependency->needs, seen, rules->words))
                        return dependency_fail(checker, rules, dependency, where, seen);
        }
        return true;
}
