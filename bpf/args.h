/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The arguments of a tracepoint or a function by position. The position is a constant of the configuration; the
 * verifier wants each access to the context at a fixed offset, and a compiler left alone would compute the offset,
 * hence the assembly.
 */
#ifndef SKBTRAIL_ARGS_H
#define SKBTRAIL_ARGS_H

#include "arch.h"

#define LOAD_ARG(value, context, position) \
  asm volatile("%0 = *(u64 *)(%1 + " #position " * 8)" : "=r"(value) : "r"(context))

static __always_inline void* argument(const __u64* context, __u8 position) {
  void* value = 0;

  switch (position) {
    case 0: LOAD_ARG(value, context, 0); break;
    case 1: LOAD_ARG(value, context, 1); break;
    case 2: LOAD_ARG(value, context, 2); break;
    case 3: LOAD_ARG(value, context, 3); break;
    case 4: LOAD_ARG(value, context, 4); break;
    case 5: LOAD_ARG(value, context, 5); break;
    case 6: LOAD_ARG(value, context, 6); break;
    case 7: LOAD_ARG(value, context, 7); break;
    case 8: LOAD_ARG(value, context, 8); break;
    case 9: LOAD_ARG(value, context, 9); break;
    case 10: LOAD_ARG(value, context, 10); break;
    case 11: LOAD_ARG(value, context, 11); break;
    default: break;
  }
  return value;
}

/* Of a function that is entered, from its registers; there are six. */
static __always_inline void* register_argument(const __u64* context, __u8 position) {
  void* value = 0;

  /* Mostly the first: it should not be somewhere after the rest of the program. */
  switch (__builtin_expect(position, 0)) {
    case 0: LOAD_REGISTER(value, context, REGISTER_ARG_0); break;
    case 1: LOAD_REGISTER(value, context, REGISTER_ARG_1); break;
    case 2: LOAD_REGISTER(value, context, REGISTER_ARG_2); break;
    case 3: LOAD_REGISTER(value, context, REGISTER_ARG_3); break;
    case 4: LOAD_REGISTER(value, context, REGISTER_ARG_4); break;
    case 5: LOAD_REGISTER(value, context, REGISTER_ARG_5); break;
    default: break;
  }
  return value;
}

#endif
