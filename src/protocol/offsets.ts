import { oneOf } from '../base/settings.ts'

/** Stands for the offset of a partition's first message. */
export const FirstOffset = -2
/** Stands for the offset after a partition's last message: only what comes later is read. */
export const LastOffset = -1

/** FirstOffset and LastOffset in words, kafka-go's or Java's. */
export type OffsetName = 'earliest' | 'latest' | 'first' | 'last'
export const namedOffsets: Readonly<Record<OffsetName, number>> = {
  earliest: FirstOffset,
  latest: LastOffset,
  first: FirstOffset,
  last: LastOffset,
}

/** An offset, or the one that its name stands for; a ConfigError for any other text. */
export function offsetOf(setting: string, offset: number | OffsetName): number {
  return typeof offset === 'number' ? offset : oneOf(setting, offset, namedOffsets)
}

/** Which records of transactions a reader sees (KIP-98). */
export const IsolationLevel = {
  /** All, those of open and aborted transactions included. */
  ReadUncommitted: 0,
  /** Only those outside transactions and of committed ones; records behind an open transaction wait for its end. */
  ReadCommitted: 1,
} as const
export type IsolationLevel = (typeof IsolationLevel)[keyof typeof IsolationLevel]
/** IsolationLevel by name. */
export type IsolationLevelName = 'read_uncommitted' | 'read_committed'
