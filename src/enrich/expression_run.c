/* The program of an expression over a small stack: every step goes forward, so it ends. */
#include "enrich/glob.h"
#include "expression_inner.h"

/* That what a step takes from the stack has been put there is the compiler's work, which an analyzer of this file does not see.
 * NOLINTBEGIN(clang-analyzer-core.UndefinedBinaryOperatorResult) */

/* Quotients, which may have no end. */
static const struct precision QUOTIENT = { .digits = 18, .rounding = ROUND_HALF_UP };

static int text_compare(struct slice a, struct slice b)
{
        size_t size = a.size < b.size ? a.size : b.size;
        int order = size ? memcmp(a.data, b.data, size) : 0;
        return order ? order : (a.size > b.size) - (a.size < b.size);
}

/* What is absent, or of another type, is neither less nor greater, nor unequal. */
static bool compare(const struct value *a, const struct value *b, enum operation operation)
{
        int order;
        if (operation == DO_UNEQUAL)
                return a->type != VALUE_ABSENT && b->type != VALUE_ABSENT && !value_same(a, b);
        if (a->type != b->type)
                return false;
        if (a->type == VALUE_NUMBER)
                order = decimal_compare(&a->number, &b->number);
        else if (a->type == VALUE_TEXT)
                order = text_compare(a->text, b->text);
        else
                return false;
        switch (operation) {
        case DO_LESS:       return order < 0;
        case DO_LESS_EQUAL: return order <= 0;
        case DO_GREATER:    return order > 0;
        default:            return order >= 0;
        }
}

static struct value calculate(const struct value *a, const struct value *b, enum operation operation)
{
        struct value result = { .type = VALUE_NUMBER };
        if (a->type != VALUE_NUMBER || b->type != VALUE_NUMBER)
                return (struct value){ 0 };
        struct decimal right = operation == DO_SUBTRACT ? decimal_negate(&b->number) : b->number;
        bool good = operation == DO_MULTIPLY ? decimal_multiply(&a->number, &right, &result.number)
                    : operation == DO_DIVIDE ? decimal_divide(&a->number, &right, QUOTIENT, &result.number)
                                             : decimal_add(&a->number, &right, &result.number);
        return good ? result : (struct value){ 0 };
}

static bool is_in(const struct value *value, const struct value *list, unsigned count)
{
        for (unsigned i = 0; i < count; i++)
                if (value_same(value, &list[i]))
                        return true;
        return false;
}

static struct value bucket(const struct value *value, const struct value *limits, unsigned count)
{
        unsigned at = 0;
        if (value->type != VALUE_NUMBER)
                return (struct value){ 0 };
        while (at < count && decimal_compare(&value->number, &limits[at].number) >= 0)
                at++;
        return limits[count + at];
}

static struct value call(const struct step *step, const struct value *arguments, struct arena *arena)
{
        const struct function_row *row = &FUNCTIONS[step->a];
        for (unsigned i = 0; i < step->count; i++) {
                enum value_type want = function_argument(row, i), type = arguments[i].type;
                if (type == VALUE_ABSENT || (want != type && want != VALUE_LIST && (want != VALUE_ANY || type == VALUE_LIST)))
                        return (struct value){ 0 };
        }
        return row->run(arguments, step->count, arena);
}

/* Where the program goes on after a step that may jump. */
static const struct step *jump(const struct expression *expression, const struct step *now, struct value **top)
{
        const struct step *next = now + 1, *target = expression->steps + now->b;
        struct value *value = *top;
        bool stays;                /* the value is used up, and the next step follows */
        switch (now->operation) {
        case DO_JUMP:
                return target;
        case DO_JUMP_UNLESS:
                (*top)--;
                return value_true(value) ? next : target;
        case DO_AND:
        case DO_OR:
                stays = value_true(value) == (now->operation == DO_AND);
                *value = value_of_boolean(now->operation == DO_OR);
                break;
        case DO_FIRST:
                stays = value->type == VALUE_ABSENT;
                break;
        default:
                stays = value_same(value, &expression->constants[now->a]);
                break;
        }
        *top -= stays;
        return stays ? next : target;
}

struct value expression_run(const struct expression *expression, const struct expression_values *values)
{
        struct value stack[1 + EXPRESSION_STACK], *top = stack; /* of the values that wait, the newest; none waits in the first */
        const struct step *step = expression->steps, *end = step + expression->step_count;
        const struct value *constants = expression->constants;
        while (step < end) {
                const struct step *now = step++;
                switch ((enum operation)now->operation) {
                case DO_CONSTANT: *++top = constants[now->a]; break;
                case DO_LOAD:     values->load(values->context, now->a, ++top); break;
                case DO_NOTHING:  *++top = (struct value){ 0 }; break;
                case DO_DROP:     top--; break;
                case DO_NOT:      *top = value_of_boolean(!value_true(top)); break;
                case DO_TRUTH:    *top = value_of_boolean(value_true(top)); break;
                case DO_PRESENT:  *top = value_of_boolean(top->type != VALUE_ABSENT); break;
                case DO_JUMP:
                case DO_JUMP_UNLESS:
                case DO_AND:
                case DO_OR:
                case DO_FIRST:
                case DO_CASE:     step = jump(expression, now, &top); break;
                case DO_EQUAL:    top--, *top = value_of_boolean(value_same(top, top + 1)); break;
                case DO_UNEQUAL:
                case DO_LESS:
                case DO_LESS_EQUAL:
                case DO_GREATER:
                case DO_GREATER_EQUAL:
                        top--, *top = value_of_boolean(compare(top, top + 1, (enum operation)now->operation));
                        break;
                case DO_IN:       *top = value_of_boolean(is_in(top, constants + now->a, now->count)); break;
                case DO_MATCHES:
                        *top = value_of_boolean(top->type == VALUE_TEXT && glob_match(constants[now->a].text, top->text));
                        break;
                case DO_ADD:
                case DO_SUBTRACT:
                case DO_MULTIPLY:
                case DO_DIVIDE:   top--, *top = calculate(top, top + 1, (enum operation)now->operation); break;
                case DO_NEGATE:
                        *top = top->type == VALUE_NUMBER ? value_of_number(decimal_negate(&top->number)) : (struct value){ 0 };
                        break;
                case DO_BUCKET:   *top = bucket(top, constants + now->a, now->count); break;
                case DO_CALL:     top -= now->count - 1, *top = call(now, top, values->arena); break;
                }
        }
        return *top;
}
/* NOLINTEND(clang-analyzer-core.UndefinedBinaryOperatorResult) */
