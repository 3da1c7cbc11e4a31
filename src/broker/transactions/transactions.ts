import type { Clock } from '../../base/clock.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { Configs } from '../configs/configs.ts'
import type { Groups } from '../groups/groups.ts'
import type { BrokerLimits } from '../limits.ts'
import type { Partition } from '../log/partition.ts'
import { Transaction } from './transaction.ts'

/** A producer's id and epoch, or why there is none. */
export interface ProducerIdentity {
  readonly errorCode: number
  readonly producerId: bigint
  readonly producerEpoch: number
}

// Longer ids would be kept in many places.
const longestId = 4096
// One below the largest int16: from here on a producer is given a new id instead of a higher epoch.
const lastEpoch = 32766
// Coordinators of this cluster share their memory: an old one cannot write markers late.
const coordinatorEpoch = 0

function failed(errorCode: number): ProducerIdentity {
  return { errorCode, producerId: -1n, producerEpoch: -1 }
}

/** What transactions need of their cluster. */
interface Surroundings {
  readonly clock: Clock
  readonly configs: Configs
  readonly groups: Groups
  readonly limits: Required<BrokerLimits>
  newProducerId(): bigint
}

/** All transactional ids, whichever broker coordinates them. Markers are written before EndTxn is answered. */
export class Transactions {
  readonly #cluster: Surroundings
  readonly #byId = new Map<string, Transaction>()

  constructor(cluster: Surroundings) {
    this.#cluster = cluster
  }

