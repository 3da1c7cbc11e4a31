import {
  type Assignment,
  ConsumerProtocolAssignment,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  type Subscription,
} from '../../../protocol/consumer-protocol.ts'
import type { GroupProtocol, JoinRequest } from '../member.ts'
import type { MemberDetails } from './details.ts'
import type { Assigned, Named, Target } from './partitions.ts'
import type { TopicsKnown } from './subscriptions.ts'

/** What the first of a member's protocols says; undefined when that is none of a consumer's. */
export function subscriptionOf(
  protocolType: string | null,
  protocols: readonly GroupProtocol[],
): Subscription | undefined {
  const [first] = protocols
  if (protocolType !== 'consumer' || first === undefined) return undefined
  try {
    return decodeSubscription(first.metadata)
  } catch {
    return undefined
  }
}

type Said = Pick<
  JoinRequest,
  'instanceId' | 'clientId' | 'clientHost' | 'rebalanceTimeoutMs' | 'sessionTimeoutMs' | 'protocols'
>

export function classicDetails(
  { instanceId, clientId, clientHost, rebalanceTimeoutMs, sessionTimeoutMs, protocols }: Said,
  { topics, rackId, version }: Subscription,
): MemberDetails {
  return {
    instanceId,
    rackId,
    clientId,
    clientHost,
    rebalanceTimeoutMs,
    topics: new Set(topics),
    pattern: '',
    assignor: null,
    classic: { sessionTimeoutMs, protocols, version: Math.min(version, ConsumerProtocolAssignment.maxVersion) },
  }
}

/** Partitions by topic id, those of topics that there are. */
export function byId(partitions: Assignment['assignedPartitions'], known: TopicsKnown): Named {
  return partitions.flatMap(({ topic, partitions: ids }) => {
    const topicId = known.topics.get(topic)?.id
    return topicId === undefined ? [] : [{ topicId, partitions: ids }]
  })
}

/** What a classic member was assigned, as of an epoch; undefined where that can't be read. */
export function assignedOf(bytes: Uint8Array, epoch: number, known: TopicsKnown): Assigned | undefined {
  try {
    const named = byId(decodeAssignment(bytes).assignedPartitions, known)
    return new Map(
      named.map(({ topicId, partitions }) => [topicId, new Map(partitions.map(partition => [partition, epoch]))]),
    )
  } catch {
    return undefined
  }
}

/** Partitions as a classic member is told of them. */
export function assignmentBytes(
  partitions: Assigned | Target,
  { classic }: MemberDetails,
  known: TopicsKnown,
): Uint8Array {
  const assignedPartitions = [...partitions].flatMap(([topicId, each]) => {
    const topic = known.topicById(topicId)?.name
    return topic === undefined ? [] : [{ topic, partitions: [...each.keys()] }]
  })
  return encodeAssignment({ assignedPartitions, userData: null }, classic!.version)
}
