import { refuseMore } from '../base/call-options.ts'
import { Condition } from '../base/condition.ts'
import { ConfigError } from '../base/errors.ts'
import { given, type SettingKinds } from '../base/settings.ts'
import type { MessageInput } from '../records/message-input.ts'
import { messageSize } from '../writer/message-size.ts'
import type { Writer } from '../writer/writer.ts'

/** How a stream of messages is written. */
export interface WritableStreamOptions {
  /** Bytes of messages given and not settled yet, above which the stream takes no more. Default 1 MiB. */
  highWaterMark?: number
}

const optionKinds: SettingKinds<WritableStreamOptions> = { highWaterMark: 'number' }

const mebibyte = 1024 * 1024

/**
 * A web stream of what a Writer is to write: messages, or lists of them. Many are under way at a time, and what comes in
 * one turn rides together, as with `writeMessages`.
 *
 * Closing the stream waits until all is acknowledged. It fails with the first error that a write rejects with, at the
 * next write or at its close. Aborting it gives up waiting: what was given is written all the same. The writer stays
 * open.
 */
export function writableStream(
  writer: Writer,
  options: WritableStreamOptions = {},
  ...more: never[]
): WritableStream<MessageInput | readonly MessageInput[]> {
  refuseMore('writableStream', more)
  const { highWaterMark = mebibyte } = given('writableStream', options, optionKinds)
  if (!(highWaterMark >= 0)) throw new ConfigError(`writableStream: highWaterMark must be bytes, not ${highWaterMark}`)
  return new WritableStream(new MessageSink(writer, highWaterMark))
}

class MessageSink {
  readonly #writer: Writer
  readonly #most: number
  readonly #news = new Condition()
  #calls = 0
  #bytes = 0
  #failure: { readonly error: unknown } | undefined

  constructor(writer: Writer, most: number) {
    this.#writer = writer
    this.#most = most
  }

  async write(
    chunk: MessageInput | readonly MessageInput[],
    controller: { error(reason: unknown): void },
  ): Promise<void> {
    const writing = this.#writer.writeMessages(chunk)
    const bytes = bytesOf(chunk)
    this.#calls++
    this.#bytes += bytes
    const settled = (): void => {
      this.#calls--
      this.#bytes -= bytes
      this.#news.ring()
    }
    writing.then(settled, error => {
      if (this.#failure === undefined) controller.error(error)
      this.#failure ??= { error }
      settled()
    })
    await this.#until(() => this.#bytes <= this.#most)
  }

  async close(): Promise<void> {
    await this.#until(() => this.#calls === 0)
  }

  async #until(condition: () => boolean): Promise<void> {
    while (this.#failure === undefined && !condition()) await this.#news.wait()
    if (this.#failure !== undefined) throw this.#failure.error
  }
}

/** 0 for what is no message: the writer refuses it. */
function bytesOf(chunk: MessageInput | readonly MessageInput[]): number {
  const messages = Array.isArray(chunk) ? (chunk as readonly MessageInput[]) : [chunk as MessageInput]
  return messages.reduce((sum, message) => sum + (message ? messageSize(message) || 0 : 0), 0)
}
