/** The first bytes of a frame, as a number. */
export const frameMagic = 0x184d2204
// Of the frame descriptor's flags.
export const version = 0x40
export const independentBlocks = 0x20
