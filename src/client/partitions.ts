import type { CallsOf, Options } from './call.ts'
import {
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
  createPartitions,
  createPartitionsSettings,
} from './create-partitions.ts'
import { type ElectLeadersRequest, type ElectLeadersResponse, electLeaders, electLeadersSettings } from './elections.ts'

/** Partitions of topics: how many, who leads them, and what they hold. */
export interface PartitionCalls {
  /** Adds partitions to topics (KIP-195), and waits a while until they are known. Keys may go elsewhere afterwards. */
  createPartitions(request: CreatePartitionsRequest, ...options: Options): Promise<CreatePartitionsResponse>
  /** Has partitions elect their leaders: the preferred ones, or any that is left (KIP-460). */
  electLeaders(request?: ElectLeadersRequest, ...options: Options): Promise<ElectLeadersResponse>
}

export const partitionCalls: CallsOf<PartitionCalls> = {
  createPartitions: { fields: createPartitionsSettings, run: createPartitions },
  electLeaders: { fields: electLeadersSettings, run: electLeaders },
}
