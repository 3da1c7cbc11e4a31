import { type Backoff, backoffDelay } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import { IsoKafkaError, ProtocolError } from '../base/errors.ts'
import { sleep } from '../base/signals.ts'
import { errorFor } from '../protocol/errors.ts'
import { InitProducerId } from '../protocol/init-producer-id.ts'
import type { Cluster } from '../transport/cluster.ts'

/** Under which a broker recognises a producer's batches. Compared as an object: another epoch is another identity. */
export interface ProducerIdentity {
  readonly id: bigint
  readonly epoch: number
}

const lastEpoch = 0x7fff
/** What Java's producer asks for where no transaction will be. */
const noTransaction = 0x7fffffff

export interface ProducerIdsConfig {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly backoff: Backoff
  /** Bounds the search for a broker, and the request to it. */
  readonly timeoutMs: number
  /** There is an identity now, or none to be had: `error` is why. */
  onChange(error: Error | null): void
  /** Whether anyone still waits for one. */
  wanted(): boolean
}

/** The identity that batches are numbered under: asked for when first needed, and replaced when numbers can't go on. */
export class ProducerIdentities {
  /** Null until there is one; `want()` sees to it. */
  current: ProducerIdentity | null = null
  readonly #config: ProducerIdsConfig
  #asking = false
  readonly #closing = new AbortController()

  constructor(config: ProducerIdsConfig) {
    this.#config = config
  }

  /** Asks for an identity, until there is one or nobody wants it. */
  want(): void {
    if (this.current !== null || this.#asking || this.#closing.signal.aborted) return
    this.#asking = true
    this.#ask().then(
      identity => {
        this.#asking = false
        this.current = identity
        this.#config.onChange(null)
      },
      error => {
        this.#asking = false
        if (!this.#closing.signal.aborted) this.#config.onChange(error)
      },
    )
  }

  /**
   * Numbers under `identity` can't go on. A producer without transactions may bump its epoch by itself: brokers take the first batch of a newer
   * epoch if its number is 0. Partitions that fail together bump once.
   */
  bump(identity: ProducerIdentity | null): void {
    if (identity === null || this.current !== identity) return
    this.current = identity.epoch < lastEpoch ? { id: identity.id, epoch: identity.epoch + 1 } : null
  }

  /** `identity` is of no use any more, whatever its epoch: another id is needed. */
  replace(identity: ProducerIdentity | null): void {
    if (identity !== null && this.current?.id === identity.id) this.current = null
  }

  close(): void {
    this.#closing.abort()
  }

  async #ask(): Promise<ProducerIdentity> {
    const { cluster, clock, backoff, timeoutMs, wanted } = this.#config
    const { signal } = this.#closing
    for (let attempt = 1; ; attempt++) {
      try {
        const request = { transactionalId: null, transactionTimeoutMs: noTransaction }
        const connection = await cluster.connection('any', 'control', { signal, timeoutMs })
        const { errorCode, producerId, producerEpoch } = await connection.request(InitProducerId, request, { signal, timeoutMs })
        const error = errorFor(errorCode)
        if (error !== null) throw error
        // Under these a broker takes batches for those of a producer without numbers, and drops no repeats.
        if (producerId < 0n || producerEpoch < 0)
          throw new ProtocolError(`${connection.broker}: producer id ${producerId} of epoch ${producerEpoch}, and no error`)
        return { id: producerId, epoch: producerEpoch }
      } catch (error) {
        const hopeless = !(error instanceof IsoKafkaError) || !error.temporary
        if (hopeless || signal.aborted || !wanted()) throw error
        await sleep(backoffDelay(attempt, backoff), { signal, clock })
      }
    }
  }
}
