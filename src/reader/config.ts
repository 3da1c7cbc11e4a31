import type { AddressLike } from '../base/address.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { MembershipConfig } from '../group/config.ts'
import type { IsolationLevel } from '../protocol/offsets.ts'
import type { Transport } from '../transport/transport.ts'

/** Settings of a Reader. Times are milliseconds. */
export interface ReaderConfig extends MembershipConfig {
  /** Addresses to find the cluster by. */
  brokers: AddressLike
  /** The topic to read; not with `groupTopics`. */
  topic?: string
  /** The partition to read; not with `groupId`. Default 0. */
  partition?: number
  /** Reads as a member of this consumer group, from the partitions it is given. */
  groupId?: string
  /** Several topics; only with `groupId`. */
  groupTopics?: readonly string[]
  /** A given transport (with TLS, SASL, timeouts …) stays open; without one the reader makes and closes its own. */
  transport?: Transport
  /** Bytes fetched ahead, over all partitions. While there are more, no fetch goes out. Default 32 MiB. */
  queueBytes?: number
  /** Messages fetched ahead, counted by whole batches. Default: no bound but `queueBytes`. */
  queueCapacity?: number
  /** A broker answers a fetch when it has this many bytes, or after `maxWait`. Default 1. */
  minBytes?: number
  /** Most bytes fetched of one partition at once; a batch larger than that is fetched nevertheless (KIP-74). Default 1 MiB. */
  maxBytes?: number
  /** How long a broker waits for new messages before it answers a fetch with none. Default 10,000. */
  maxWait?: number
  /** How much longer than `maxWait` an answer to a fetch may take. Default 10,000. */
  readBatchTimeout?: number
  /** How often `stats().lag` is asked for anew while nothing is fetched; negative: never. Partition mode only. Default 60,000. */
  readLagInterval?: number
  /**
   * How long commits are gathered before they are sent. 0: `commitMessages` sends them and waits for the answer; automatic commits are sent
   * at once, at most ten a second. Above 0, `commitMessages` answers at once and failures go to the log. Default 0.
   */
  commitInterval?: number
  /** Commits what `for await` and `batches()` delivered, once the next message or batch is asked for. `readMessage` always does, `fetchMessage` never. Default false. */
  autoCommit?: boolean
  /** The wait after a failed fetch: from this, doubling … Default 100. */
  readBackoffMin?: number
  /** … up to this. Default 1,000. */
  readBackoffMax?: number
  /** Default ReadUncommitted, as in Kafka. */
  isolationLevel?: IsolationLevel
  /** Failures in a row of reaching a partition's leader before a read rejects; the reader goes on trying meanwhile and after. Default 3. */
  maxAttempts?: number
  /** Whether a read rejects when the position is beyond the partition's end, rather than wait for it to come. Default false. */
  offsetOutOfRangeError?: boolean
  /** Bytes one compressed batch may become. Default 64 MiB. */
  decompressLimit?: number
  /** Default: the transport's. */
  logger?: Logger
  /** For errors; default: `logger`. */
  errorLogger?: Logger
  /** Default: the transport's. */
  clock?: Clock
}
