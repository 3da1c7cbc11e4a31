import { type Backoff, backoffDelay } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import { isTemporary, ProtocolError } from '../base/errors.ts'
import { sleep } from '../base/signals.ts'
import { errorFor } from '../protocol/errors.ts'
import { InitProducerId } from '../protocol/init-producer-id.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import type { NetworkCluster } from '../transport/network-cluster.ts'

/** Under which a broker recognises a producer's batches. Compared as an object: another epoch is another identity. */
export interface ProducerIdentity {
  readonly id: bigint
  readonly epoch: number
  /** Under a transactional id: what is written is part of a transaction. Undefined: none. */
  readonly transactionalId?: string
}

/** Where the identity comes from that batches are numbered under. */
export interface ProducerIdentities {
  /** Null until there is one; `want()` sees to it. */
  readonly current: ProducerIdentity | null
  /** Why there is none, as far as that is known. */
  readonly trouble: Error | null
  /** With what each batch that is not sent yet, or comes back, is to fail: its transaction is lost. Null: with nothing. */
  readonly doom: Error | null
  /** As if finalised in the cluster, whatever a connection was told: which protocol the transaction keeps to. */
  readonly features: ReadonlyMap<string, number> | undefined
  /** Whether batches of this partition may go under `current`; if not yet, sees to it that they soon may. */
  admits(topic: string, partition: number): boolean
  /** Asks for an identity, until there is one or nobody wants it. */
  want(): void
  /**
   * Numbers under `identity` can't go on, those of a newer epoch can. Partitions that fail together bump once. `why` is
   * the last failure.
   */
  bump(identity: ProducerIdentity | null, why: Error | null): void
  /** `identity` is of no use any more, whatever its epoch: another id is needed. `error` says so. */
  replace(identity: ProducerIdentity | null, error: Error): void
  /** A message was not written. */
  failed(error: Error): void
  /** Asks no more. */
  close(): void
}

const lastEpoch = 0x7fff
/** What Java's producer asks for where no transaction will be. */
const noTransaction = 0x7fffffff

export interface IdempotentConfig {
  readonly cluster: Pick<NetworkCluster, 'connection' | 'avoid'>
  readonly clock: Clock
  readonly backoff: Backoff
  /** Bounds the search for a broker, and the request to it. */
  readonly timeoutMs: number
  /** There is an identity now, or (`error` says why) none to be had, or nobody wanted it any more. */
  onChange(error: Error | null): void
  /** Whether anyone still waits for one. */
  wanted(): boolean
}

/**
 * A producer without transactions: any broker gives it an id, and it bumps the epoch by itself, which brokers take from
 * a sequence number of 0.
 */
export class IdempotentIdentities implements ProducerIdentities {
  current: ProducerIdentity | null = null
  trouble: Error | null = null
  readonly doom = null
  readonly features = undefined
  readonly #config: IdempotentConfig
  #asking = false
  readonly #closing = new AbortController()

  constructor(config: IdempotentConfig) {
    this.#config = config
  }

  want(): void {
    if (this.current !== null || this.#asking || this.#closing.signal.aborted) return
    this.#asking = true
    void this.#ask().then(refused => {
      this.#asking = false
      if (!this.#closing.signal.aborted) this.#config.onChange(refused)
    })
  }

  admits(): boolean {
    return true
  }

  bump(identity: ProducerIdentity | null): void {
    if (identity === null || this.current !== identity) return
    this.current = identity.epoch < lastEpoch ? { id: identity.id, epoch: identity.epoch + 1 } : null
  }

  replace(identity: ProducerIdentity | null): void {
    if (identity !== null && this.current?.id === identity.id) this.current = null
  }

  failed(): void {}

  close(): void {
    this.#closing.abort()
  }

  /** Answers the error by which none is to be had. */
  async #ask(): Promise<Error | null> {
    const { clock, backoff, wanted } = this.#config
    const { signal } = this.#closing
    for (let attempt = 1; wanted() && !signal.aborted; attempt++) {
      try {
        this.current = await this.#request()
        this.trouble = null
        return null
      } catch (error) {
        this.trouble = error as Error
        if (!isTemporary(error)) return this.trouble
      }
      // Aborted: the loop ends by itself.
      await sleep(backoffDelay(attempt, backoff, clock), { signal, clock }).catch(() => {})
    }
    return null
  }

  async #request(): Promise<ProducerIdentity> {
    const { cluster, timeoutMs } = this.#config
    const { signal } = this.#closing
    const connection = await cluster.connection('any', 'control', { signal, timeoutMs })
    try {
      return await this.#requestOf(connection)
    } catch (error) {
      // One that has lost touch with the controller has none to give; another may.
      cluster.avoid(connection, error)
      throw error
    }
  }

  async #requestOf(connection: BrokerConnection): Promise<ProducerIdentity> {
    const { timeoutMs } = this.#config
    const { signal } = this.#closing
    const request = { transactionalId: null, transactionTimeoutMs: noTransaction }
    const { errorCode, producerId, producerEpoch } = await connection.request(InitProducerId, request, {
      signal,
      timeoutMs,
    })
    const error = errorFor(errorCode, errorCode === 0 ? null : `${connection.broker} gives no producer id`)
    if (error !== null) throw error
    // Under these a broker takes batches for those of a producer without numbers, and drops no repeats.
    if (producerId < 0n || producerEpoch < 0)
      throw new ProtocolError(`${connection.broker}: producer id ${producerId} of epoch ${producerEpoch}, and no error`)
    return { id: producerId, epoch: producerEpoch }
  }
}