  get all(): readonly Transaction[] {
    return [...this.#byId.values()]
  }

  get(id: string): Transaction | undefined {
    return this.#byId.get(id)
  }

  /**
   * Gives a transactional id's new owner its epoch; what the former owner left open is aborted first
   * (CONCURRENT_TRANSACTIONS meanwhile).
   */
  init(id: string, timeoutMs: number, producerId: bigint, producerEpoch: number): ProducerIdentity {
    if (timeoutMs <= 0 || timeoutMs > this.#cluster.configs.number('transaction.max.timeout.ms'))
      return failed(ErrorCode.InvalidTransactionTimeout)
    if (id.length > longestId) return failed(ErrorCode.InvalidRequest)
    const known = this.#byId.get(id)
    if (known === undefined && this.#byId.size >= this.#cluster.limits.transactionalIds && !this.#expireOne())
      return failed(ErrorCode.PolicyViolation)
    const transaction = known ?? new Transaction(id, this.#cluster.newProducerId(), timeoutMs)
    // Behind those that are unused for longer.
    this.#byId.delete(id)
    this.#byId.set(id, transaction)
    const { producerEpoch: epoch } = transaction
    const isOurs =
      producerId === transaction.producerId || (producerId === transaction.lastProducerId && producerEpoch >= lastEpoch)
    if (producerId >= 0n && epoch >= 0 && !isOurs) return failed(ErrorCode.ProducerFenced)
    if (transaction.state === 'Ongoing') {
      if (producerEpoch >= 0 && producerEpoch !== epoch) return failed(ErrorCode.ProducerFenced)
      this.#fence(transaction)
      return failed(ErrorCode.ConcurrentTransactions)
    }
    transaction.timeoutMs = timeoutMs
    if (producerEpoch < 0 || epoch < 0 || producerEpoch === epoch) this.#bump(transaction)
    // Who asks with the epoch before the last has missed our answer, unless that one went to somebody else.
    else if (producerEpoch !== transaction.lastProducerEpoch) return failed(ErrorCode.ProducerFenced)
    if (producerEpoch < 0) transaction.lastProducerEpoch = -1
    transaction.state = 'Empty'
    transaction.startTime = -1
    return { errorCode: 0, producerId: transaction.producerId, producerEpoch: transaction.producerEpoch }
  }

  /** Lets go of the id that is unused for longest and has no transaction open; whether there is one. */
  #expireOne(): boolean {
    for (const { id, state } of this.#byId.values()) if (state !== 'Ongoing') return this.#byId.delete(id)
    return false
  }

  /** The transaction of this id, if this producer owns it; else an error code. */
  owned(id: string, producerId: bigint, producerEpoch: number): Transaction | number {
    const transaction = this.#byId.get(id)
    if (transaction === undefined || transaction.producerId !== producerId) return ErrorCode.InvalidProducerIDMapping
    return transaction.producerEpoch === producerEpoch ? transaction : ErrorCode.ProducerFenced
  }

  /** `secondProtocol`: by the way, with a Produce or TxnOffsetCommit that adds what it writes (KIP-890). */
  addPartitions(transaction: Transaction, partitions: readonly Partition[], secondProtocol = false): void {
    this.#begin(transaction, secondProtocol)
    for (const partition of partitions) transaction.partitions.add(partition)
  }

  addGroup(transaction: Transaction, groupId: string, secondProtocol = false): void {
    this.#begin(transaction, secondProtocol)
    transaction.groups.add(groupId)
  }

  #begin(transaction: Transaction, secondProtocol: boolean): void {
    transaction.secondProtocol = secondProtocol
    if (transaction.state === 'Ongoing') return
    const { clock } = this.#cluster
    transaction.state = 'Ongoing'
    transaction.startTime = clock.now()
    transaction.cancelTimeout = clock.after(transaction.timeoutMs, () => this.#fence(transaction))
  }

  /** Takes the transaction from its owner: too slow, or replaced. */
  #fence(transaction: Transaction): void {
    transaction.lastProducerId = transaction.producerId
    transaction.lastProducerEpoch = transaction.producerEpoch++
    this.#finish(transaction, false)
  }

  /** Ends a transaction. `bump`: by the second protocol, which raises the epoch with each (KIP-890). */
  end(id: string, producerId: bigint, producerEpoch: number, commit: boolean, bump: boolean): ProducerIdentity {
    const transaction = this.#byId.get(id)
    if (transaction === undefined) return failed(ErrorCode.InvalidProducerIDMapping)
    const settled: ProducerIdentity = {
      errorCode: 0,
      producerId: transaction.producerId,
      producerEpoch: transaction.producerEpoch,
    }
    const asked = commit ? 'CompleteCommit' : 'CompleteAbort'
    const repeats =
      bump &&
      transaction.secondProtocol &&
      producerId === transaction.lastProducerId &&
      producerEpoch === transaction.lastProducerEpoch
    if (repeats && transaction.state !== 'Ongoing')
      return transaction.state === asked ? settled : failed(ErrorCode.InvalidTransactionState)
    const owner = this.owned(id, producerId, producerEpoch)
    if (typeof owner === 'number') return failed(owner)
    if (transaction.state !== 'Ongoing') {
      if (!bump) return transaction.state === asked ? settled : failed(ErrorCode.InvalidTransactionState)
      // Under the second protocol a producer may abort what it never began.
      if (commit) return failed(ErrorCode.InvalidTransactionState)
    }
    transaction.secondProtocol = bump
    if (bump) this.#bump(transaction)
    this.#finish(transaction, commit)
    return { errorCode: 0, producerId: transaction.producerId, producerEpoch: transaction.producerEpoch }
  }

  /** Raises the epoch; an exhausted one means a new producer id. */
  #bump(transaction: Transaction): void {
    transaction.lastProducerId = transaction.producerId
    transaction.lastProducerEpoch = transaction.producerEpoch
    if (transaction.producerEpoch < lastEpoch) transaction.producerEpoch++
    else {
      transaction.producerId = this.#cluster.newProducerId()
      transaction.producerEpoch = 0
    }
  }

  /** Writes the markers. */
  #finish(transaction: Transaction, commit: boolean): void {
    transaction.cancelTimeout()
    // A producer id that is spent by this end still owns what it wrote.
    const spent = transaction.secondProtocol && transaction.producerId !== transaction.lastProducerId
    const producerId = spent ? transaction.lastProducerId : transaction.producerId
    const producerEpoch = spent ? transaction.lastProducerEpoch + 1 : transaction.producerEpoch
    const timestamp = this.#cluster.clock.now()
    for (const partition of transaction.partitions)
      partition.endTransaction({ producerId, producerEpoch, commit, coordinatorEpoch, timestamp })
    for (const groupId of transaction.groups)
      this.#cluster.groups.get(groupId)?.offsets.endTransaction(producerId, commit)
    transaction.partitions.clear()
    transaction.groups.clear()
    transaction.state = commit ? 'CompleteCommit' : 'CompleteAbort'
  }

  close(): void {
    for (const { cancelTimeout } of this.#byId.values()) cancelTimeout()
  }
}
