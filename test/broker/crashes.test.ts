import { describe, expect, test } from 'vitest'
import { random } from '../support/random.ts'
import { thrown } from '../support/waiting.ts'
import { replicated } from './replicated.ts'

describe('an idempotent Writer', () => {
  test('goes on after a truncation', async () => {
    await replicated({}, async cluster => {
      const { broker } = cluster
      const writer = cluster.writer()
      await writer.writeMessages({ value: 'a' })
      const release = broker.holdReplica(2)
      const later = ['b', 'c', 'd'].map(value => writer.writeMessages({ value }))
      await cluster.world.sleep(100)
      broker.crashBroker(1)
      release()
      await Promise.all(later)
      expect(await cluster.texts()).toEqual(['a', 'b', 'c', 'd'])
    })
  })

  test.each([1, 2, 3, 4, 5, 6])(
    'loses and doubles nothing it was told is written, whatever befalls brokers; seed %i',
    async seed => {
      await replicated({}, async cluster => {
        const { broker, world } = cluster
        const chance = random(seed)
        const any = (): number => 1 + Math.floor(chance() * 3)
        const acknowledged: string[] = []
        const writer = cluster.writer({ deliveryTimeout: 600_000 })
        const writes: Promise<void>[] = []
        let releases: (() => void)[] = []
        const read: string[] = []
        const reader = cluster.reader()
        const reading = (async () => {
          for await (const message of reader) read.push(message.text() ?? '')
        })()
        for (let i = 0; i < 60; i++) {
          for (let n = 0; n < 3; n++) {
            const value = `${i}.${n}`
            const written = writer.writeMessages({ value }).then(() => void acknowledged.push(value))
            writes.push(written.catch(() => {}))
          }
          const what = chance()
          if (what < 0.3) releases.push(broker.holdReplica(any()))
          else if (what < 0.45) {
            for (const release of releases) release()
            releases = []
          } else if (what < 0.6) broker.crashBroker(any())
          else if (what < 0.68) broker.stopBroker(any())
          // One that is stopped, or not in sync, is refused.
          else if (what < 0.76) thrown(() => broker.moveLeader('t', 0, any()))
          else for (const id of [1, 2, 3]) if (chance() < 0.6) broker.startBroker(id)
          await world.sleep(chance() * 12_000)
        }
        for (const release of releases) release()
        for (const id of [1, 2, 3]) broker.startBroker(id)
        await Promise.all(writes)
        const texts = await cluster.texts()
        await world.until('all is read', () => read.length >= texts.length, 60_000)
        await reader.close()
        await reading
        expect(read).toEqual(texts)
        expect(acknowledged.length).toBeGreaterThan(100)
        expect(new Set(texts).size).toBe(texts.length)
        expect(acknowledged.filter(value => !texts.includes(value))).toEqual([])
        expect(texts).toEqual([...texts].sort((a, b) => order(a) - order(b)))
      })
    },
    60_000,
  )
})

function order(value: string): number {
  const [i, n] = value.split('.').map(Number)
  return i! * 10 + n!
}
