import type { CallOptions } from '../base/signals.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import type { CoordinatorKind } from '../protocol/route.ts'
import type { Cluster } from './cluster.ts'
import type { Row } from './shape.ts'

export type Whom = number | 'any' | 'controller'

/** How to find the one broker a request is for. */
export interface Destination {
  find(): Promise<Whom>
  /** It could not be reached, or was the wrong one, as the error tells. Never rejects. */
  lost(error: unknown): Promise<void>
  /** Error codes that say: ask another, or later. */
  readonly redirectCodes: readonly number[]
}

/** What is left of a call, for a step of it. */
export type Rest = () => CallOptions & { timeoutMs: number }

/**
 * The first after a start answer so until they have what they need: a range of producer ids, the topic of coordinators.
 */
const notYet: readonly number[] = [ErrorCode.GroupLoadInProgress, ErrorCode.GroupCoordinatorNotAvailable]

/** The same of coordinators, or that another is it by now. */
export const coordinatorCodes: readonly number[] = [...notYet, ErrorCode.NotCoordinatorForGroup]

export const anyBroker: Destination = { find: async () => 'any', lost: async () => {}, redirectCodes: notYet }

/** With KRaft any broker passes it on; who says otherwise runs with ZooKeeper. */
export function controllerOf(cluster: Cluster, rest: Rest): Destination {
  return {
    find: async () => 'controller',
    lost: () => refreshed(cluster, rest),
    redirectCodes: [ErrorCode.NotController],
  }
}

export function brokerOf(cluster: Cluster, id: number, rest: Rest): Destination {
  return { find: async () => id, lost: () => refreshed(cluster, rest), redirectCodes: notYet }
}

export function coordinatorOf(cluster: Cluster, kind: CoordinatorKind, key: string, rest: Rest): Destination {
  return {
    find: () => cluster.coordinator(kind, key, rest()),
    lost: async error => {
      const denied = error instanceof KafkaError && error.code === ErrorCode.NotCoordinatorForGroup
      if (denied) cluster.denyCoordinator(kind, key)
      else cluster.forgetCoordinator(kind, key)
    },
    redirectCodes: coordinatorCodes,
  }
}

function refreshed(cluster: Cluster, rest: Rest): Promise<void> {
  // The next try tells what is wrong.
  return cluster.refresh([], rest()).catch(() => {})
}

/** The first of these error codes anywhere in the response; 0 for none. */
export function codeIn(value: unknown, codes: readonly number[]): number {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || codes.length === 0) return 0
  const { errorCode, partitionErrorCode } = value as Row
  if (codes.includes(errorCode)) return errorCode
  // So named by AddPartitionsToTxn alone.
  if (codes.includes(partitionErrorCode)) return partitionErrorCode
  for (const inner of Object.values(value)) {
    const code = codeIn(inner, codes)
    if (code !== 0) return code
  }
  return 0
}
