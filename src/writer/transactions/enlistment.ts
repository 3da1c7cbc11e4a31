import type { Clock } from '../../base/clock.ts'
import { ProtocolError, TimeoutError } from '../../base/errors.ts'
import { AddOffsetsToTxn } from '../../protocol/add-offsets-to-txn.ts'
import { AddPartitionsToTxn } from '../../protocol/add-partitions-to-txn.ts'
import { ErrorCode, errorFor } from '../../protocol/errors.ts'
import { TxnOffsetCommit } from '../../protocol/txn-offset-commit.ts'
import type { TransactionCoordinators } from './coordinator.ts'
import type { TransactionOffsets } from './transaction-offsets.ts'

/** Whose transaction it is. */
export interface Enlisting {
  readonly isSecondProtocol: boolean
  readonly features: ReadonlyMap<string, number>
  readonly doom: Error | null
  readonly stamp: { readonly transactionalId: string; readonly producerId: bigint; readonly producerEpoch: number }
  /** The transaction can only be aborted. */
  failed(error: Error): void
  /** What an error code means for the producer; null for 0. */
  judge(code: number, what: string): Error | null
}

export interface EnlistmentParts {
  readonly producer: Enlisting
  readonly coordinators: TransactionCoordinators
  readonly clock: Clock
  /** How long a step may take, in milliseconds. */
  readonly patience: number
  readonly signal: AbortSignal
  onChange(): void
}

/**
 * What one transaction has in it. The first protocol tells the coordinator of each partition and group before anything
 * is written there; by the second (KIP-890) the brokers do that themselves.
 */
export class Enlistment {
  readonly #parts: EnlistmentParts
  readonly #begun: number
  /** Partitions by topic: those the coordinator knows, is being told of, and is to be told of. */
  readonly #added = new Map<string, Set<number>>()
  #asked = new Map<string, Set<number>>()
  #wanted = new Map<string, Set<number>>()
  readonly #groups = new Set<string>()
  /** Partitions are being told of. */
  #adding: Promise<void> | undefined
  #touched = false
  /** Commits of offsets under way, one after the other. */
  #committing: Promise<void> = Promise.resolve()

  constructor(parts: EnlistmentParts) {
    this.#parts = parts
    this.#begun = parts.clock.monotonic()
  }

  /** Milliseconds since it began. */
  get age(): number {
    return this.#parts.clock.monotonic() - this.#begun
  }

  /** Whether the coordinator may know of it: then it must be told of its end. */
  get touched(): boolean {
    return this.#touched
  }

