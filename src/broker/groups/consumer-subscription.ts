import { ByteReader } from '../../bytes/reader.ts'
import type { Group } from './group.ts'

/**
 * The topics the members of a consumer group say they read; members whose metadata is no subscription of the consumer
 * protocol say none.
 */
export function subscribedTopics({ members, protocolName }: Group): Set<string> {
  const topics = new Set<string>()
  for (const member of members.values()) {
    try {
      const from = new ByteReader(member.metadataOf(protocolName))
      from.int16()
      for (let count = from.int32(); count > 0; count--) topics.add(from.utf8(from.int16()))
    } catch {
      // Anyone may join with whatever bytes.
    }
  }
  return topics
}
