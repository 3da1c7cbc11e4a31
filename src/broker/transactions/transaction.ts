import type { Partition } from '../log/partition.ts'

export type TransactionState = 'Empty' | 'Ongoing' | 'CompleteCommit' | 'CompleteAbort'

/** A transactional id: the producer that holds it, and its transaction. */
export class Transaction {
  readonly id: string
  producerId: bigint
  producerEpoch: number
  /** The id and epoch before the last change: a client that missed the answer still has them. */
  lastProducerId = -1n
  lastProducerEpoch = -1
  timeoutMs: number
  state: TransactionState = 'Empty'
  /** When the last one began; −1 before the first of its owner. */
  startTime = -1
  /** Whether its client speaks the second protocol (KIP-890), in which each end raises the epoch. */
  secondProtocol = false
  readonly partitions = new Set<Partition>()
  readonly groups = new Set<string>()
  cancelTimeout: () => void = () => {}

  constructor(id: string, producerId: bigint, timeoutMs: number) {
    this.id = id
    this.producerId = producerId
    this.producerEpoch = -1
    this.timeoutMs = timeoutMs
  }
}