  /** Whether a batch may be written there now; if not, the coordinator is told first. */
  admits(topic: string, partition: number): boolean {
    if (this.#parts.producer.isSecondProtocol) {
      this.#touched = true
      return true
    }
    if (this.#added.get(topic)?.has(partition)) return true
    // Told of again, it would be in the way of the end.
    if (this.#asked.get(topic)?.has(partition)) return false
    put(this.#wanted, topic, partition)
    this.#adding ??= this.#addPartitions()
    return false
  }

  /** Has the group's positions stored once the transaction is committed. Rejects with what dooms it. */
  async commit(offsets: TransactionOffsets): Promise<void> {
    const turn = this.#committing.then(() => this.#commit(offsets))
    this.#committing = turn.catch(() => {})
    await turn
  }

  /** Resolves once no request of it is under way: what came after its end would count for the next one. */
  async settled(): Promise<void> {
    await Promise.all([this.#committing, this.#adding])
  }

  async #addPartitions(): Promise<void> {
    const { producer, onChange } = this.#parts
    // All that one turn wants ride together.
    await Promise.resolve()
    while (this.#wanted.size > 0 && producer.doom === null) {
      const asked = this.#wanted
      this.#asked = asked
      this.#wanted = new Map()
      this.#touched = true
      try {
        await this.#add(asked)
        for (const [topic, partitions] of asked) for (const partition of partitions) put(this.#added, topic, partition)
      } catch (error) {
        producer.failed(error as Error)
      }
      this.#asked = new Map()
      onChange()
    }
    this.#adding = undefined
  }

  async #add(asked: ReadonlyMap<string, ReadonlySet<number>>): Promise<void> {
    const { producer, coordinators } = this.#parts
    const { transactionalId, producerId, producerEpoch } = producer.stamp
    const topics = [...asked].map(([name, partitions]) => ({ name, partitions: [...partitions] }))
    const { response } = await coordinators.ask(
      ['transaction', transactionalId],
      AddPartitionsToTxn,
      () => ({
        v3AndBelowTransactionalId: transactionalId,
        v3AndBelowProducerId: producerId,
        v3AndBelowProducerEpoch: producerEpoch,
        v3AndBelowTopics: topics,
      }),
      ({ resultsByTopicV3AndBelow }) =>
        resultsByTopicV3AndBelow.flatMap(({ resultsByPartition }) =>
          resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode),
        ),
      this.#options(),
    )
    const results = response.resultsByTopicV3AndBelow.flatMap(({ name, resultsByPartition }) =>
      resultsByPartition.map(({ partitionIndex, partitionErrorCode }) => ({
        what: `transactional id ${transactionalId}, ${name}/${partitionIndex}`,
        code: partitionErrorCode,
      })),
    )
    // Of one refused the others say nothing but that they were not tried.
    const refused =
      results.find(({ code }) => code !== 0 && code !== ErrorCode.OperationNotAttempted) ??
      results.find(({ code }) => code !== 0)
    if (refused !== undefined) throw producer.judge(refused.code, refused.what)!
  }

  async #commit({ groupId, generationId, memberId, groupInstanceId, offsets }: TransactionOffsets): Promise<void> {
    const { producer, coordinators } = this.#parts
    if (producer.doom !== null) throw producer.doom
    if (offsets.length === 0) return
    const { transactionalId, producerId, producerEpoch } = producer.stamp
    const stamp = { transactionalId, producerId, producerEpoch, groupId }
    this.#touched = true
    if (!producer.isSecondProtocol && !this.#groups.has(groupId)) {
      const { response } = await coordinators.ask(
        ['transaction', transactionalId],
        AddOffsetsToTxn,
        () => stamp,
        ({ errorCode }) => [errorCode],
        this.#options(),
      )
      const error = producer.judge(response.errorCode, `transactional id ${transactionalId}, group ${groupId}`)
      if (error !== null) throw error
      this.#groups.add(groupId)
    }
    const topics = [...new Set(offsets.map(({ topic }) => topic))].map(name => {
      const its = offsets.filter(({ topic }) => topic === name)
      const partitions = its.map(({ partition, offset, leaderEpoch = -1, metadata }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedLeaderEpoch: leaderEpoch,
        committedMetadata: metadata,
      }))
      return { name, topicId: its[0]!.topicId, partitions }
    })
    const { response } = await coordinators.ask(
      ['group', groupId],
      TxnOffsetCommit,
      version => {
        // A member that lost its partitions could commit what another reads again: the brokers can't tell.
        if (version < 3 && memberId !== '')
          throw new ProtocolError(
            `group ${groupId}: brokers before Kafka 2.5 don't know which member commits with a transaction (KIP-447)`,
            { cause: errorFor(ErrorCode.UnsupportedVersion) },
          )
        return {
          ...stamp,
          ...(version >= 3 && { generationIdOrMemberEpoch: generationId, memberId, groupInstanceId }),
          topics,
        }
      },
      answer => answer.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)),
      this.#options(),
    )
    for (const { partitions } of response.topics) {
      for (const { errorCode } of partitions) {
        const error = producer.judge(errorCode, `transactional id ${transactionalId}, group ${groupId}`)
        if (error !== null) throw error
      }
    }
  }

  /** Time for a step; of a transaction that is lost nothing is tried again. */
  #options() {
    const { clock, patience, signal, producer } = this.#parts
    if (signal.aborted) throw new TimeoutError('the writer is closed')
    const wanted = (): boolean => producer.doom === null
    return { until: clock.monotonic() + patience, signal, features: producer.features, wanted }
  }
}

function put(into: Map<string, Set<number>>, topic: string, partition: number): void {
  const partitions = into.get(topic)
  if (partitions === undefined) into.set(topic, new Set([partition]))
  else partitions.add(partition)
}
