import { TimeoutError } from '../../../src/base/errors.ts'
import type { WrittenMessage } from '../../../src/writer/config.ts'
import { UnknownOutcomeError, WriteErrors } from '../../../src/writer/errors.ts'
import { Writer } from '../../../src/writer/writer.ts'
import type { Sent } from '../history.ts'
import { nameOf } from '../history.ts'
import { topic, type World } from '../world.ts'
import type { Running, Workload } from './workload.ts'

export const deliveryTimeout = 20_000
/** Above it: the write that a request of the last moment may still take. */
const patience = deliveryTimeout + 12_000

/** A writer that writes now one message, now several, and does not always wait for the last before the next. */
function writer(name: string, acks: 'all' | 'one', idempotent: boolean): Workload {
  return { name, role: 'writes', start: (world, host) => new Writing(world, host, acks, idempotent) }
}

class Writing implements Running {
  readonly hosts
  readonly #world: World
  readonly #acks: 'all' | 'one'
  readonly #idempotent: boolean
  readonly #writer: Writer
  readonly #close: () => Promise<void>
  #number = 0
  #stopping = false
  readonly #working: Promise<unknown>

  constructor(world: World, name: string, acks: 'all' | 'one', idempotent: boolean) {
    const host = world.host(name)
    this.hosts = [host]
    this.#world = world
    this.#acks = acks
    this.#idempotent = idempotent
    const transport = host.transport({ dialTimeout: 3_000, requestTimeout: 8_000 })
    this.#writer = new Writer({
      addr: [...world.addresses],
      topic,
      transport,
      requiredAcks: acks,
      idempotent,
      deliveryTimeout,
      writeTimeout: 8_000,
      // Little room, so that batches fill up and calls wait.
      batchBytes: 1_000,
      maxBufferedBytes: 2_000,
      completion: (messages, error) => this.#settled(messages, error),
    })
    this.#close = () => transport.close()
    this.#working = this.#work()
  }

  get #host() {
    return this.hosts[0]!
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#working
    await this.#world.history.call(this.#host.name, 'writer.close()', patience, this.#writer.close())
    await this.#close()
  }

  excess(): string | undefined {
    const { bufferedBytes } = this.#writer.stats() as { bufferedBytes?: number }
    return (bufferedBytes ?? 0) > 2_000 + 1_000 ? `${bufferedBytes} bytes buffered` : undefined
  }

  async #work(): Promise<void> {
    const { history } = this.#world
    const chance = this.#host.chance('work')
    const open = new Set<Promise<void>>()
    while (!this.#stopping) {
      const values = Array.from({ length: chance.is(0.7) ? 1 : chance.whole(2, 12) }, () => this.#next())
      const keyed = chance.is(0.5)
      const messages = values.map(value => ({ value, ...(keyed && { key: `key ${chance.whole(0, 9)}` }) }))
      const call = history
        .call(this.#host.name, 'writeMessages()', 2 * patience, this.#writer.writeMessages(messages))
        .catch(error => this.#refused(values, error))
        .finally(() => open.delete(call))
      open.add(call)
      if (chance.is(0.5) || open.size > 20) await call
      await this.#host.sleep(chance.wait(400))
    }
    await Promise.all(open)
  }

  #next(): string {
    const { history, clock } = this.#world
    const number = this.#number++
    const value = `${this.#host.name}#${number}`
    const at = clock.monotonic()
    history.sent.set(value, {
      writer: this.#host.name,
      value,
      topic,
      number,
      acks: this.#acks,
      idempotent: this.#idempotent,
      at,
      outcome: 'open',
      partition: -1,
      offset: -1,
      settledAt: -1,
    })
    return value
  }

  /** What no batch was made of, be it that the topic's partitions were not to be had, has no completion. */
  #refused(values: readonly string[], error: unknown): void {
    const { history, clock } = this.#world
    history.note(`${this.#host.name}: write failed: ${nameOf(error)}`)
    for (const value of values) {
      const sent = history.sent.get(value)!
      if (sent.outcome !== 'open') continue
      sent.outcome = 'failed'
      sent.settledAt = clock.monotonic()
    }
  }

  #settled(messages: readonly WrittenMessage[], error: Error | null): void {
    const { history, clock } = this.#world
    for (const { value, partition, offset } of messages) {
      const sent = history.sent.get(String(value)) as Sent
      sent.outcome = error === null ? 'acked' : mayBeWritten(error) ? 'unknown' : 'failed'
      sent.partition = partition
      sent.offset = error === null ? offset : -1
      sent.settledAt = clock.monotonic()
    }
    const first = messages[0]!
    const what = `${messages.length} to ${first.partition}`
    history.note(`${this.#host.name}: ${what} ${error === null ? `acked at ${first.offset}` : nameOf(error)}`)
  }
}

/** A writer must say of a batch that may have been written. */
function mayBeWritten(error: unknown): boolean {
  if (error instanceof WriteErrors) return error.errors.some(each => each !== null && mayBeWritten(each))
  return error instanceof UnknownOutcomeError || (error instanceof TimeoutError && error.sent)
}

export const idempotentWriter = writer('idempotent writer', 'all', true)
export const plainWriter = writer('writer', 'all', false)
export const leaderWriter = writer('writer with acks of the leader', 'one', false)
