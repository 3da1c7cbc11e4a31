import { describe, expect, test } from 'vitest'
import { ClosedError } from '../../../src/base/errors.ts'
import { EndTxn } from '../../../src/protocol/end-txn.ts'
import { InitProducerId } from '../../../src/protocol/init-producer-id.ts'
import { Produce } from '../../../src/protocol/produce.ts'
import { UnknownOutcomeError } from '../../../src/writer/errors.ts'
import { ProducerFencedError } from '../../../src/writer/transactions/errors.ts'
import { failure, protocols, Stage, topic, write } from './stage.ts'

const deliveryTimeout = 20_000

describe.each(protocols)('the end of a writer, by %s', (_name, features) => {
  test('that began nothing, or has nothing open', async () => {
    await using kafka = new Stage(features)
    await kafka.open().close()
    const writer = kafka.open()
    await write(writer, 'a')
    await writer.close()
    await writer.close()
    expect(await failure(writer.begin())).toBeInstanceOf(ClosedError)
    expect(await kafka.committed()).toEqual(['a'])
  })

  test('that has one open: it is aborted', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open()
    const transaction = await writer.begin()
    transaction.writeMessages({ value: 'a' }).catch(() => {})
    transaction.sendOffsets({ groupId: 'g' }, { [topic]: { 0: 1 } }).catch(() => {})
    await writer.close()
    expect(transaction.state).toBe('aborted')
    expect(await kafka.committed()).toEqual([])
    expect(await kafka.offset('g')).toBe(-1)
    expect(await kafka.isOpen()).toBe(false)
    await failure(transaction.writeMessages({ value: 'b' }))
    await failure(transaction.commit())
    await transaction.abort()
  })

  test('while one is being committed: it is', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open()
    const transaction = await writer.begin()
    transaction.writeMessages({ value: 'a' }).catch(() => {})
    const committing = transaction.commit()
    await writer.close()
    await committing
    expect(transaction.state).toBe('committed')
    expect(await kafka.committed()).toEqual(['a'])
  })

  test('while one is being aborted', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open()
    const transaction = await writer.begin()
    await transaction.writeMessages({ value: 'a' })
    const aborting = transaction.abort()
    await writer.close()
    await aborting
    expect(await kafka.isOpen()).toBe(false)
    expect(await kafka.committed()).toEqual([])
  })

  test('while one begins', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open({ deliveryTimeout })
    const { stop } = kafka.answer(InitProducerId, 100, () => 'hang')
    const beginning = failure(writer.begin())
    await kafka.clock.sleep(100)
    const before = kafka.clock.monotonic()
    await writer.close()
    expect(await beginning).toBeInstanceOf(ClosedError)
    expect(kafka.clock.monotonic() - before).toBeLessThan(1_000)
    stop()
  })

  test('in doubt about one: it stays so', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open({ deliveryTimeout })
    const transaction = await writer.begin()
    await transaction.writeMessages({ value: 'a' })
    kafka.answer(EndTxn, 100, () => 'drop')
    expect(await failure(transaction.commit())).toBeInstanceOf(UnknownOutcomeError)
    const before = kafka.clock.monotonic()
    await writer.close()
    expect(kafka.clock.monotonic() - before).toBeLessThan(1_000)
    expect(transaction.state).toBe('unknown')
    // Nobody can be asked any more.
    expect(await failure(transaction.commit())).toBeInstanceOf(Error)
  })

  test('that is fenced', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open()
    const transaction = await writer.begin()
    await transaction.writeMessages({ value: 'a' })
    await write(kafka.open(), 'b')
    await writer.close()
    expect(transaction.state).toBe('aborted')
    expect(await failure(transaction.abort())).toBeInstanceOf(ProducerFencedError)
    expect(await kafka.committed()).toEqual(['b'])
  })

  test.each([
    ['no batch', Produce],
    ['no end', EndTxn],
  ] as const)('by a signal, at once, while %s is answered', async (_, api) => {
    await using kafka = new Stage(features)
    const writer = kafka.open({ deliveryTimeout })
    await write(writer, 'a')
    const transaction = await writer.begin()
    const arrived = kafka.answer(api, 100, () => 'hang')
    const writing = Promise.allSettled([transaction.writeMessages({ value: 'b' })])
    if (api === EndTxn) {
      await writing
      transaction.commit().catch(() => {})
    }
    await kafka.clock.until(() => arrived.count > 0)
    const before = kafka.clock.monotonic()
    await writer.close({ signal: AbortSignal.abort() })
    expect(kafka.clock.monotonic() - before).toBeLessThan(100)
    await writing
    arrived.stop()
    await write(kafka.open(), 'c')
    expect(await kafka.committed()).toEqual(['a', 'c'])
  })

  test('bounded, while nobody answers anything', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open({ deliveryTimeout })
    const transaction = await writer.begin()
    await transaction.writeMessages({ value: 'a' })
    kafka.broker.stopBroker(1)
    const writing = failure(transaction.writeMessages({ value: 'b' }))
    const before = kafka.clock.monotonic()
    await writer.close()
    expect(kafka.clock.monotonic() - before).toBeLessThan(2 * deliveryTimeout)
    await writing
    expect(writer.stats().bufferedBytes).toBe(0)
  })

  test('await using aborts a transaction that was not committed, and leaves one that was', async () => {
    await using kafka = new Stage(features)
    await using writer = kafka.open()
    for (const commit of [true, false, true]) {
      await using transaction = await writer.begin()
      await transaction.writeMessages({ value: `${commit}` })
      if (commit) await transaction.commit()
    }
    const broken = (async () => {
      await using transaction = await writer.begin()
      await transaction.writeMessages({ value: 'x' })
      throw new Error('changed my mind')
    })()
    expect((await failure(broken)).message).toBe('changed my mind')
    expect(await kafka.committed()).toEqual(['true', 'true'])
    expect(await kafka.isOpen()).toBe(false)
  })

  test('await using an abort that nobody answers: told to the log, and nothing is thrown', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open({ deliveryTimeout })
    const speakAgain = kafka.frames.lose(EndTxn)
    {
      await using transaction = await writer.begin()
      await transaction.writeMessages({ value: 'a' })
    }
    expect(kafka.logged.some(line => line.includes('a transaction was not aborted'))).toBe(true)
    speakAgain()
    await write(writer, 'b')
    expect(await kafka.committed()).toEqual(['b'])
  })
})
