import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { parseAddress } from '../../src/base/address.ts'
import { Broker } from '../../src/broker/index.ts'
import { concat } from '../../src/bytes/writer.ts'
import { requestFrame } from '../../src/protocol/headers.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import type { Socket } from '../../src/socket/socket.ts'
import { type Ground, topicName } from './attacks.ts'

/** Whole answers and their bytes, nothing of them looked at. */
export class Answers {
  readonly #socket: Socket
  #left = 0
  #head: number[] = []

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Waits for an answer, and tells its bytes; null when the broker hung up. */
  async next(): Promise<number | null> {
    for (;;) {
      const chunk = await this.#socket.read().catch(() => null)
      if (chunk === null) return null
      let at = 0
      while (this.#left === 0 && this.#head.length < 4 && at < chunk.length) this.#head.push(chunk[at++]!)
      if (this.#head.length < 4) continue
      if (this.#left === 0) this.#left = new DataView(Uint8Array.from(this.#head).buffer).getInt32(0)
      this.#left -= chunk.length - at
      if (this.#left > 0) continue
      const size = new DataView(Uint8Array.from(this.#head).buffer).getInt32(0)
      this.#head = []
      this.#left = 0
      return size
    }
  }
}

/** A broker with so much in it. */
export async function groundOf({
  topics = 0,
  partitions = 1,
  groups = 0,
  transactions = 0,
  config,
}: Ground): Promise<Broker> {
  const names = Array.from({ length: topics }, (_, index) => ({ name: topicName(index), partitions }))
  const broker = new Broker({ natives, topics: names, autoCreateTopics: true, ...config })
  const socket = await dial(broker)
  const answers = new Answers(socket)
  for (let index = 0; index < groups; index++) {
    const topic = {
      name: topicName(0),
      partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }],
    }
    const request = { groupId: `g${index}`, generationIdOrMemberEpoch: -1, memberId: '', topics: [topic] }
    await socket.write(requestFrame(OffsetCommit, 8, 1, null, request))
    await answers.next()
  }
  for (let index = 0; index < transactions; index++) {
    const request = { transactionalId: `x${index}`, transactionTimeoutMs: 60_000 }
    await socket.write(requestFrame(InitProducerId, 4, 1, null, request))
    await answers.next()
  }
  socket.abort()
  return broker
}

export function dial(broker: Broker): Promise<Socket> {
  return memory(broker, natives).dial(parseAddress(broker.address(1)), {})
}

/**
 * The longest that nothing else had its turn while a task was under way, in milliseconds. Of the processor's time: what
 * else runs on the machine takes its own.
 */
export async function longestTurn<T>(task: () => Promise<T>): Promise<{ milliseconds: number; result: T }> {
  let longest = 0
  let done = false
  let last = performance.now()
  let spent = process.cpuUsage()
  const look = (): void => {
    const now = performance.now()
    const { user, system } = process.cpuUsage(spent)
    longest = Math.max(longest, Math.min(now - last, (user + system) / 1000))
    last = now
    spent = process.cpuUsage()
  }
  const watch = (): void => {
    look()
    if (!done) setImmediate(watch)
  }
  setImmediate(watch)
  await new Promise(resolve => setImmediate(resolve))
  const result = await task()
  done = true
  look()
  return { milliseconds: longest, result }
}

/** Sends frames one after the other; how long the last one, its answer included, held up everything, at the longest. */
export async function strike(
  broker: Broker,
  frames: readonly Uint8Array[],
): Promise<{ milliseconds: number; whole: number; answer: number | null }> {
  const socket = await dial(broker)
  const answers = new Answers(socket)
  for (const frame of frames.slice(0, -1)) {
    await socket.write([frame])
    await answers.next()
  }
  const last = concat([frames.at(-1)!])
  const from = performance.now()
  const { milliseconds, result } = await longestTurn(async () => {
    await socket.write([last])
    return answers.next()
  })
  socket.abort()
  return { milliseconds, whole: performance.now() - from, answer: result }
}
