import { IsoKafkaError } from '../base/errors.ts'
import { ErrorCode, errorDescriptions, refreshRetriableCodes, retriableCodes } from './error-codes.ts'

export { ErrorCode } from './error-codes.ts'

/**
 * An error code a broker answered. `temporary` as Kafka's own client judges it: the same request may succeed later,
 * perhaps after asking for metadata or a coordinator anew. `timeout` is true for RequestTimedOut alone.
 */
export class KafkaError extends IsoKafkaError {
  static override readonly brand: string = 'isokafka.KafkaError'
  /** Usually one of `ErrorCode`; a newer broker may know more. */
  readonly code: number
  /** The code's name in words: "Not Leader For Partition". */
  readonly title: string
  /** What the code means. */
  readonly description: string
  override readonly temporary: boolean
  override readonly timeout: boolean

  /** `detail` is what the broker itself said, if it did. */
  constructor(code: number, detail?: string | null, options?: { cause?: unknown }) {
    const title = titleOf(code)
    const description = errorDescriptions[code + 1] || 'a code this package does not know'
    super([`[${code}] ${title}`, description, detail].filter(part => part).join(': '), options)
    this.code = code
    this.title = title
    this.description = description
    this.temporary = isRetriable(code)
    this.timeout = code === ErrorCode.RequestTimedOut
  }
}

/** The error of a response's code and message; null for 0, which is success. */
export function errorFor(code: number, detail?: string | null): KafkaError | null {
  return code === 0 ? null : new KafkaError(code, detail)
}

/** Whether it is a KafkaError of one of these codes. */
export function hasCode(error: unknown, ...codes: readonly number[]): boolean {
  return error instanceof KafkaError && codes.includes(error.code)
}

/** Whether the same request may succeed later. */
export function isRetriable(code: number): boolean {
  return retriableCodes.includes(code) || refreshRetriableCodes.includes(code)
}

function titleOf(code: number): string {
  const name = Object.keys(ErrorCode).find(candidate => ErrorCode[candidate as keyof typeof ErrorCode] === code)
  // "TransactionalIDNotFound" in words, acronyms kept whole.
  return name === undefined ? 'Unknown Error Code' : name.replace(/([a-z])([A-Z])|([A-Z])([A-Z][a-z])/g, '$1$3 $2$4')
}
