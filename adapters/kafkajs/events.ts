import { messageOf } from '../../src/base/errors.ts'
import { KafkaJSNonRetriableError } from './errors.ts'
import type { Logger } from './types/common.ts'

// One count for all clients of a program, as in kafkajs.
let count = 0

type Listener = (event: never) => unknown

/** Who listens to what happens in one client. */
export class Events<Names extends Record<string, string>> {
  readonly names: Names
  readonly #client: string
  readonly #logger: Logger
  readonly #listeners = new Map<string, Set<{ readonly call: Listener }>>()

  /** `client` is what the client's variable is called in errors: `producer`, `consumer`, `admin`. */
  constructor(client: string, names: Names, logger: Logger) {
    this.#client = client
    this.names = names
    this.#logger = logger
  }

  /** Whether anybody listens: what is costly to tell is told to nobody otherwise. */
  has(name: string): boolean {
    return this.#listeners.has(name)
  }

  emit(name: string, payload?: unknown): void {
    const listeners = this.#listeners.get(name)
    if (listeners === undefined) return
    const event = { id: count++, type: name, timestamp: Date.now(), payload }
    for (const listener of [...listeners]) void this.#call(name, listener.call, event as never)
  }

  /** Adds a listener; the answer removes it. Throws a KafkaJSNonRetriableError for a name that there isn't. */
  on(name: string, call: Listener): () => void {
    if (!Object.values(this.names).includes(name))
      throw new KafkaJSNonRetriableError(
        `Event name should be one of ${Object.keys(this.names)
          .map(key => `${this.#client}.events.${key}`)
          .join(', ')}`,
      )
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    const listener = { call }
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#listeners.delete(name)
    }
  }

  async #call(eventName: string, call: Listener, event: never): Promise<void> {
    try {
      await call(event)
    } catch (error) {
      this.#logger.error(`Failed to execute listener: ${messageOf(error)}`, {
        eventName,
        stack: (error as Error | undefined)?.stack,
      })
    }
  }
}
