import { IsoKafkaError, messageOf, TimeoutError } from '../base/errors.ts'
import type { MessageInput } from '../records/message-input.ts'

/**
 * Some messages of a writeMessages call failed. `errors[i]` says how the i-th message fared: null when it was written.
 */
export class WriteErrors extends IsoKafkaError {
  static override readonly brand: string = 'isokafka.WriteErrors'
  /** One for each message of the call, in their order; null: it was written. */
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

  /** Whether the i-th message may be in the log although it failed; without `index`, whether any may. */
  mayHaveBeenWritten(index?: number): boolean {
    const asked = index === undefined ? this.errors : [this.errors[index]]
    return asked.some(error => error instanceof UnknownOutcomeError || (error instanceof TimeoutError && error.sent))
  }
}

/**
 * A batch was given up, and whether it is in the log is not known: a request that carried it got no answer. `cause` is
 * what ended it. If that is `deliveryTimeout` alone it is a TimeoutError instead, whose `sent` says the same.
 */
export class UnknownOutcomeError extends IsoKafkaError {
  static override readonly brand: string = 'isokafka.UnknownOutcomeError'
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
