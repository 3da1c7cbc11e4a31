import type { Logger as CoreLogger } from '../../../src/base/logger.ts'
import type { GroupBalancer } from '../../../src/group/balancers/group-balancer.ts'
import { GroupMembership } from '../../../src/group/group-membership.ts'
import type { CommittedOffsets } from '../committed-offsets.ts'
import { coreLogger } from '../connecting.ts'
import type { Connection } from '../context.ts'
import type { Events } from '../events.ts'
import type { Logger } from '../types/common.ts'
import type { ConsumerEvents } from '../types/consumer.ts'
import { Commits } from './commits.ts'
import type { OwnPartition } from './own-partition.ts'
import type { Pauses } from './pauses.ts'
import { type ConsumerSettings, isolationOf, membershipSettings, rebalanceHooks, type Topics } from './settings.ts'
import { Signs } from './signs.ts'
import { Stock } from './stock.ts'

export interface StayParts {
  readonly settings: ConsumerSettings
  readonly topics: Topics
  readonly balancers: readonly GroupBalancer[]
  /** The root. */
  readonly logger: Logger
  readonly events: Events<ConsumerEvents>
  readonly offsets: CommittedOffsets
  /** What the member has, by name. */
  readonly own: Map<string, OwnPartition>
  readonly pauses: Pauses
  isMember(): boolean
  /** What heartbeats tell. */
  generation(): { groupId: string; memberId: string; groupGenerationId: number }
  /** There may be something to hand out. */
  onNews(): void
}

/** What a member has of a connection, from the one that it joins by until it leaves. */
export interface Stay {
  readonly connection: Connection
  readonly membership: GroupMembership
  readonly commits: Commits
  readonly stock: Stock
  readonly signs: Signs
}

/** Puts it together; nothing is asked of brokers yet. */
export function beginStay(connection: Connection, parts: StayParts): Stay {
  const { settings, topics, balancers, events, offsets, own, pauses, isMember, generation, onNews } = parts
  const { transport, addr } = connection
  const { clock } = transport
  const { groupId } = settings
  const logger = coreLogger(parts.logger)
  const membership = new GroupMembership({
    id: groupId,
    brokers: addr,
    topics: [...topics.keys()],
    mayBeIdle: true,
    transport,
    isolationLevel: isolationOf(settings),
    logger: quiet(logger),
    errorLogger: logger,
    ...membershipSettings(settings, balancers),
    ...rebalanceHooks(settings),
  })
  const signs = new Signs({
    settings,
    events,
    clock,
    isIdle: () => isMember() && stock.isIdle,
    brokerIds: () => connection.cluster.brokers().map(({ id }) => id),
    generation,
  })
  const stock = new Stock({
    connection,
    settings,
    own,
    pauses,
    logger: quiet(logger),
    onNews,
    onAsk: broker => signs.asked(broker),
    onAnswer: (broker, durationMs) => {
      membership.pulse()
      signs.answered(broker, durationMs)
    },
    renew: cause => membership.rejoin(cause),
  })
  const commits = new Commits({ membership, own, groupId, events, offsets, clock })
  return { connection, membership, commits, stock, signs }
}

/** What passes is for those who look closely. */
function quiet(logger: CoreLogger): CoreLogger {
  return { ...logger, warn: logger.debug }
}
