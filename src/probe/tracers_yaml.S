/* Embeds data/tracers.yaml. SKBTRAIL_TRACERS is its path, given by the build. Directives only: any architecture. */
    .section .rodata, "a"
    .globl skbtrail_tracers_begin
    .globl skbtrail_tracers_end
skbtrail_tracers_begin:
    .incbin SKBTRAIL_TRACERS
skbtrail_tracers_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
