import type { MessageInput } from '../records/message-input.ts'

/**
 * Chooses the partition of each message a Writer is given. `partitions` are those of the message's topic, ascending and
 * frozen; `led` those of them that have a leader, as far as is known, and all where none has: a message that may go
 * anywhere goes there, not to wait. The answer must be one of `partitions`, at once, or the message is refused with a
 * ConfigError, as it is when the balancer throws. A balancer that keeps state serves one topic: give each its own Writer, or a balancer that tells
 * them apart by `message.topic`.
 */
export interface Balancer {
  /** Answers one of `partitions`. */
  balance(message: MessageInput, partitions: readonly number[], led?: readonly number[]): number
}

/** A function in place of a Balancer. */
export type BalancerFunc = (message: MessageInput, partitions: readonly number[], led?: readonly number[]) => number

/** Any of the partitions, each as likely. `random`: any number from 0 up to, but not, 1. */
export function randomPartition(partitions: readonly number[], random: () => number): number {
  return partitions[Math.floor(random() * partitions.length)]!
}
