import { ProtocolError } from '../../../src/base/errors.ts'
import { KafkaJSError } from '../errors.ts'
import { kafkaJSError } from '../translate.ts'

/** What was damaged comes whole the next time, perhaps. */
export function failureOf(error: unknown): Error {
  return error instanceof ProtocolError ? new KafkaJSError(error, { cause: error }) : kafkaJSError(error)
}

const rebalancing = ['REBALANCE_IN_PROGRESS', 'NOT_COORDINATOR_FOR_GROUP', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID']

/** What says that the group is being divided, or was. */
export function isRebalancing(error: unknown): boolean {
  return rebalancing.includes((error as { type?: string } | undefined)?.type as string)
}
