import {
  type Client,
  CooperativeStickyGroupBalancer,
  RangeGroupBalancer,
  type ReaderConfig,
  RoundRobinGroupBalancer,
  StickyGroupBalancer,
} from '../../src/index.ts'
import type { JavaOptions } from '../java-members.ts'

/** Partitions of the topic by member, as the coordinator has it; undefined while the group is divided anew. */
type Division = (client: Client, group: string, topic: string) => Promise<readonly (readonly number[])[] | undefined>

/** How a group is divided, and what its members are told for it. */
export interface Kind {
  readonly name: string
  readonly ours: () => Partial<ReaderConfig>
  readonly java: JavaOptions
  /** librdkafka's name of it; it has no other than these. */
  readonly kcat?: string
  /** Whether members go on reading what stays with them while the rest is divided. */
  readonly keeps: boolean
  readonly division: Division
}

const classicDivision: Division = async (client, group) => {
  const { groups } = await client.describeGroups({ groupIds: [group] })
  if (groups[0]?.groupState !== 'Stable') return undefined
  return groups[0].members.map(
    ({ memberAssignments }) => memberAssignments?.topics.flatMap(({ partitions }) => partitions) ?? [],
  )
}

const consumerDivision: Division = async (client, group, topic) => {
  const { groups } = await client.describeConsumerGroups({ groupIds: [group] })
  if (groups[0]?.state !== 'Stable') return undefined
  return groups[0].members.map(({ assignment }) => assignment[topic] ?? [])
}

const java = (assignor: string): JavaOptions => ({ assignor })
const classic = { keeps: false, division: classicDivision }

export const kinds: readonly Kind[] = [
  {
    ...classic,
    name: 'cooperative-sticky',
    ours: () => ({ groupBalancers: [new CooperativeStickyGroupBalancer()] }),
    java: java('CooperativeStickyAssignor'),
    kcat: 'cooperative-sticky',
    keeps: true,
  },
  {
    ...classic,
    name: 'sticky',
    ours: () => ({ groupBalancers: [new StickyGroupBalancer()] }),
    java: java('StickyAssignor'),
  },
  {
    ...classic,
    name: 'range',
    ours: () => ({ groupBalancers: [new RangeGroupBalancer()] }),
    java: java('RangeAssignor'),
    kcat: 'range',
  },
  {
    ...classic,
    name: 'roundrobin',
    ours: () => ({ groupBalancers: [new RoundRobinGroupBalancer()] }),
    java: java('RoundRobinAssignor'),
    kcat: 'roundrobin',
  },
  {
    name: 'consumer protocol',
    ours: () => ({ protocol: 'consumer' }),
    java: { protocol: 'consumer' },
    keeps: true,
    division: consumerDivision,
  },
]
