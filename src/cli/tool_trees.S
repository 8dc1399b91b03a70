/* Embeds what tools trace, data/TOOL.yaml. The build gives the paths. Directives only: any architecture. */
    .section .rodata, "a"
    .globl skbtrail_skbtracer
    .globl skbtrail_tracepkt
skbtrail_skbtracer:
    .incbin SKBTRAIL_SKBTRACER
    .byte 0
skbtrail_tracepkt:
    .incbin SKBTRAIL_TRACEPKT
    .byte 0
    .section .note.GNU-stack, "", %progbits
