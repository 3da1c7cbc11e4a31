import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Sender } from '../../adapters/shared/sender.ts'
import { type Deferred, deferred } from '../../src/base/deferred.ts'

const mebibyte = 1024 * 1024

/** A runtime that takes as many bytes a call as it is told, when it is told. */
class Taker {
  readonly calls: Uint8Array[] = []
  readonly failures: unknown[] = []
  readonly sender = new Sender(
    bytes => this.take(bytes),
    error => {
      this.failures.push(error)
      this.sender.fail(error)
    },
  )
  private asked: Deferred<number> | undefined

  /** What is offered and not answered yet. */
  get offered(): Uint8Array | undefined {
    return this.asked && this.calls.at(-1)
  }

  async answer(count: number): Promise<void> {
    const { asked } = this
    this.asked = undefined
    asked!.resolve(count)
    await asked!.promise
    await Promise.resolve()
  }

  async refuse(error: unknown): Promise<void> {
    const { asked } = this
    this.asked = undefined
    asked!.reject(error)
    await asked!.promise.catch(() => {})
    await Promise.resolve()
  }

  private take(bytes: Uint8Array): Promise<number> {
    if (this.asked !== undefined) throw new Error('offered before the last offer was answered')
    this.calls.push(bytes)
    this.asked = deferred()
    return this.asked.promise
  }
}

function bytesOf(length: number, first = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => first + i * 31 + (i >> 8))
}

test('every byte goes out once and in order, however little is taken at a time, at once or later', async () => {
  const lengths = fc.array(fc.oneof(fc.nat(20), fc.nat(10_000), fc.nat(200_000)), { maxLength: 12 })
  const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(lengths, shares, fc.boolean(), async (lengths, shares, atOnce) => {
      const out: Uint8Array[] = []
      const take = (bytes: Uint8Array): number | Promise<number> => {
        const count = Math.min(
          bytes.length,
          Math.max(1_000, Math.round(bytes.length * shares[out.length % shares.length]!)),
        )
        out.push(bytes.slice(0, count))
        return atOnce ? count : Promise.resolve(count)
      }
      const sender = new Sender(take, error => expect.unreachable(String(error)))
      const pieces = lengths.map(bytesOf)
      for (const piece of pieces) void sender.write([piece])
      await sender.flushed()
      expect(Buffer.concat(out).equals(Buffer.concat(pieces))).toBe(true)
    }),
  )
})

test('small pieces are gathered into one call of 64 KiB at most, large ones go as they are', async () => {
  const taker = new Taker()
  const large = bytesOf(100_000)
  void taker.sender.write([bytesOf(1)])
  // These wait while the first is under way.
  void taker.sender.write([bytesOf(2), bytesOf(0), bytesOf(60_000), bytesOf(6_000)])
  void taker.sender.write([large])
  await taker.answer(1)
  expect(taker.offered).toHaveLength(60_002)
  await taker.answer(60_002)
  expect(taker.offered).toHaveLength(6_000)
  await taker.answer(6_000)
  expect(taker.offered).toBe(large)
})

test('what was not taken is offered again, and nothing else before it', async () => {
  const taker = new Taker()
  const piece = bytesOf(1_000)
  void taker.sender.write([piece])
  await taker.answer(400)
  expect(taker.offered).toEqual(piece.subarray(400))
  void taker.sender.write([bytesOf(5)])
  await taker.answer(599)
  expect(taker.offered).toEqual(piece.subarray(999))
})

test('write asks for a pause beyond a mebibyte, until no more than that waits', async () => {
  const taker = new Taker()
  expect(taker.sender.write([bytesOf(mebibyte)])).toBeUndefined()
  const room = taker.sender.write([bytesOf(1_000)])
  expect(room).toBeInstanceOf(Promise)
  expect(taker.sender.write([bytesOf(1)])).toBe(room)
  let hasRoom = false
  void room!.then(() => {
    hasRoom = true
  })
  await taker.answer(1_000)
  expect(hasRoom).toBe(false)
  await taker.answer(1)
  expect(hasRoom).toBe(true)
  await expect(room).resolves.toBeUndefined()
})

test('flushed waits for the last byte, and for nothing when there is none', async () => {
  const taker = new Taker()
  await taker.sender.flushed()
  void taker.sender.write([])
  void taker.sender.write([new Uint8Array()])
  await taker.sender.flushed()
  expect(taker.calls).toEqual([])
  void taker.sender.write([bytesOf(10)])
  let flushed = false
  const flushing = taker.sender.flushed().then(() => {
    flushed = true
  })
  await taker.answer(9)
  expect(flushed).toBe(false)
  await taker.answer(1)
  await flushing
})

describe('a failure', () => {
  test('is told once; who waits for room or for the flush hears of it, and later writes are dropped', async () => {
    const taker = new Taker()
    const room = taker.sender.write([bytesOf(2 * mebibyte)])
    const flushed = taker.sender.flushed()
    const error = new Error('reset')
    await taker.refuse(error)
    expect(taker.failures).toEqual([error])
    await expect(room).rejects.toBe(error)
    await expect(flushed).rejects.toBe(error)
    expect(taker.sender.write([bytesOf(5 * mebibyte)])).toBeUndefined()
    await expect(taker.sender.flushed()).rejects.toBe(error)
    expect(taker.calls).toHaveLength(1)
  })

  test('thrown at once by the runtime is told, too', () => {
    const failures: unknown[] = []
    const closed = new Error('closed')
    const sender = new Sender(
      () => {
        throw closed
      },
      error => {
        failures.push(error)
        sender.fail(error)
      },
    )
    expect(sender.write([bytesOf(2 * mebibyte)])).toBeUndefined()
    expect(failures).toEqual([closed])
  })

  test('in the middle of a call: its late answer and its late error mean nothing', async () => {
    for (const end of ['answer', 'refuse'] as const) {
      const taker = new Taker()
      void taker.sender.write([bytesOf(10)])
      taker.sender.fail('aborted')
      taker.sender.fail('later')
      await (end === 'answer' ? taker.answer(3) : taker.refuse(new Error('destroyed')))
      expect(taker.calls).toHaveLength(1)
      expect(taker.failures).toEqual([])
      await expect(taker.sender.flushed()).rejects.toBe('aborted')
    }
  })

  test('of which nobody waits to hear is no unhandled rejection', async () => {
    const taker = new Taker()
    void taker.sender.write([bytesOf(2 * mebibyte)])
    taker.sender.fail('aborted')
    // vitest fails the run for one.
    await new Promise(resolve => setImmediate(resolve))
  })
})
