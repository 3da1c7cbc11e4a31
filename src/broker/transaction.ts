import type { Partition } from './partition.ts'

export type TransactionState = 'Empty' | 'Ongoing' | 'CompleteCommit' | 'CompleteAbort'

/** A transactional id: the producer that holds it, and its transaction. */
export class Transaction {
  readonly id: string
  producerId: number
  producerEpoch: number
  /** The id and epoch before the last change: a client that missed the answer still has them. */
  lastProducerId = -1
  lastProducerEpoch = -1
  timeoutMs: number
  state: TransactionState = 'Empty'
  /** When it began; −1 outside. */
  startTime = -1
  /** Whether the second protocol (KIP-890) ended the last transaction: its end raised the epoch. */
  epochBumped = false
  readonly partitions = new Set<Partition>()
  readonly groups = new Set<string>()
  cancelTimeout: () => void = () => {}

  constructor(id: string, producerId: number, timeoutMs: number) {
    this.id = id
    this.producerId = producerId
    this.producerEpoch = -1
    this.timeoutMs = timeoutMs
  }
}
