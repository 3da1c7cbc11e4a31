import { expect, test } from 'vitest'
import { AddPartitionsToTxn } from '../../../src/protocol/add-partitions-to-txn.ts'
import { ApiVersions } from '../../../src/protocol/api-versions.ts'
import { EndTxn } from '../../../src/protocol/end-txn.ts'
import { Stage, topic } from './stage.ts'

const levels = { first: 0, second: 2 } as const

/** A cluster whose `transaction.version` can be changed: connections made from then on are told. */
function changing(level: number) {
  const kafka = new Stage({ 'transaction.version': 2 })
  let told = level
  kafka.broker.control(ApiVersions, async (_request, { apply }) => {
    const answer = await apply()
    return {
      ...answer!,
      finalizedFeatures:
        told === 0 ? [] : [{ name: 'transaction.version', maxVersionLevel: told, minVersionLevel: told }],
    }
  })
  return {
    kafka,
    async change(to: number) {
      told = to
      // As when brokers are restarted: whoever is connected is told anew.
      kafka.broker.stopBroker(1)
      kafka.broker.startBroker(1)
    },
  }
}

test.each([
  ['first', 'second'],
  ['second', 'first'],
] as const)(
  'the cluster changes from the %s protocol to the %s: the next transaction keeps to that',
  async (...path) => {
    const { kafka, change } = changing(levels[path[0]])
    await using _ = kafka
    const writer = kafka.open()
    const added = kafka.watch(AddPartitionsToTxn, () => undefined)
    const epochs = kafka.watch(EndTxn, ({ producerEpoch }) => producerEpoch)
    let value = 0
    const expected: string[] = []
    for (const protocol of [...path, ...path]) {
      await change(levels[protocol])
      for (let round = 0; round < 3; round++) {
        const before = { added: added.length, ends: epochs.length }
        await writer.transaction(async tx => {
          await tx.writeMessages({ value: `${value}` })
          await tx.sendOffsets({ groupId: 'g' }, { [topic]: { 0: value } })
        })
        expected.push(`${value++}`)
        // The connection that is lost under the first request tells of the change: the next transaction knows.
        if (round === 0) continue
        expect(added.length - before.added).toBe(protocol === 'first' ? 1 : 0)
        const [last, ends] = [epochs.at(-2)!, epochs.at(-1)!]
        if (round === 2) expect(ends - last).toBe(protocol === 'first' ? 0 : 1)
      }
    }
    expect(await kafka.committed()).toEqual(expected)
    expect(await kafka.offset('g')).toBe(value - 1)
    expect(await kafka.isOpen()).toBe(false)
  },
)

test.each([
  ['first', 'second'],
  ['second', 'first'],
] as const)(
  'it changes from the %s to the %s while a transaction is open: that one keeps to its own',
  async (from, to) => {
    const { kafka, change } = changing(levels[from])
    await using _ = kafka
    const writer = kafka.open()
    for (const commit of [true, false]) {
      await change(levels[from])
      await writer.transaction(tx => tx.writeMessages({ value: 'before' }))
      const transaction = await writer.begin()
      await transaction.writeMessages({ value: commit ? 'a' : 'gone' })
      await change(levels[to])
      await transaction.writeMessages({ value: commit ? 'b' : 'gone' })
      await transaction.sendOffsets({ groupId: 'g' }, { [topic]: { 0: commit ? 1 : 2 } })
      await (commit ? transaction.commit() : transaction.abort())
      await writer.transaction(tx => tx.writeMessages({ value: 'after' }))
    }
    expect(await kafka.committed()).toEqual(['before', 'a', 'b', 'after', 'before', 'after'])
    expect(await kafka.offset('g')).toBe(1)
    expect(await kafka.isOpen()).toBe(false)
  },
)
