import { ConfigError } from '../../base/errors.ts'
import { given, type SettingKinds, shown } from '../../base/settings.ts'
import { zeroUuid } from '../../bytes/reader.ts'
import type { OffsetSource, TransactionOffsets } from './transaction-offsets.ts'

/** Offsets by topic and partition: of the next message to read. */
export type Committed = Readonly<Record<string, Readonly<Record<number, number>>>>

/** A group whose offsets are kept without a Reader, and the member that commits them, if it is one. */
export interface GroupName {
  /** The group's id. */
  groupId: string
  /** Default −1: outside of group membership. */
  generationId?: number
  /** The member's id. Default: ''. */
  memberId?: string
  /** Of a static member (KIP-345). */
  groupInstanceId?: string
}

const nameFields: SettingKinds<GroupName> = {
  groupId: 'string!',
  generationId: 'number',
  memberId: 'string',
  groupInstanceId: 'string',
}

/** What a source, or a group by name, has to commit. */
export async function offsetsFor(
  source: OffsetSource<unknown> | GroupName,
  done: unknown,
): Promise<TransactionOffsets> {
  if (typeof source !== 'object' || source === null)
    throw new ConfigError(`sendOffsets takes a Reader, a Generation or { groupId }, not ${shown(source)}`)
  if ('offsetsOf' in source) return source.offsetsOf(done)
  const { groupId, generationId = -1, memberId = '', groupInstanceId } = given('sendOffsets', source, nameFields)
  return {
    groupId,
    generationId,
    memberId,
    groupInstanceId: groupInstanceId || null,
    offsets: byPartition(done as Committed),
  }
}

/** As a list; `topicIds` are those known. */
export function byPartition(
  committed: Committed,
  topicIds: Readonly<Record<string, string>> = {},
): TransactionOffsets['offsets'] {
  if (typeof committed !== 'object' || committed === null)
    throw new ConfigError(`offsets are { topic: { partition: offset } }, not ${shown(committed)}`)
  return Object.entries(committed).flatMap(([topic, partitions]) =>
    Object.entries(partitions ?? {}).map(([partition, offset]) => {
      const place = {
        topic,
        topicId: topicIds[topic] ?? zeroUuid,
        partition: Number(partition),
        offset,
        metadata: null,
      }
      if (!Number.isSafeInteger(offset) || offset < 0 || !Number.isInteger(place.partition))
        throw new ConfigError(`sendOffsets: ${topic}/${partition}: ${shown(offset)} is no offset`)
      return place
    }),
  )
}
