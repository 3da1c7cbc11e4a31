import { only } from '../base/settings.ts'
import { membershipSettings } from '../group/config.ts'
import { GroupMembership } from '../group/group-membership.ts'
import type { Transport } from '../transport/transport.ts'
import type { ReaderConfig, ReaderSettings } from './config.ts'

/** A Reader's place in its group, as its settings want it. */
export function membershipOf(given: ReaderConfig, settings: ReaderSettings, transport: Transport): GroupMembership {
  const { brokers, logger, errorLogger } = given
  const { groupId, isolationLevel, topics, pattern, startOffset } = settings
  return new GroupMembership({
    // By a duration a group does not begin: the settings have been checked.
    ...only({ ...given, startOffset: startOffset as number }, membershipSettings),
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
