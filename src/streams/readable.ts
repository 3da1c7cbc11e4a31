import { refuseMore } from '../base/call-options.ts'
import type { Message } from '../records/message.ts'

/** What is read message after message: a Reader. */
export interface MessageReader {
  /** Its messages, one after another. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message, undefined>
}

/**
 * What a Reader reads, as a web stream. No message is taken from the reader before it is asked for; pipes ask for one
 * ahead, so that in a group `commitMessages` at their end says what is done with, and `autoCommit` would too soon.
 *
 * The stream ends when the reader is closed, and fails with what a read rejects with; the reader goes on after that, and
 * can be given another stream. Cancelling it ends the read that waits, which takes no message with it. The reader stays
 * open.
 */
export function readableStream(reader: MessageReader, ...more: never[]): ReadableStream<Message> {
  refuseMore('readableStream', more)
  const messages = reader[Symbol.asyncIterator]()
  let isCancelled = false
  return new ReadableStream<Message>(
    {
      async pull(controller) {
        const { value, done } = await messages.next()
        if (isCancelled) return
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        isCancelled = true
        await messages.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}
