/* Embeds data/counters.yaml. SKBTRAIL_COUNTERS is its path, given by the build. Directives only: any architecture. */
    .section .rodata, "a"
    .globl skbtrail_counters_begin
    .globl skbtrail_counters_end
skbtrail_counters_begin:
    .incbin SKBTRAIL_COUNTERS
skbtrail_counters_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
