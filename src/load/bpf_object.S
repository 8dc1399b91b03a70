/* Embeds the BPF objects; their paths are given by the build. Directives only: any architecture. */
    .macro embed name, path
    .balign 16
    .globl \name\()_begin
    .globl \name\()_end
\name\()_begin:
    .incbin "\path"
\name\()_end:
    .byte 0
    .endm

    .section .rodata, "a"
    embed skbtrail_bpf_object, SKBTRAIL_BPF_OBJECT
    embed skbtrail_bpf_functions, SKBTRAIL_BPF_FUNCTIONS
    embed skbtrail_bpf_drops, SKBTRAIL_BPF_DROPS
    embed skbtrail_bpf_programs, SKBTRAIL_BPF_PROGRAMS
    .section .note.GNU-stack, "", %progbits
