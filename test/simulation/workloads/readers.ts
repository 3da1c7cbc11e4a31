import { ErrorCode, KafkaError } from '../../../src/protocol/errors.ts'
import { FirstOffset } from '../../../src/protocol/offsets.ts'
import { Reader } from '../../../src/reader/reader.ts'
import type { Message } from '../../../src/records/message.ts'
import { topic, type World } from '../world.ts'
import type { Running, Workload } from './workload.ts'

const patience = 30_000

/** Reads every partition without a group, from the start; now and then it goes elsewhere, pauses, and goes on. */
class Reading implements Running {
  readonly hosts
  readonly #world: World
  readonly #reader: Reader
  readonly #close: () => Promise<void>
  /** Begins anew with each move, of a partition each. */
  readonly #moves = new Map<number, number>()
  readonly #working: Promise<unknown>
  #stopping = false

  constructor(world: World, name: string, restless: boolean) {
    const host = world.host(name)
    this.hosts = [host]
    this.#world = world
    const transport = host.transport({ dialTimeout: 3_000, requestTimeout: 8_000 })
    this.#reader = new Reader({
      brokers: [...world.addresses],
      topic,
      startOffset: FirstOffset,
      transport,
      maxWait: 2_000,
    })
    this.#close = () => transport.close()
    this.#working = Promise.all([this.#read(), restless && this.#move()])
  }

  get #host() {
    return this.hosts[0]!
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#world.history.call(this.#host.name, 'reader.close()', patience, this.#reader.close())
    await this.#working
    await this.#close()
  }

  async #read(): Promise<void> {
    while (!this.#stopping) {
      try {
        for await (const message of this.#reader) this.#take(message)
      } catch (error) {
        this.#world.history.complain(this.#host.name, error)
        this.#beginAnew(error)
        await this.#host.sleep(500)
      }
    }
  }

  /** A place in a topic that was made anew means nothing: it is for the program to say where to go on. */
  #beginAnew(error: unknown): void {
    if (!(error instanceof KafkaError) || error.code !== ErrorCode.OffsetOutOfRange) return
    for (const { partition } of this.#reader.stats().troubles) this.#seek(partition, 'earliest')
  }

  #seek(partition: number, target: number | 'earliest'): void {
    const { history } = this.#world
    this.#moves.set(partition, (this.#moves.get(partition) ?? 0) + 1)
    if (typeof target === 'number')
      history.moves.set(`${this.#host.name} ${partition} ${this.#moves.get(partition)}`, target)
    history.note(`${this.#host.name}: seeks ${partition}/${target}`)
    this.#reader.seek(topic, partition, target)
  }

  #take(message: Message): void {
    const { partition } = message
    this.#world.history.handed(message, {
      reader: this.#host.name,
      group: '',
      generation: 0,
      stint: this.#moves.get(partition) ?? 0,
    })
  }

  async #move(): Promise<void> {
    const chance = this.#host.chance('moves')
    const { history } = this.#world
    let lives = 0
    while (!this.#stopping) {
      await this.#host.sleep(chance.wait(2_000))
      const parts = this.#reader.stats().partitions
      if (parts.length === 0 || this.#stopping) continue
      // It may have gone to a place of the old topic in the new one, and would miss what is before it.
      if (lives !== history.formerLogs.length) {
        lives = history.formerLogs.length
        for (const { partition } of parts) this.#seek(partition, 'earliest')
        continue
      }
      const { partition, offset } = chance.pick(parts)
      if (chance.is(0.3)) {
        this.#reader.pause([{ topic, partition }])
        await this.#host.sleep(chance.wait(1_000))
        if (!this.#stopping) this.#reader.resume([{ topic, partition }])
        continue
      }
      this.#seek(partition, chance.is(0.3) ? 'earliest' : chance.whole(0, Math.max(0, offset)))
    }
  }
}

export const steadyReader: Workload = {
  name: 'reader',
  role: 'reads',
  start: (world, name) => new Reading(world, name, false),
}
export const restlessReader: Workload = {
  name: 'restless reader',
  role: 'reads',
  start: (world, name) => new Reading(world, name, true),
}
