import { AuthenticationError, ConfigError, IsoKafkaError } from '../../base/errors.ts'
import {
  abortableCodes,
  applicationRecoverableCodes,
  invalidConfigurationCodes,
  refreshRetriableCodes,
  retriableCodes,
} from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/errors.ts'
import { WriteErrors } from '../errors.ts'
import { ProducerFencedError, TransactionAbortedError } from './errors.ts'

/**
 * What is left to do after an error, for who works in transactions (KIP-1050):
 *
 * - `retriable`: it was tried again for as long as it may; the same call may succeed later.
 * - `refreshRetriable`: the same, and leaders or coordinators were asked for anew.
 * - `abortable`: the transaction is lost. Abort it, and do all of it again with the same writer.
 * - `applicationRecoverable`: the writer is over, or the group was divided anew. Go on from what the group has
 *   committed: with a new writer after a ProducerFencedError, else as after `abortable`.
 * - `invalidConfiguration`: nothing helps but other settings, rights or messages.
 */
export type ErrorCategory =
  | 'retriable'
  | 'refreshRetriable'
  | 'abortable'
  | 'applicationRecoverable'
  | 'invalidConfiguration'

/** The gravest first. */
const categories: readonly (readonly [ErrorCategory, readonly number[]])[] = [
  ['invalidConfiguration', invalidConfigurationCodes],
  ['applicationRecoverable', applicationRecoverableCodes],
  ['abortable', abortableCodes],
  ['refreshRetriable', refreshRetriableCodes],
  ['retriable', retriableCodes],
]

/**
 * The class of KIP-1050 that an error belongs to, of a broker's as Java's client sorts them; null for one that has
 * none. Of a WriteErrors it is the gravest; of one that says what ended it, that of its cause.
 */
export function errorCategory(error: unknown): ErrorCategory | null {
  if (error instanceof KafkaError) return categories.find(([, codes]) => codes.includes(error.code))?.[0] ?? null
  if (!(error instanceof IsoKafkaError)) return null
  if (error instanceof ProducerFencedError) return 'applicationRecoverable'
  if (error instanceof ConfigError || error instanceof AuthenticationError) return 'invalidConfiguration'
  if (error instanceof WriteErrors) return gravest(error.errors.filter(each => each !== null).map(errorCategory))
  if (error.temporary) return error instanceof TransactionAbortedError ? 'abortable' : 'retriable'
  return errorCategory(error.cause)
}

/** Null, when what to do about one of them is not known. */
function gravest(found: readonly (ErrorCategory | null)[]): ErrorCategory | null {
  if (found.includes(null)) return null
  return categories.find(([category]) => found.includes(category))?.[0] ?? null
}
