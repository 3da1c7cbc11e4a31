// A Durable Object for each partition of a topic of orders. It adds up their amounts, and keeps its Reader, sockets and all, from one event to
// the next. GET /0 answers how far partition 0 is, and sets its object going.
import { DurableObject } from 'cloudflare:workers'
import { FirstOffset, Reader } from 'isokafka'

interface Env {
  /** host:port,host:port… */
  readonly KAFKA_BROKERS: string
  readonly KAFKA_TOPIC: string
  readonly PARTITIONS: DurableObjectNamespace<PartitionConsumer>
}

/** The sum and the offset it stands for are stored as one: every order counts exactly once, whenever the object is evicted. */
interface Progress {
  /** Of the next message. */
  readonly offset: number
  readonly orders: number
  readonly amount: number
}

/** How long one alarm reads before it stores its progress, in milliseconds. */
const readFor = 500
const pauseAfterError = 5_000

export class PartitionConsumer extends DurableObject<Env> {
  #reader: Reader | undefined

  /** How far it is. Sets it going, if it isn't. */
  async progress(partition: number): Promise<Progress> {
    await this.ctx.storage.put('partition', partition)
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now())
    return this.#stored()
  }

  override async alarm(): Promise<void> {
    let pause = 0
    try {
      await this.ctx.storage.put('progress', await this.#read(await this.#stored()))
    } catch (error) {
      console.error(error)
      pause = pauseAfterError
      // The next one begins at the offset that is stored: a message that can't be counted is met again, and passed over by nobody.
      await this.#reader?.close()
      this.#reader = undefined
    }
    await this.ctx.storage.setAlarm(Date.now() + pause)
  }

  async #read({ offset, orders, amount }: Progress): Promise<Progress> {
    this.#reader ??= await this.#open(offset)
    const enough = AbortSignal.timeout(readFor)
    try {
      for (;;) {
        const message = await this.#reader.fetchMessage({ signal: enough })
        offset = message.offset + 1
        orders++
        amount += JSON.parse(message.text()).amount
      }
    } catch (error) {
      if (!enough.aborted) throw error
      return { offset, orders, amount }
    }
  }

  async #open(offset: number): Promise<Reader> {
    const { KAFKA_BROKERS, KAFKA_TOPIC } = this.env
    const partition = await this.ctx.storage.get<number>('partition')
    const reader = new Reader({ brokers: KAFKA_BROKERS.split(','), topic: KAFKA_TOPIC, partition })
    await reader.setOffset(offset)
    return reader
  }

  async #stored(): Promise<Progress> {
    return (await this.ctx.storage.get<Progress>('progress')) ?? { offset: FirstOffset, orders: 0, amount: 0 }
  }
}

export default {
  async fetch(request, env) {
    const [, partition] = /^\/(\d+)$/.exec(new URL(request.url).pathname) ?? []
    if (partition === undefined) return new Response('GET /0 for partition 0\n', { status: 404 })
    return Response.json(await env.PARTITIONS.getByName(partition).progress(Number(partition)))
  },
} satisfies ExportedHandler<Env>
