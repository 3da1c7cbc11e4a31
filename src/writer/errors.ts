import { IsoKafkaError, messageOf } from '../base/errors.ts'
import type { MessageInput } from '../records/message.ts'

/** Some messages of a writeMessages call failed. `errors[i]` says how the i-th message fared: null when it was written. */
export class WriteErrors extends IsoKafkaError {
  static override readonly brand: string = 'isokafka.WriteErrors'
  readonly errors: readonly (Error | null)[]

  constructor(errors: readonly (Error | null)[]) {
    const first = errors.find(error => error !== null)
    const count = errors.reduce((sum, error) => (error === null ? sum : sum + 1), 0)
    super(`${count} of ${errors.length} messages failed, the first with: ${messageOf(first)}`, { cause: first })
    this.errors = errors
  }

  /** How many messages failed. */
  count(): number {
    return this.errors.reduce((sum, error) => (error === null ? sum : sum + 1), 0)
  }
}

/** A message is larger than a batch may be. Nothing of its call was written. */
export class MessageTooLargeError extends IsoKafkaError {
  static override readonly brand: string = 'isokafka.MessageTooLargeError'
  /** The one that is too large. */
  readonly offender: MessageInput
  /** The other messages of the call. */
  readonly remaining: readonly MessageInput[]

  constructor(offender: MessageInput, remaining: readonly MessageInput[], size: number, limit: number) {
    super(`a message of ${size} bytes does not fit into a batch of ${limit} (batchBytes)`)
    this.offender = offender
    this.remaining = remaining
  }
}
