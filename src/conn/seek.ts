/** Seeks relative to the first offset of the partition. */
export const SeekStart = 0
/** Seeks to an offset as it is. */
export const SeekAbsolute = 1
/** Seeks back from the last offset of the partition. */
export const SeekEnd = 2
/** Seeks relative to the offset at hand. */
export const SeekCurrent = 3
/**
 * Added to SeekAbsolute or SeekCurrent (`SeekAbsolute | SeekDontCheck`): the partition's bounds are not asked for, and
 * any offset is taken.
 */
export const SeekDontCheck = 0x40000000
