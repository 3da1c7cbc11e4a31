import type { CallOptions } from '../base/signals.ts'
import type { Message } from '../records/message.ts'
import type { ReaderConfig } from './config.ts'
import type { MessageBatch } from './message-batch.ts'
import type { ReaderStats } from './stats.ts'

export declare class Reader implements AsyncIterable<Message> {
  constructor(config: ReaderConfig)
  readMessage(options?: CallOptions): Promise<Message>
  fetchMessage(options?: CallOptions): Promise<Message>
  commitMessages(messages: Message | readonly Message[], options?: CallOptions): Promise<void>
  [Symbol.asyncIterator](): AsyncIterator<Message, undefined>
  batches(): AsyncIterable<MessageBatch>
  offset(): number
  lag(): number
  readLag(options?: CallOptions): Promise<number>
  setOffset(offset: number): void
  setOffsetAt(time: Date | number, options?: CallOptions): Promise<void>
  stats(): ReaderStats
  config(): ReaderConfig
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
