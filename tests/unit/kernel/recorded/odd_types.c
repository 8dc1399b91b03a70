// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Not recorded: prototypes that no kernel has together, for the spelling of types, and structs that are nearly arrays
// of bytes.
struct sk_buff;
union bytes;
typedef unsigned int u32;
enum colour { COLOUR_RED = -1, COLOUR_BLUE = 7 };

typedef unsigned char u8;
struct words {
  u32 words[256];
};
struct bytes_behind {
  int before;
  char bytes[256];
};
struct pointer_to_bytes {
  char (*bytes)[256];
};
struct short_bytes {
  char bytes[100];
  u32 behind;
};
struct long_bytes {
  const u8 bytes[4096];
};

typedef void (*btf_trace_pointers)(void*, struct sk_buff**, const volatile void*, struct sk_buff* const);
typedef void (*btf_trace_names)(void*, union bytes*, enum colour, u32, const char*);
typedef void (*btf_trace_nameless)(
    void*, int (*)(unsigned int), u32 (*)[4], struct { int x; }*);
typedef void (*btf_trace_nothing)(void*);
typedef u32 btf_trace_no_function;
typedef void (*other_prefix)(void*, struct sk_buff*);

int odd_function(int argument) {
  return argument;
}

struct recorded {
  struct words words;
  struct bytes_behind bytes_behind;
  struct pointer_to_bytes pointer_to_bytes;
  struct short_bytes short_bytes;
  struct long_bytes long_bytes;
  btf_trace_pointers pointers;
  btf_trace_names names;
  btf_trace_nameless nameless;
  btf_trace_nothing nothing;
  btf_trace_no_function no_function;
  other_prefix other;
} recorded;
