import type { CallOptions } from '../base/signals.ts'
import type { MessageInput } from '../records/message.ts'
import type { WriterConfig } from './config.ts'
import type { WriterStats } from './stats.ts'

/** Where a message was written. */
export interface WriteReceipt {
  topic: string
  partition: number
  /** -1 with RequiredAcks.None. */
  offset: number
  /** Milliseconds since 1970. */
  timestamp: number
}

/** Writes messages to topics: batched per partition, in order, safely repeated when brokers fail. */
export declare class Writer {
  constructor(config: WriterConfig)
  /**
   * Writes messages and resolves when all are acknowledged. Rejects with a WriteErrors that tells message by message, or with one error when
   * nothing was written: MessageTooLargeError, ConfigError, ClosedError, a topic's KafkaError. Aborting the signal stops the waiting, not the write.
   */
  writeMessages(messages: MessageInput | readonly MessageInput[], options?: CallOptions): Promise<void>
  /** Writes one message and tells where it went. Rejects with the message's own error. */
  writeMessage(message: MessageInput, options?: CallOptions): Promise<WriteReceipt>
  /** What happened since the last call. */
  stats(): WriterStats
  /** Sends what is buffered, waits until all is settled, and frees everything; writes after it get a ClosedError. */
  close(options?: CallOptions): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
