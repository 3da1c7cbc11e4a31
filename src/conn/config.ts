import type { SettingKinds } from '../base/settings.ts'
import type { IsolationLevel, IsolationLevelName } from '../protocol/offsets.ts'

/** What a Conn made of a socket knows of itself. All optional. */
export interface ConnConfig {
  /** Named in each request. Default 'isokafka'. */
  clientId?: string
  /** What is read and written; without it there is only the cluster to ask about. */
  topic?: string
  /** Default 0. */
  partition?: number
  /** The broker's id, for `broker()`. Default 0. */
  broker?: number
  /** The broker's rack, for `broker()`. */
  rack?: string
  /** Goes with each write for the broker to know; a Conn writes outside of transactions all the same. */
  transactionalId?: string
  /** Where the socket leads, as host:port, where it does not say so itself. */
  address?: string
}

export const connSettings: SettingKinds<ConnConfig> = {
  clientId: 'string',
  topic: 'string',
  partition: 'number',
  broker: 'number',
  rack: 'string',
  transactionalId: 'string',
  address: 'string',
}

/** How a batch is read. */
export interface ReadBatchConfig {
  /** The broker answers as soon as it has so many bytes. Default 1. */
  minBytes?: number
  /** About how many bytes at most; one whole batch of the broker's comes all the same. Default 1,000,000. */
  maxBytes?: number
  /** Default: read uncommitted. */
  isolationLevel?: IsolationLevel | IsolationLevelName
  /**
   * How long the broker may wait for `minBytes`, in milliseconds; it is asked once. Default: it is asked until anything
   * comes or the read deadline is near (by a second or, if less than a second is left, a quarter of it), for ten
   * seconds at a time.
   */
  maxWait?: number
}

export const readBatchSettings: SettingKinds<ReadBatchConfig> = {
  minBytes: 'number',
  maxBytes: 'number',
  isolationLevel: 'any',
  maxWait: 'number',
}
