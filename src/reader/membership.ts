import { only } from '../base/settings.ts'
import { membershipSettings } from '../group/config.ts'
import { GroupMembership } from '../group/group-membership.ts'
import { LastOffset } from '../protocol/offsets.ts'
import type { Transport } from '../transport/transport.ts'
import type { ReaderConfig, ReaderSettings } from './config.ts'

/** A Reader's place in its group, as its settings want it. */
export function membershipOf(given: ReaderConfig, settings: ReaderSettings, transport: Transport): GroupMembership {
  const { brokers, logger, errorLogger } = given
  const { groupId, isolationLevel, topics, pattern, startOffset } = settings
  // So long before the end: what is written from then on is held as it is of a group that begins there.
  const begin = typeof startOffset === 'number' ? { startOffset } : { startOffset: LastOffset }
  return new GroupMembership({
    ...only({ ...given, ...begin }, membershipSettings),
    ...(typeof startOffset === 'object' && { startWithin: startOffset.duration }),
    ...(logger && { logger }),
    ...(errorLogger && { errorLogger }),
    id: groupId!,
    brokers,
    topics,
    ...(pattern && { pattern }),
    transport,
    isolationLevel,
  })
}
