import { expect, test } from 'vitest'
import { adapter } from '../../adapters/node/index.ts'
import { Compression, RequiredAcks, Transport, Writer } from '../../src/index.ts'
import { chaosAdapter } from '../../test/support/chaos-adapter.ts'
import { random } from '../../test/support/random.ts'
import { pause } from '../../test/support/waiting.ts'
import { full } from '../full.ts'
import type { KafkaCluster } from '../kafka/index.ts'
import { audit, byLane, Load, nothingWrong } from './load.ts'
import { GroupBooks, GroupMember } from './members.ts'
import { roughAdapter } from './rough-adapter.ts'
import { Scene } from './scene.ts'

const lanes = 12
const partitions = 6

/** What a bad network may do to writers and readers. */
export function badNetwork(kafka: () => KafkaCluster): void {
  test('connections that die after 0.3–1.5 s: a writer and a group get everything through, once and in order', async () => {
    await using scene = await Scene.open(kafka(), 'dying-connections', partitions)
    const network = roughAdapter(adapter, { seed: 7, lifeMs: [300, 1500] })
    const transport = new Transport({ adapter: network })
    const writer = new Writer({ addr: kafka().brokers, topic: scene.topic, transport, balancer: byLane })
    const books = new GroupBooks(partitions)
    const config = { brokers: kafka().brokers, groupId: scene.topic, topic: scene.topic }
    const members = [1, 2].map(n => new GroupMember(`member ${n}`, books, config, { adapter: network }).start())
    const load = new Load(writer, { lanes }).start()
    await pause(full ? 60_000 : 4_000)
    await load.stop()
    // The group is to keep up while the network stays as bad.
    await expect.poll(() => books.distinct, { timeout: 30_000 }).toBe(load.attempted.size)
    const { retries } = writer.stats()
    await writer.close()
    await Promise.all(members.map(member => member.close()))
    await transport.close()

    expect(load.failures).toEqual([])
    expect(audit(load, await scene.contents())).toEqual(nothingWrong)
    expect(books.faults).toEqual([])
    expect(audit(load, books.log())).toEqual(nothingWrong)
    expect(network.deaths, 'connections died').toBeGreaterThan(5)
    expect(retries, 'writes were hit').toBeGreaterThan(0)
    console.log(
      `dying connections: ${load.acknowledged.size} messages, ${network.deaths} deaths, ${retries} retries, ${books.redelivered} redelivered, ${books.generations} generations, slowest call ${Math.round(load.slowest)} ms`,
    )
  }, 120_000)

  test('answers to produce requests that are lost: sequences go on, nothing is there twice', async () => {
    await using scene = await Scene.open(kafka(), 'lost-answers', partitions)
    const network = chaosAdapter(adapter, { seed: 11, loseProduceAnswer: full ? 0.1 : 0.3 })
    const transport = new Transport({ adapter: network })
    const writer = new Writer({ addr: kafka().brokers, topic: scene.topic, transport, balancer: byLane })
    const load = new Load(writer, { lanes, pauseMs: 1 })
    await load.write(full ? 20_000 : 500)
    const { retries } = writer.stats()
    await writer.close()
    await transport.close()

    expect(load.failures).toEqual([])
    expect(load.acknowledged.size).toBe(load.attempted.size)
    expect(audit(load, await scene.contents())).toEqual(nothingWrong)
    expect(network.faults, 'answers were lost').toBeGreaterThan(2)
    console.log(`lost answers: ${load.acknowledged.size} messages, ${network.faults} answers lost, ${retries} retries`)
  }, 120_000)

  test('every read and write 100 ms late and in pieces: slow, and all there', async () => {
    await using scene = await Scene.open(kafka(), 'slow-network', partitions)
    const network = roughAdapter(adapter, { seed: 13, delayMs: 100, pieceBytes: 700 })
    const transport = new Transport({ adapter: network })
    const writer = new Writer({ addr: kafka().brokers, topic: scene.topic, transport, balancer: byLane })
    const books = new GroupBooks(partitions)
    const config = { brokers: kafka().brokers, groupId: scene.topic, topic: scene.topic }
    const member = new GroupMember('member', books, config, { adapter: network }).start()
    const load = new Load(writer, { lanes })
    // So slow a network carries some 3 KB a second on each connection.
    await load.write(full ? 700 : 100)
    await expect.poll(() => books.distinct, { timeout: 90_000 }).toBe(load.attempted.size)
    const { retries } = writer.stats()
    await writer.close()
    await member.close()
    await transport.close()

    expect(load.failures).toEqual([])
    expect(retries, 'late is not lost').toBe(0)
    expect(audit(load, await scene.contents())).toEqual(nothingWrong)
    expect(books.faults).toEqual([])
    expect(audit(load, books.log())).toEqual(nothingWrong)
    expect(network.pieces).toBeGreaterThan(100)
    console.log(
      `slow network: ${load.acknowledged.size} messages in ${network.pieces} pieces, slowest call ${Math.round(load.slowest)} ms`,
    )
  }, 180_000)

  for (const requiredAcks of [RequiredAcks.None, RequiredAcks.One]) {
    test(`acks ${requiredAcks}, gzip, large messages, connections cut in the middle of writes: nothing made up, nothing out of order`, async () => {
      await using scene = await Scene.open(kafka(), `acks-${requiredAcks}`, partitions)
      const network = chaosAdapter(adapter, {
        seed: 17,
        killAfterBytes: [300_000, 4_000_000],
        mostFaults: full ? 100 : 12,
      })
      const transport = new Transport({ adapter: network })
      const settings = { requiredAcks, compression: Compression.Gzip, balancer: byLane, transport, topic: scene.topic }
      const writer = new Writer({ addr: kafka().brokers, ...settings })
      const load = new Load(writer, { lanes: partitions, callSize: 1, pauseMs: 1, window: 3, filler: noise(900_000) })
      await load.write(full ? 60 : 8)
      await writer.close()
      await transport.close()

      // Without acks all, what is acknowledged is readable a moment later.
      const everything = requiredAcks === RequiredAcks.One
      if (everything)
        await expect.poll(async () => audit(load, await scene.contents()).lost, { timeout: 20_000 }).toEqual([])
      const { lost, unexpected, duplicates, disorder } = audit(load, await scene.contents())
      expect(unexpected).toEqual([])
      // A batch that was written and whose answer was lost comes again, without idempotence; never may a later one be
      // overtaken.
      expect(disorder).toEqual([])
      if (!everything)
        expect(lost.length, 'acks 0 may lose what was under way when a connection died').toBeLessThan(
          load.attempted.size / 2,
        )
      expect(network.faults, 'connections died').toBeGreaterThan(2)
      console.log(
        `acks ${requiredAcks}: ${load.acknowledged.size} of ${load.attempted.size}, ${network.faults} cuts, ${lost.length} lost, ${duplicates.length} twice`,
      )
    }, 300_000)
  }

  test('900 KB messages through connections that die: idempotent, each there once', async () => {
    await using scene = await Scene.open(kafka(), 'large-messages', partitions)
    const network = roughAdapter(adapter, { seed: 19, lifeMs: [300, 1500] })
    const transport = new Transport({ adapter: network })
    const writer = new Writer({ addr: kafka().brokers, topic: scene.topic, transport, balancer: byLane })
    const load = new Load(writer, {
      lanes: partitions,
      callSize: 1,
      pauseMs: 1,
      window: 3,
      filler: ' '.repeat(900_000),
    }).start()
    await pause(full ? 30_000 : 2_500)
    await load.stop()
    await writer.close()
    await transport.close()
    expect(load.failures).toEqual([])
    expect(audit(load, await scene.contents())).toEqual(nothingWrong)
    expect(network.deaths, 'connections died').toBeGreaterThan(2)
    console.log(
      `large messages: ${load.acknowledged.size} of 900 KB, ${network.deaths} deaths, slowest call ${Math.round(load.slowest)} ms`,
    )
  }, 120_000)
}

/** Text that gzip makes half of. */
function noise(length: number): string {
  const next = random(23)
  return Array.from({ length: length / 10 }, () =>
    Math.floor(next() * 1e10)
      .toString()
      .padStart(10, '0'),
  ).join('')
}
