import type { CallsOf, Options } from './call.ts'
import {
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
  createPartitions,
  createPartitionsSettings,
} from './create-partitions.ts'
import {
  type DeleteRecordsRequest,
  type DeleteRecordsResponse,
  deleteRecords,
  deleteRecordsSettings,
} from './delete-records.ts'
import {
  type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponse,
  describeTopicPartitions,
  describeTopicPartitionsSettings,
} from './describe-topic-partitions.ts'
import { type ElectLeadersRequest, type ElectLeadersResponse, electLeaders, electLeadersSettings } from './elections.ts'

/** Partitions of topics: how many, who leads them, and what they hold. */
export interface PartitionCalls {
  /** Adds partitions to topics (KIP-195), and waits a while until they are known. Keys may go elsewhere afterwards. */
  createPartitions(request: CreatePartitionsRequest, ...options: Options): Promise<CreatePartitionsResponse>
  /** Topics' partitions, a page at a time (KIP-966, Kafka 3.9). */
  describeTopicPartitions(
    request?: DescribeTopicPartitionsRequest,
    ...options: Options
  ): Promise<DescribeTopicPartitionsResponse>
  /** Deletes the oldest records of partitions, on their leaders (KIP-107). */
  deleteRecords(request: DeleteRecordsRequest, ...options: Options): Promise<DeleteRecordsResponse>
  /** Has partitions elect their leaders: the preferred ones, or any that is left (KIP-460). */
  electLeaders(request?: ElectLeadersRequest, ...options: Options): Promise<ElectLeadersResponse>
}

export const partitionCalls: CallsOf<PartitionCalls> = {
  createPartitions: { fields: createPartitionsSettings, run: createPartitions },
  describeTopicPartitions: { fields: describeTopicPartitionsSettings, run: describeTopicPartitions },
  deleteRecords: { fields: deleteRecordsSettings, run: deleteRecords },
  electLeaders: { fields: electLeadersSettings, run: electLeaders },
}
