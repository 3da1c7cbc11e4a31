import type { Clock } from '../../../src/base/clock.ts'
import type { Events } from '../events.ts'
import type { ConsumerEvents } from '../types/consumer.ts'
import type { ConsumerSettings } from './settings.ts'

/** Milliseconds; kafkajs asks those who would have no wait as fast as it can. */
const leastRest = 100

export interface SignsParts {
  readonly settings: ConsumerSettings
  readonly events: Events<ConsumerEvents>
  readonly clock: Clock
  /** Whether no handler is at work, nor waited for. */
  isIdle(): boolean
  brokerIds(): readonly number[]
  generation(): object
}

/**
 * FETCH_START, FETCH and HEARTBEAT, when kafkajs's own loop would come to them: programs take these events as the sign
 * that a consumer gets on. Heartbeats themselves go on whatever handlers do.
 */
export class Signs {
  readonly #parts: SignsParts
  /** The coordinator has answered a heartbeat since one was told of. */
  #heard = false
  #dueAt = 0
  readonly #asked = new Set<number>()
  /** A broker was asked since the last look. */
  #isFetching = false
  #cancel: () => void

  constructor(parts: SignsParts) {
    this.#parts = parts
    this.#cancel = this.#rest()
  }

  stop(): void {
    this.#cancel()
  }

  /** The coordinator has answered a heartbeat. */
  heard(): void {
    this.#heard = true
  }

  /** Something was handled, or there was nothing to handle. */
  gotOn(): void {
    const { events, clock, settings, generation } = this.#parts
    if (!this.#heard || !events.has('consumer.heartbeat')) return
    const now = clock.monotonic()
    if (now < this.#dueAt) return
    this.#dueAt = now + settings.heartbeatInterval
    this.#heard = false
    events.emit('consumer.heartbeat', generation())
  }

  asked(broker: number): void {
    this.#isFetching = true
    this.#asked.add(broker)
    this.#fetchStarts(broker)
  }

  answered(broker: number, duration: number): void {
    this.#asked.delete(broker)
    this.#fetched(broker, duration)
  }

  /** kafkajs waits as long as a broker would where there is nothing to fetch, and calls that a fetch. */
  #rest(): () => void {
    const { settings, clock, brokerIds, isIdle } = this.#parts
    const wait = Math.max(settings.maxWaitTimeInMs, leastRest)
    return clock.after(wait, () => {
      if (isIdle()) {
        if (!this.#isFetching && this.#asked.size === 0)
          for (const broker of brokerIds()) {
            this.#fetchStarts(broker)
            this.#fetched(broker, wait)
          }
        // It sends a heartbeat when a fetch has brought nothing, after as long.
        this.gotOn()
      }
      this.#isFetching = false
      this.#cancel = this.#rest()
    })
  }

  /** Brokers are told as texts here, as in kafkajs. */
  #fetchStarts(broker: number): void {
    this.#parts.events.emit('consumer.fetch_start', { nodeId: String(broker) })
  }

  #fetched(broker: number, duration: number): void {
    const payload = { numberOfBatches: 0, duration: Math.round(duration), nodeId: String(broker) }
    this.#parts.events.emit('consumer.fetch', payload)
  }
}
