/* Embeds data/rules.yaml. SKBTRAIL_RULES is its path, given by the build. Directives only: any architecture. */
    .section .rodata, "a"
    .globl skbtrail_rules_begin
    .globl skbtrail_rules_end
skbtrail_rules_begin:
    .incbin SKBTRAIL_RULES
skbtrail_rules_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
