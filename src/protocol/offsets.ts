/** Stands for the offset of a partition's first message. */
export const FirstOffset = -2
/** Stands for the offset after a partition's last message: only what comes later is read. */
export const LastOffset = -1

/** Which records of transactions a reader sees (KIP-98). */
export const IsolationLevel = {
  /** All, those of open and aborted transactions included. */
  ReadUncommitted: 0,
  /** Only those outside transactions and of committed ones; records behind an open transaction wait for its end. */
  ReadCommitted: 1,
} as const
export type IsolationLevel = (typeof IsolationLevel)[keyof typeof IsolationLevel]
