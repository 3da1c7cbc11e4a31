import { zeroUuid } from '../bytes/reader.ts'
import type { CapContext } from './api.ts'

/**
 * Whether each topic has its id: from the version on in which an API names topics by id alone, one without can't be
 * said.
 */
export function allHaveIds(topics: readonly { readonly topicId?: string | undefined }[]): boolean {
  return topics.every(({ topicId = zeroUuid }) => topicId !== zeroUuid)
}

/**
 * Whether the cluster runs the second transaction protocol (KIP-890), under which Produce adds partitions and EndTxn
 * bumps the epoch.
 */
export function transactionsV2({ features }: CapContext): boolean {
  return (features.get('transaction.version') ?? 0) >= 2
}
