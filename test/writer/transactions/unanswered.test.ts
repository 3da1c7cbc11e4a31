import { describe, expect, test } from 'vitest'
import { ConfigError, TimeoutError } from '../../../src/base/errors.ts'
import { EndTxn } from '../../../src/protocol/end-txn.ts'
import { ErrorCode } from '../../../src/protocol/errors.ts'
import { UnknownOutcomeError } from '../../../src/writer/errors.ts'
import { ProducerFencedError, TransactionAbortedError } from '../../../src/writer/transactions/errors.ts'
import { failure, protocols, Stage, write } from './stage.ts'

const deliveryTimeout = 30_000

describe.each(protocols)('an end that nobody answers, by %s', (name, features) => {
  const isFirst = name === 'the first protocol'

  /** A transaction with a message, whose commit nobody answers. */
  async function unanswered(kafka: Stage, value = 'a', carriedOut = true) {
    const writer = kafka.open({ deliveryTimeout })
    const transaction = await writer.begin()
    await transaction.writeMessages({ value })
    let silent = true
    let applied = false
    kafka.broker.control(EndTxn, async (_request, { apply }) => {
      if (!silent) return undefined
      if (carriedOut && !applied) {
        applied = true
        await apply()
      }
      return 'drop'
    })
    const ends = kafka.watch(EndTxn, ({ committed }) => committed)
    const error = await failure(transaction.commit())
    const speakAgain = (): void => {
      silent = false
    }
    return { writer, transaction, error, ends, speakAgain }
  }

  test.each([true, false])('a commit (carried out: %s) may be there or not, and is never aborted', async carriedOut => {
    await using kafka = new Stage(features)
    const began = kafka.clock.monotonic()
    const { error, transaction, ends } = await unanswered(kafka, 'a', carriedOut)
    expect(error).toBeInstanceOf(UnknownOutcomeError)
    expect(error.message).toContain('may be committed or not')
    expect(transaction.state).toBe('unknown')
    expect(kafka.clock.monotonic() - began).toBeLessThan(deliveryTimeout + 1_000)
    expect(await failure(transaction.abort())).toBeInstanceOf(ConfigError)
    await transaction[Symbol.asyncDispose]()
    expect(transaction.state).toBe('unknown')
    expect(new Set(ends)).toEqual(new Set([true]))
    expect(await kafka.committed()).toEqual(carriedOut ? ['a'] : [])
  })

  test.each([true, false])(
    'a commit that the coordinator has no better word for than UNKNOWN_SERVER_ERROR (carried out: %s) is asked again, and never aborted',
    async carriedOut => {
      await using kafka = new Stage(features)
      let first = true
      kafka.broker.control(EndTxn, async (_request, { apply }) => {
        if (!first) return undefined
        first = false
        if (carriedOut) await apply()
        return { errorCode: ErrorCode.Unknown } as never
      })
      const ends = kafka.watch(EndTxn, ({ committed }) => committed)
      const writer = kafka.open()
      await write(writer, 'a')
      await write(writer, 'b')
      expect(await kafka.committed()).toEqual(['a', 'b'])
      expect(ends).toEqual([true, true, true])
    },
  )

  test('one that is answered so for ever may be committed or not; fenced after it, too', async () => {
    await using kafka = new Stage(features)
    const ends = kafka.watch(EndTxn, ({ committed }) => committed)
    const { stop } = kafka.answer(EndTxn, Number.POSITIVE_INFINITY, () => ({ errorCode: ErrorCode.Unknown }))
    const writer = kafka.open({ deliveryTimeout })
    const transaction = await writer.begin()
    await transaction.writeMessages({ value: 'a' })
    expect(await failure(transaction.commit())).toBeInstanceOf(UnknownOutcomeError)
    stop()
    await write(kafka.open(), 'b')
    const error = await failure(transaction.commit())
    expect(error).toBeInstanceOf(UnknownOutcomeError)
    expect(error.cause).toBeInstanceOf(ProducerFencedError)
    expect(transaction.state).toBe('unknown')
    expect(new Set(ends)).toEqual(new Set([true]))
    expect(await kafka.committed()).toEqual(['b'])
  })

  test.each([true, false])('commit() again settles it (carried out: %s)', async carriedOut => {
    await using kafka = new Stage(features)
    const { writer, transaction, ends, speakAgain } = await unanswered(kafka, 'a', carriedOut)
    expect(await failure(transaction.commit())).toBeInstanceOf(UnknownOutcomeError)
    expect(transaction.state).toBe('unknown')
    speakAgain()
    await transaction.commit()
    expect(transaction.state).toBe('committed')
    expect(await kafka.committed()).toEqual(['a'])
    await write(writer, 'b')
    expect(await kafka.committed()).toEqual(['a', 'b'])
    expect(new Set(ends)).toEqual(new Set([true]))
  })

  test.each([true, false])('begin() settles it first (carried out: %s)', async carriedOut => {
    await using kafka = new Stage(features)
    const { writer, transaction, ends, speakAgain } = await unanswered(kafka, 'a', carriedOut)
    expect(await failure(writer.begin())).toBeInstanceOf(UnknownOutcomeError)
    expect(transaction.state).toBe('unknown')
    speakAgain()
    const next = await writer.begin()
    expect(transaction.state).toBe('committed')
    expect(await kafka.committed()).toEqual(['a'])
    await next.writeMessages({ value: 'b' })
    await next.abort()
    await write(writer, 'c')
    expect(await kafka.committed()).toEqual(['a', 'c'])
    expect(ends.filter(committed => !committed).length).toBe(1)
  })

  test('commit() again while begin() settles it does not end the next one', async () => {
    await using kafka = new Stage(features)
    const { writer, transaction, speakAgain } = await unanswered(kafka)
    speakAgain()
    const beginning = writer.begin()
    const again = transaction.commit()
    const next = await beginning
    await again
    expect(transaction.state).toBe('committed')
    await next.writeMessages({ value: 'b' })
    expect(await kafka.committed()).toEqual(['a'])
    await next.commit()
    expect(await kafka.committed()).toEqual(['a', 'b'])
  })

  test('a signal ends the waiting for begin() alone', async () => {
    await using kafka = new Stage(features)
    const { writer, speakAgain } = await unanswered(kafka)
    const cancel = new AbortController()
    const beginning = failure(writer.begin({ signal: cancel.signal }))
    await kafka.clock.sleep(100)
    cancel.abort(new Error('enough'))
    const before = kafka.clock.monotonic()
    expect((await beginning).message).toBe('enough')
    expect(kafka.clock.monotonic() - before).toBeLessThan(100)
    speakAgain()
    await write(writer, 'b')
    expect(await kafka.committed()).toEqual(['a', 'b'])
  })

  test('the id taken over meanwhile: it is not said to be aborted, for it may be committed', async () => {
    await using kafka = new Stage(features)
    const { writer, transaction, speakAgain } = await unanswered(kafka)
    speakAgain()
    await write(kafka.open(), 'b')
    const doubt = await failure(transaction.commit())
    expect(doubt).toBeInstanceOf(UnknownOutcomeError)
    expect(doubt.cause).toBeInstanceOf(ProducerFencedError)
    expect([transaction.state, transaction.inDoubt]).toEqual(['unknown', false])
    // Whoever asks until it is no UnknownOutcomeError would ask for ever.
    const end = await failure(transaction.commit())
    expect([end instanceof ConfigError, end.cause, transaction.state]).toEqual([true, doubt, 'unknown'])
    expect(await failure(writer.begin())).toBeInstanceOf(ProducerFencedError)
    expect(await kafka.committed()).toEqual(['a', 'b'])
  })

  test('once the writer is closed nobody can be asked any more, which ends who asks while it is in doubt', async () => {
    await using kafka = new Stage(features)
    const { writer, transaction } = await unanswered(kafka)
    expect(transaction.inDoubt).toBe(true)
    await writer.close({ signal: AbortSignal.abort() }).catch(() => {})
    expect(transaction.inDoubt).toBe(false)
    expect(await failure(transaction.commit())).toBeInstanceOf(ConfigError)
  })

  test('answered TRANSACTION_ABORTABLE when asked again, it is aborted: by commit()', async () => {
    await using kafka = new Stage(features)
    const { writer, transaction, speakAgain } = await unanswered(kafka, 'a', false)
    speakAgain()
    kafka.answer(EndTxn, 1, () => ({ errorCode: ErrorCode.TransactionAbortable }))
    expect(await failure(transaction.commit())).toBeInstanceOf(TransactionAbortedError)
    expect(transaction.state).toBe('aborted')
    await write(writer, 'b')
    expect(await kafka.committed()).toEqual(['b'])
  })

  test('answered TRANSACTION_ABORTABLE when asked again, it is aborted: by begin()', async () => {
    await using kafka = new Stage(features)
    const { writer, transaction, speakAgain } = await unanswered(kafka, 'a', false)
    speakAgain()
    kafka.answer(EndTxn, 1, () => ({ errorCode: ErrorCode.TransactionAbortable }))
    await write(writer, 'b')
    expect(transaction.state).toBe('aborted')
    expect(await kafka.committed()).toEqual(['b'])
  })

  test('an abort: its caller is told, and the next begin() sees to it', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open({ deliveryTimeout })
    const transaction = await writer.begin()
    await transaction.writeMessages({ value: 'a' })
    const speakAgain = kafka.frames.lose(EndTxn)
    const ends = kafka.watch(EndTxn, ({ committed }) => committed)
    expect(await failure(transaction.abort())).toBeInstanceOf(TimeoutError)
    expect(transaction.state).toBe('aborted')
    expect(await failure(writer.begin())).toBeInstanceOf(TimeoutError)
    expect(await kafka.isOpen()).toBe(true)
    speakAgain()
    await write(writer, 'b')
    expect(await kafka.committed()).toEqual(['b'])
    expect(ends).toEqual([false, true])
    expect(await kafka.isOpen()).toBe(false)
  })

  test('an answer that makes no sense leaves it unknown, too', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open({ deliveryTimeout })
    const transaction = await writer.begin()
    await transaction.writeMessages({ value: 'a' })
    kafka.frames.garble(EndTxn)
    const error = await failure(transaction.commit())
    // Either it was asked again, or nobody knows; never is it said to be aborted.
    expect(error).toBeInstanceOf(UnknownOutcomeError)
    await transaction.commit()
    expect(await kafka.committed()).toEqual(['a'])
  })

  if (!isFirst)
    test('aborted by its timeout meanwhile: nothing of it is there, and the writer goes on', async () => {
      await using kafka = new Stage(features)
      const { writer, transaction, speakAgain } = await unanswered(kafka, 'a', false)
      await kafka.clock.sleep(60_000)
      speakAgain()
      expect(await failure(transaction.commit())).toBeInstanceOf(Error)
      await write(writer, 'b')
      expect(await kafka.committed()).toEqual(['b'])
    })
})
