// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Not recorded: prototypes that no kernel has together, for the spelling of types.
struct sk_buff;
union bytes;
typedef unsigned int u32;
enum colour { COLOUR_RED = -1, COLOUR_BLUE = 7 };

typedef void (*btf_trace_pointers)(void*, struct sk_buff**, const volatile void*, struct sk_buff* const);
typedef void (*btf_trace_names)(void*, union bytes*, enum colour, u32, const char*);
typedef void (*btf_trace_nameless)(
    void*, int (*)(unsigned int), u32 (*)[4], struct { int x; }*);
typedef void (*btf_trace_nothing)(void*);
typedef u32 btf_trace_no_function;
typedef void (*other_prefix)(void*, struct sk_buff*);

struct recorded {
  btf_trace_pointers pointers;
  btf_trace_names names;
  btf_trace_nameless nameless;
  btf_trace_nothing nothing;
  btf_trace_no_function no_function;
  other_prefix other;
} recorded;
