import type { ResponseOf } from '../../../src/protocol/api.ts'
import type { DescribeGroups } from '../../../src/protocol/describe-groups.ts'
import { toBuffer } from '../bytes.ts'
import { protocolError } from '../protocol-errors.ts'
import type { ConsumerGroupState, GroupDescription } from '../types/admin.ts'

type Described = ResponseOf<typeof DescribeGroups>['groups'][number]

/** A group as kafkajs describes it; what its members say of themselves stays bytes. Throws what the broker says. */
export function describedGroup(group: Described | undefined): GroupDescription {
  if (group === undefined) return undefined as unknown as GroupDescription
  if (group.errorCode !== 0) throw protocolError(group.errorCode)
  return {
    errorCode: group.errorCode,
    groupId: group.groupId,
    members: group.members.map(({ memberId, clientId, clientHost, memberMetadata, memberAssignment }) => ({
      memberId,
      clientId,
      clientHost,
      memberMetadata: toBuffer(memberMetadata),
      memberAssignment: toBuffer(memberAssignment),
    })),
    protocol: group.protocolData,
    protocolType: group.protocolType,
    state: group.groupState as ConsumerGroupState,
  } as GroupDescription
}
