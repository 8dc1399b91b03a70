/* Embeds data/reasons.yaml. SKBTRAIL_REASONS is its path, given by the build. Directives only: any architecture. */
    .section .rodata, "a"
    .globl skbtrail_reasons_begin
    .globl skbtrail_reasons_end
skbtrail_reasons_begin:
    .incbin SKBTRAIL_REASONS
skbtrail_reasons_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
