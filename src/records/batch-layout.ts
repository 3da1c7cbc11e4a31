// Where the fields of a record batch (format v2) lie, in bytes from its beginning.
export const lengthAt = 8
export const leaderEpochAt = 12
export const magicAt = 16
export const crcAt = 17
/** The CRC covers everything from here to the end. */
export const attributesAt = 21
export const lastOffsetDeltaAt = 23
export const baseTimestampAt = 27
export const maxTimestampAt = 35
export const producerIdAt = 43
export const producerEpochAt = 51
export const baseSequenceAt = 53
export const countAt = 57
export const headerBytes = 61

/** The length field doesn't count itself and what is before it. */
export const lengthCoversFrom = 12

export const codecMask = 0x07
export const logAppendTimeFlag = 0x08
export const transactionalFlag = 0x10
export const controlFlag = 0x20
