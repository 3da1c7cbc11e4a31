/** Who must have a write before the broker answers. */
export const RequiredAcks = {
  /** Nobody: fire and forget, without answers and offsets. */
  None: 0,
  /** The leader alone: lost if it dies before its followers have copied it. */
  One: 1,
  /** All in-sync replicas. */
  All: -1,
} as const
export type RequiredAcks = (typeof RequiredAcks)[keyof typeof RequiredAcks]
/** RequiredAcks by name. */
export type RequiredAcksName = 'none' | 'one' | 'all'
