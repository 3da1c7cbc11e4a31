import { expect, test } from 'vitest'
import { FirstOffset, type Message, Reader, run } from '../../src/index.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { open } from '../broker/open.ts'
import { random } from '../support/random.ts'
import { pause } from '../support/waiting.ts'

const partitions = 4
const each = 150

// Members come and go while handlers take their time, fail and are tried again: what is committed is finished, all of
// it, and in the end everything is.
test.each([1, 2, 3, 4])('no commit passes over what is not finished; seed %i', { timeout: 60_000 }, async seed => {
  const next = random(seed)
  const order = seed % 2 === 0 ? 'key' : 'partition'
  const { broker, client, writer, adapter, transport } = open({ topics: [{ name: 't', partitions }] })
  await writer({ topic: 't' }).writeMessages(
    Array.from({ length: partitions * each }, (_, i) => ({
      partition: i % partitions,
      key: `${i % 7}`,
      value: `${i}`,
    })),
  )
  const { topics } = await client.metadata({ topics: ['t'] })
  expect(topics[0]!.partitions.length).toBe(partitions)
  const finished = Array.from({ length: partitions }, () => new Set<number>())
  const tooHigh: string[] = []
  broker.control(OffsetCommit, ({ topics }) => {
    for (const { partitionIndex, committedOffset } of topics[0]!.partitions)
      for (let offset = 0; offset < committedOffset; offset++)
        if (!finished[partitionIndex]!.has(offset)) tooHigh.push(`${partitionIndex}: ${committedOffset}, not ${offset}`)
    return undefined
  })
  const handle = async ({ partition, offset }: Message): Promise<void> => {
    if (next() < 0.5) await pause(next() * 6)
    if (next() < 0.05) throw new Error('again')
    finished[partition]!.add(offset)
  }
  const isDone = (): boolean => tooHigh.length > 0 || finished.every(({ size }) => size === each)
  const live = async (lifetime: number): Promise<void> => {
    const brokers = broker.addresses
    await using reader = new Reader({
      brokers,
      topic: 't',
      groupId: 'g',
      transport: transport({ adapter }),
      startOffset: FirstOffset,
      heartbeatInterval: 20,
      rebalanceTimeout: 2_000,
      joinGroupBackoff: 20,
      maxWait: 50,
    })
    const stop = new AbortController()
    const running = run(reader, handle, {
      concurrency: 5,
      order,
      maxAttempts: Number.POSITIVE_INFINITY,
      backoffMin: 1,
      backoffMax: 5,
      maxInHand: 16,
      signal: stop.signal,
    })
    for (let waited = 0; waited < lifetime && !isDone(); waited += 20) await pause(20)
    stop.abort()
    await running
  }
  const member = async (): Promise<void> => {
    while (!isDone()) await live(100 + next() * 500)
  }
  await Promise.all([member(), member(), member()])
  expect(tooHigh).toEqual([])
  const offsets = await client.consumerOffsets({ groupId: 'g', topic: 't' })
  for (const [, offset] of offsets) expect(offset).toBeLessThanOrEqual(each)
})
