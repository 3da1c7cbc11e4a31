import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { KafkaError, Reader, WriteErrors, Writer } from '../../src/index.ts'
import { random } from '../../test/support/random.ts'
import { pause } from '../../test/support/waiting.ts'
import { full } from '../full.ts'
import type { KafkaCluster } from '../kafka/index.ts'
import { Scene } from './scene.ts'

/** What applications do. */
export function applications(kafka: () => KafkaCluster): void {
  test('10,000 calls at once to 50 topics, some aborted: all settle, and what resolved is there', async () => {
    await using scene = await Scene.open(kafka(), 'crowd', 1)
    const { client, transport } = scene
    const topics = Array.from({ length: 50 }, (_, n) => `crowd-${n}`)
    const { errors } = await client.createTopics({
      topics: topics.map(topic => ({ topic, numPartitions: 2, replicationFactor: 3 })),
    })
    expect(Object.values(errors).filter(error => error !== null)).toEqual([])
    // No layout is known yet, and there is room for a fraction of it all.
    const writer = new Writer({ addr: kafka().brokers, transport, maxBufferedBytes: 200_000, batchBytes: 50_000 })
    const next = random(37)
    const shared = new AbortController()
    const value = new Uint8Array(100)
    let aborted = 0
    const calls = Array.from({ length: 10_000 }, async (_, n): Promise<string | null> => {
      const topic = topics[n % topics.length]!
      const chance = next()
      const controller = chance < 0.05 ? new AbortController() : chance < 0.1 ? shared : undefined
      const options = controller === undefined ? {} : { signal: controller.signal }
      if (controller !== undefined && controller !== shared)
        setTimeout(() => controller.abort(new Error('enough')), next() * 300)
      const message = { topic, key: String(n), value }
      try {
        await (n % 2 === 0 ? writer.writeMessage(message, options) : writer.writeMessages(message, options))
        return `${topic} ${n}`
      } catch (error) {
        if (controller?.signal.aborted !== true) throw error
        aborted++
        return null
      }
    })
    setTimeout(() => shared.abort(new Error('enough')), 100)
    const written = (await Promise.all(calls)).filter(place => place !== null)
    await writer.close()
    const found = new Set<string>()
    let copies = 0
    for (const topic of topics) {
      for (const partition of [0, 1]) {
        for (let offset = 0; ; ) {
          const { records, highWatermark, error } = await client.fetch({
            topic,
            partition,
            offset,
            maxBytes: 8_000_000,
            maxWait: 0,
          })
          if (error !== null) throw error
          for (const message of records) {
            found.add(`${topic} ${String.fromCharCode(...message.key!)}`)
            copies++
            offset = message.offset + 1
          }
          if (offset >= highWatermark) break
        }
      }
    }
    expect(written.filter(place => !found.has(place))).toEqual([])
    expect(copies).toBe(found.size)
    expect(aborted, 'calls were aborted').toBeGreaterThan(20)
    console.log(`crowd: ${written.length} written, ${aborted} aborted, ${found.size} in the log`)
  }, 180_000)

  test('a topic is deleted and made anew under a reader and a writer: the reader says so, the writer goes on', {
    timeout: 120_000,
  }, async () => {
    await using scene = await Scene.open(kafka(), 'anew', 3)
    const { client, topic, transport } = scene
    const writer = new Writer({ addr: kafka().brokers, topic, transport, deliveryTimeout: 20_000 })
    const reader = new Reader({
      brokers: kafka().brokers,
      topic,
      partition: 0,
      transport,
      maxWait: 500,
      autoCommit: false,
    })
    const group = {
      groupId: topic,
      heartbeatInterval: 300,
      sessionTimeout: 6_000,
      rebalanceTimeout: 6_000,
      joinGroupBackoff: 200,
    }
    const member = new Reader({
      brokers: kafka().brokers,
      topic,
      transport,
      maxWait: 500,
      partitionWatchInterval: 1_000,
      autoCommit: true,
      ...group,
    })
    let era = 'old'
    let writing = true
    const failures: unknown[] = []
    const acknowledged = { old: 0, new: 0 }
    const write = async (): Promise<void> => {
      while (writing) {
        const now = era as 'old' | 'new'
        try {
          await writer.writeMessages(Array.from({ length: 30 }, () => ({ value: `${now} ` })))
          acknowledged[now] += 30
        } catch (error) {
          failures.push(error)
        }
        await pause(20)
      }
    }
    const got = { reader: [] as string[], member: [] as string[] }
    /** Offsets that the member was given of the new topic, by partition. */
    const fresh = [0, 1, 2].map(() => new Set<number>())
    const errors = { reader: [] as unknown[], member: [] as unknown[] }
    const read = async (name: 'reader' | 'member', from: Reader): Promise<void> => {
      for (;;) {
        try {
          for await (const message of from) {
            got[name].push(message.text().trim())
            if (name === 'member' && message.text() === 'new ') fresh[message.partition]!.add(message.offset)
          }
          return
        } catch (error) {
          errors[name].push(error)
          await pause(100)
        }
      }
    }
    const running = [write(), read('reader', reader), read('member', member)]
    await expect.poll(() => Math.min(got.reader.length, got.member.length), { timeout: 20_000 }).toBeGreaterThan(100)
    await client.deleteTopics({ topics: [topic] })
    era = 'new'
    await scene.createTopic()
    await expect.poll(() => acknowledged.new, { timeout: 25_000 }).toBeGreaterThan(300)
    // While the topic is away it says that, too; where to go on is a question once there is another.
    const isAnew = (error: unknown): boolean => /made anew/.test(String(error))
    await expect.poll(() => errors.reader.some(isAnew), { timeout: 20_000 }).toBe(true)
    // As documented: the application decides where to go on.
    reader.setOffset(0)
    await expect.poll(() => got.reader.filter(text => text === 'new').length, { timeout: 20_000 }).toBeGreaterThan(30)
    writing = false
    // A member begins anew by itself; nothing of the new topic is passed over for what was committed of the old one.
    await writer.close()
    const log = await scene.contents()
    const passedOver = (): number =>
      log.reduce(
        (sum, texts, partition) =>
          sum + texts.filter((text, offset) => text === 'new' && !fresh[partition]!.has(offset)).length,
        0,
      )
    await expect.poll(passedOver, { timeout: 20_000 }).toBe(0)
    const closed = performance.now()
    await Promise.all([reader.close(), member.close()])
    expect(performance.now() - closed).toBeLessThan(15_000)
    await Promise.all(running)
    expect(String(errors.reader[0])).toMatch(/deleted and made anew|UnknownTopic/i)
    for (const failure of failures) expect(failure instanceof WriteErrors || failure instanceof KafkaError).toBe(true)
    // Nothing of the old topic after something of the new one.
    expect(got.reader.lastIndexOf('old')).toBeLessThan(got.reader.indexOf('new'))
    console.log(
      `anew: ${acknowledged.old} + ${acknowledged.new} written, ${failures.length} failed calls, reader ${got.reader.length}, member ${got.member.length} (${got.member.filter(text => text === 'new').length} new)\nreader: ${[...new Set(errors.reader.map(String))].join('\n')}\nmember: ${[...new Set(errors.member.map(String))].join('\n')}\nwriter: ${[...new Set(failures.map(String))].join('\n')}`,
    )
  })

  test('everything is closed at moments of chance, on connections that die and nodes that stop: quickly, and the process ends', async () => {
    await using scene = await Scene.open(kafka(), 'closing', 3)
    const rounds = full ? 40 : 5
    const child = spawn(
      process.execPath,
      ['e2e/programs/closing.mjs', kafka().brokers.join(), scene.topic, '41', String(rounds)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    onTestFinished(() => void child.kill('SIGKILL'))
    let output = ''
    let saidAt = 0
    child.stdout.on('data', chunk => {
      output += chunk
      saidAt = performance.now()
    })
    const exit = once(child, 'exit')
    let ended = false
    void exit.then(() => {
      ended = true
    })
    for (let turn = 0; !ended; turn++) {
      const node = kafka().nodes[turn % 3]!
      await node.kill('SIGSTOP')
      await Promise.race([exit, pause(1_500)])
      await node.kill('SIGCONT')
      await Promise.race([exit, pause(1_500)])
    }
    const [code] = await exit
    const lingered = performance.now() - saidAt
    console.log(`closing: ended ${Math.round(lingered)} ms after the last close; ${output.trim()}`)
    expect(code).toBe(0)
    expect(lingered).toBeLessThan(3_000)
    const { slowest, tally, unhandled } = JSON.parse(output)
    expect(unhandled).toEqual([])
    expect(tally.deaths, 'connections died').toBeGreaterThan(rounds)
    expect(tally.written).toBeGreaterThan(0)
    // As closing.mjs sets them, and room for the box: the writer's deliveryTimeout; nothing for a reader alone; twice
    // the group's timeout beside its rebalanceTimeout; the 5 s that a transport gives its connections.
    const [room, deliveryTimeout, timeout, rebalanceTimeout, closing] = [2_000, 4_000, 2_000, 4_000, 5_000]
    expect(slowest.writer).toBeLessThan(deliveryTimeout + room)
    expect(slowest.reader).toBeLessThan(room)
    expect(slowest.member).toBeLessThan(2 * timeout + rebalanceTimeout + room)
    expect(slowest.client).toBeLessThan(closing + room)
    expect(slowest.transport).toBeLessThan(closing + room)
  }, 400_000)
}
