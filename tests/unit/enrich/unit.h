/* What the unit tests of this room share. */
#ifndef UNIT_H
#define UNIT_H
#include "base/base.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#define UNIT_ROW(name) print_message("             %s\n", name)    /* so that a failure tells its row */
#endif
