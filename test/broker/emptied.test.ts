import { expect, test } from 'vitest'
import { replicated } from './replicated.ts'

test('a broker that comes back empty copies all from the leader', async () => {
  await replicated({}, async cluster => {
    const { broker } = cluster
    const writer = cluster.writer()
    await writer.writeMessages([{ value: 'a' }, { value: 'b' }])
    broker.crashBroker(1)
    await writer.writeMessages({ value: 'c' })
    broker.startBroker(1, { empty: true })
    broker.crashBroker(2)
    broker.crashBroker(3)
    await writer.writeMessages({ value: 'd' })
    expect(await cluster.texts()).toEqual(['a', 'b', 'c', 'd'])
  })
})

test('one that was not in sync does not lead, empty or not, before the last that was is back', async () => {
  await replicated({}, async cluster => {
    const { broker } = cluster
    const writer = cluster.writer()
    await writer.writeMessages({ value: 'a' })
    for (const id of [3, 1, 2]) broker.crashBroker(id)
    broker.startBroker(3, { empty: true })
    expect(await cluster.layout()).toMatchObject({ leader: -1 })
    broker.startBroker(2)
    expect(await cluster.texts()).toEqual(['a'])
  })
})

test('the only one that was in sync leads nothing when it comes back empty', async () => {
  await replicated({}, async cluster => {
    const { broker } = cluster
    const writer = cluster.writer()
    broker.crashBroker(2)
    broker.crashBroker(3)
    await writer.writeMessages([{ value: 'a' }, { value: 'b' }])
    broker.crashBroker(1)
    broker.startBroker(2)
    broker.startBroker(1, { empty: true })
    await writer.writeMessages({ value: 'c' })
    expect(await cluster.texts()).toEqual(['c'])
  })
})
