import { describe, expect, test } from 'vitest'
import { pipeline } from '../../../src/pipeline/pipeline.ts'
import { EndTxn } from '../../../src/protocol/end-txn.ts'
import { ErrorCode } from '../../../src/protocol/errors.ts'
import { FindCoordinator } from '../../../src/protocol/find-coordinator.ts'
import { InitProducerId } from '../../../src/protocol/init-producer-id.ts'
import { OffsetFetch } from '../../../src/protocol/offset-fetch.ts'
import { Produce } from '../../../src/protocol/produce.ts'
import { Reader } from '../../../src/reader/reader.ts'
import { UnknownOutcomeError } from '../../../src/writer/errors.ts'
import { ProducerFencedError } from '../../../src/writer/transactions/errors.ts'
import type { Writer } from '../../../src/writer/writer.ts'
import { failure, protocols, Stage, topic, transactionalId, write } from './stage.ts'

const deliveryTimeout = 5_000

describe.each(protocols)('a pipeline that brokers leave alone, by %s', (_name, features) => {
  /** Three messages, and who copies them behind themselves. */
  async function play(kafka: Stage): Promise<{ reader: Reader; writer: Writer; stop: AbortController }> {
    const source = kafka.open({ transactionalId: 'source' })
    for (let i = 0; i < 3; i++) await write(source, `${i}`)
    const { transport, broker } = kafka
    const reader = new Reader({
      brokers: broker.addresses,
      topic,
      groupId: 'g',
      transport,
      isolationLevel: 'read_committed',
    })
    return { reader, writer: kafka.open({ transactionalId, deliveryTimeout }), stop: new AbortController() }
  }
  const copy = { value: 'copy' }

  test('whose signal is aborted while nobody answers its commit ends with an UnknownOutcomeError', async () => {
    await using kafka = new Stage(features)
    const { reader, writer, stop } = await play(kafka)
    const ends = kafka.answer(EndTxn, Number.POSITIVE_INFINITY, () => {
      stop.abort()
      return 'drop'
    })
    const error = await failure(pipeline(reader, writer, () => copy, { signal: stop.signal }))
    expect(error).toBeInstanceOf(UnknownOutcomeError)
    expect(ends.count).toBeGreaterThan(0)
    await reader.close()
  })

  test('whose writer is closed while nobody answers its commit ends with an UnknownOutcomeError', async () => {
    await using kafka = new Stage(features)
    const { reader, writer } = await play(kafka)
    const abort = AbortSignal.abort()
    const ends = kafka.answer(EndTxn, Number.POSITIVE_INFINITY, () => {
      void writer.close({ signal: abort })
      return 'drop'
    })
    expect(await failure(pipeline(reader, writer, () => copy))).toBeInstanceOf(UnknownOutcomeError)
    expect(ends.count).toBeGreaterThan(0)
    await reader.close()
  })

  test('whose signal is aborted while no coordinator answers ends', async () => {
    await using kafka = new Stage(features)
    const { reader, writer, stop } = await play(kafka)
    kafka.answer(InitProducerId, Number.POSITIVE_INFINITY, () => {
      // Nor does the group's, which is to say where to go back to.
      kafka.answer(OffsetFetch, Number.POSITIVE_INFINITY, () => 'hang')
      kafka.answer(FindCoordinator, Number.POSITIVE_INFINITY, () => 'hang')
      stop.abort()
      return 'drop'
    })
    const done = await pipeline(reader, writer, () => copy, { signal: stop.signal })
    expect(done).toEqual({ transactions: 0, read: 0, written: 0, aborted: 1 })
    await reader.close()
  })

  test.each(['before it writes', 'before it commits'])(
    'whose transactional id another writer takes over %s ends with a ProducerFencedError',
    async when => {
      await using kafka = new Stage(features)
      const { reader, writer } = await play(kafka)
      let taken = false
      kafka.broker.control(when === 'before it writes' ? Produce : EndTxn, async request => {
        if (taken || request.transactionalId !== transactionalId) return undefined
        taken = true
        await kafka.client.fenceProducers({ transactionalIds: [transactionalId] })
        return undefined
      })
      const error = await failure(pipeline(reader, writer, () => copy))
      expect(error).toBeInstanceOf(ProducerFencedError)
      expect(taken).toBe(true)
      await reader.close()
    },
  )

  test('whose reader can’t join for now waits until it can', async () => {
    await using kafka = new Stage(features)
    const { reader, writer, stop } = await play(kafka)
    // Ten times what a read in the beginning outlasts.
    const refused = kafka.answer(FindCoordinator, 100, ({ key, coordinatorKeys }) => ({
      errorCode: ErrorCode.GroupCoordinatorNotAvailable,
      coordinators: (coordinatorKeys.length > 0 ? coordinatorKeys : [key]).map(each => ({
        key: each,
        nodeId: -1,
        host: '',
        port: -1,
        errorCode: ErrorCode.GroupCoordinatorNotAvailable,
        errorMessage: null,
      })),
    }))
    const made: string[] = []
    const copied = pipeline(
      reader,
      writer,
      message => {
        made.push(message.text())
        if (made.length === 3) stop.abort()
        return null
      },
      { signal: stop.signal, backoffMin: 1, backoffMax: 1 },
    )
    expect(await copied).toMatchObject({ read: 3, written: 0, aborted: 0 })
    expect(made).toEqual(['0', '1', '2'])
    expect(refused.count).toBeGreaterThan(100)
    await reader.close()
  })
})
