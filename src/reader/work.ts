import { ConfigError } from '../base/errors.ts'
import type { Message } from '../records/message.ts'
import type { TopicPartition } from '../transport/layout.ts'

/**
 * Several that work at once on what a Reader hands out: they say what is in hand, where else asking for more says that
 * all before is done with.
 */
export interface Work {
  /** Whether anybody works on a message of this partition. */
  isBusyWith(partition: TopicPartition): boolean
}

/** What a Reader does for them. */
export interface Worked {
  /** Whether the message is still for this Reader: its partition was not taken away, nor read again from before it. */
  holds(message: Message): boolean
  /** These and all before them in their partitions are done with, and are committed soon; nothing without a group. */
  done(messages: readonly Message[]): void
  /** What is in hand has changed. */
  changed(): void
  /** Commits what is done with; resolves when the coordinator has it. */
  flush(): Promise<void>
  /** From now on reads say again what is done with. */
  end(): void
}

// By reader: a method named by a symbol would keep bundlers from leaving out a Reader that nobody uses.
const workers = new WeakMap<object, (work: Work) => Worked>()

/** What a reader begins such work with. */
export function letWork(reader: object, begin: (work: Work) => Worked): void {
  workers.set(reader, begin)
}

/** Begins work on what a reader hands out. Throws a ConfigError where that is no Reader. */
export function workOn(reader: object, work: Work): Worked {
  const begin = workers.get(reader)
  if (begin === undefined) throw new ConfigError('run takes a Reader of this package')
  return begin(work)
}
