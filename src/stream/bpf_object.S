/* Embeds the BPF object. SKBTRAIL_BPF_OBJECT is its path, given by the build. Directives only: any architecture. */
    .section .rodata, "a"
    .balign 16
    .globl skbtrail_bpf_object_begin
    .globl skbtrail_bpf_object_end
skbtrail_bpf_object_begin:
    .incbin SKBTRAIL_BPF_OBJECT
skbtrail_bpf_object_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
