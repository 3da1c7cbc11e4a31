import type { CallsOf, Options } from './call.ts'
import {
  type DescribeConsumerGroupsResponse,
  type DescribeNewGroupsRequest,
  describeConsumerGroups,
  describeNewGroupsSettings,
} from './describe-consumer-groups.ts'
import {
  type DescribeStreamsGroupsRequest,
  type DescribeStreamsGroupsResponse,
  describeStreamsGroups,
  describeStreamsGroupsSettings,
} from './describe-streams-groups.ts'
import {
  type AlterShareGroupOffsetsRequest,
  type AlterShareGroupOffsetsResponse,
  alterShareGroupOffsets,
  alterShareGroupOffsetsSettings,
  type DeleteShareGroupOffsetsRequest,
  type DeleteShareGroupOffsetsResponse,
  type DescribeShareGroupOffsetsRequest,
  type DescribeShareGroupOffsetsResponse,
  type DescribeShareGroupsResponse,
  deleteShareGroupOffsets,
  deleteShareGroupOffsetsSettings,
  describeShareGroupOffsets,
  describeShareGroupOffsetsSettings,
  describeShareGroups,
} from './share-groups.ts'

/** Groups of the newer protocols, seen from outside. Those of consumers and streams have their offsets as classic ones. */
export interface NewGroupCalls {
  /** State and members of consumer groups (KIP-848). */
  describeConsumerGroups(
    request: DescribeNewGroupsRequest,
    ...options: Options
  ): Promise<DescribeConsumerGroupsResponse>
  /** State, topology and members of streams groups (KIP-1071). */
  describeStreamsGroups(
    request: DescribeStreamsGroupsRequest,
    ...options: Options
  ): Promise<DescribeStreamsGroupsResponse>
  /** State and members of share groups (KIP-932). */
  describeShareGroups(request: DescribeNewGroupsRequest, ...options: Options): Promise<DescribeShareGroupsResponse>
  /** How far share groups are. */
  describeShareGroupOffsets(
    request: DescribeShareGroupOffsetsRequest,
    ...options: Options
  ): Promise<DescribeShareGroupOffsetsResponse>
  /** Sets where a share group without members goes on. */
  alterShareGroupOffsets(
    request: AlterShareGroupOffsetsRequest,
    ...options: Options
  ): Promise<AlterShareGroupOffsetsResponse>
  /** Has a share group without members forget topics. */
  deleteShareGroupOffsets(
    request: DeleteShareGroupOffsetsRequest,
    ...options: Options
  ): Promise<DeleteShareGroupOffsetsResponse>
}

export const newGroupCalls: CallsOf<NewGroupCalls> = {
  describeConsumerGroups: { fields: describeNewGroupsSettings, run: describeConsumerGroups },
  describeStreamsGroups: { fields: describeStreamsGroupsSettings, run: describeStreamsGroups },
  describeShareGroups: { fields: describeNewGroupsSettings, run: describeShareGroups },
  describeShareGroupOffsets: { fields: describeShareGroupOffsetsSettings, run: describeShareGroupOffsets },
  alterShareGroupOffsets: { fields: alterShareGroupOffsetsSettings, run: alterShareGroupOffsets },
  deleteShareGroupOffsets: { fields: deleteShareGroupOffsetsSettings, run: deleteShareGroupOffsets },
}
