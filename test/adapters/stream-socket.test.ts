import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { attempt } from '../../adapters/shared/attempt.ts'
import { type RawStream, StreamSocket } from '../../adapters/shared/stream-socket.ts'
import { type Deferred, deferred } from '../../src/base/deferred.ts'
import { ClosedError, ConnectionError } from '../../src/base/errors.ts'

const mebibyte = 1024 * 1024

/** A runtime's stream in memory: each call waits for the test to answer it. */
class Stream implements RawStream {
  reads = 0
  readonly written: Uint8Array[] = []
  ends = 0
  destroyed = 0
  reading: Deferred<Uint8Array | null> | undefined
  writing: Deferred<number> | undefined
  ending = deferred<void>()

  read(): Promise<Uint8Array | null> {
    if (this.reading !== undefined) throw new Error('a read before the last was answered')
    this.reads++
    this.reading = deferred()
    return this.reading.promise
  }

  write(bytes: Uint8Array): Promise<number> {
    if (this.writing !== undefined) throw new Error('a write before the last was answered')
    this.written.push(bytes)
    this.writing = deferred()
    return this.writing.promise
  }

  end(): Promise<void> {
    this.ends++
    return this.ending.promise
  }

  destroy(): void {
    this.destroyed++
  }

  translate(error: unknown): unknown {
    return new ConnectionError('broker:9092', String(error), { cause: error })
  }

  /** Answers the read under way. */
  async give(bytes: Uint8Array | null): Promise<void> {
    const { reading } = this
    this.reading = undefined
    reading!.resolve(bytes)
    await turn()
  }

  /** Answers the write under way. */
  async take(count: number): Promise<void> {
    const { writing } = this
    this.writing = undefined
    writing!.resolve(count)
    await turn()
  }

  async fail(which: 'reading' | 'writing', error: unknown): Promise<void> {
    const pending = this[which]!
    this[which] = undefined
    pending.reject(error)
    await turn()
  }
}

/** All that is ready to happen has happened. */
async function turn(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

let stream: Stream
let socket: StreamSocket
beforeEach(() => {
  stream = new Stream()
  socket = new StreamSocket('broker:9092', stream)
})

describe('reading', () => {
  test('asks the stream for nothing before it is asked, and once each time', async () => {
    await turn()
    expect(stream.reads).toBe(0)
    const first = socket.read()
    await stream.give(Uint8Array.of(1, 2))
    expect(await first).toEqual(Uint8Array.of(1, 2))
    expect(stream.reads).toBe(1)
  })

  test('answers null at the end, and again', async () => {
    const last = socket.read()
    await stream.give(null)
    expect(await last).toBeNull()
    expect(await socket.read()).toBeNull()
    expect(stream.reads).toBe(1)
  })

  test('rejects with what the stream threw, as one of our errors, and again', async () => {
    const reading = socket.read()
    await stream.fail('reading', 'reset')
    await expect(reading).rejects.toThrow(ConnectionError)
    await expect(socket.read()).rejects.toThrow('reset')
    await expect(socket.flushed()).rejects.toThrow('reset')
    expect(socket.write([Uint8Array.of(1)])).toBeUndefined()
    expect(stream.written).toEqual([])
  })

  test('goes on after a write failed, for the last words may say why; what it ends with is the write error then', async () => {
    const reading = socket.read()
    void socket.write([Uint8Array.of(1)])
    await stream.fail('writing', 'broken pipe')
    await stream.give(Uint8Array.of(7))
    expect(await reading).toEqual(Uint8Array.of(7))
    const end = socket.read()
    await stream.give(null)
    await expect(end).rejects.toThrow('broken pipe')
  })

  test('an error of reading says more than one of writing before it', async () => {
    const reading = socket.read()
    void socket.write([Uint8Array.of(1)])
    await stream.fail('writing', 'broken pipe')
    await stream.fail('reading', 'alert: certificate required')
    await expect(reading).rejects.toThrow('alert')
  })
})

describe('abort', () => {
  test('at any moment rejects all that waits, with the reason, and destroys the stream', async () => {
    const room = socket.write([new Uint8Array(2 * mebibyte)])
    const waiting = [socket.read(), room, socket.flushed()]
    socket.abort('reason')
    for (const each of await Promise.allSettled(waiting)) expect(each).toEqual({ status: 'rejected', reason: 'reason' })
    expect(stream.destroyed).toBe(1)
    await expect(socket.read()).rejects.toBe('reason')
    await expect(socket.flushed()).rejects.toBe('reason')
    expect(socket.write([Uint8Array.of(1)])).toBeUndefined()
    expect(stream.written).toHaveLength(1)
  })

  test('without a reason is a ClosedError; what nobody waits for is no unhandled rejection', async () => {
    void socket.write([new Uint8Array(2 * mebibyte)])
    socket.abort()
    await expect(socket.read()).rejects.toThrow(ClosedError)
    await new Promise(resolve => setImmediate(resolve))
  })

  test('what the stream still answers afterwards is dropped: bytes, the end, errors', async () => {
    for (const late of [Uint8Array.of(1), null, new Error('cancelled')]) {
      const stream = new Stream()
      const socket = new StreamSocket('broker:9092', stream)
      const reading = socket.read()
      void socket.write([Uint8Array.of(1)])
      socket.abort('reason')
      await expect(reading).rejects.toBe('reason')
      if (late instanceof Error) {
        await stream.fail('reading', late)
        await stream.fail('writing', late)
      } else {
        await stream.give(late)
        await stream.take(1)
      }
      await expect(socket.read()).rejects.toBe('reason')
      expect([stream.reads, stream.written.length]).toEqual([1, 1])
    }
  })

  test('its reason is what reading ends with, also after a write failed', async () => {
    const reading = socket.read()
    void socket.write([Uint8Array.of(1)])
    await stream.fail('writing', 'broken pipe')
    socket.abort('reason')
    await expect(reading).rejects.toBe('reason')
  })

  test('in the middle of a close ends that at once', async () => {
    void socket.write([Uint8Array.of(1)])
    const closing = socket.close()
    socket.abort('enough')
    await closing
    expect(stream.ends).toBe(0)
  })
})

describe('close', () => {
  test('in the middle of a write sends the rest first, then ends its side, then reads up to the peer’s end', async () => {
    void socket.write([new Uint8Array(100)])
    await stream.take(40)
    const closing = socket.close()
    let closed = false
    void closing.then(() => {
      closed = true
    })
    expect(socket.close()).toBe(closing)
    await turn()
    expect(stream.ends).toBe(0)
    await stream.take(60)
    expect(stream.ends).toBe(1)
    expect(stream.reads).toBe(0)
    stream.ending.resolve()
    await turn()
    // What comes now is nobody's.
    await stream.give(Uint8Array.of(1))
    await stream.give(Uint8Array.of(2))
    expect(closed).toBe(false)
    await stream.give(null)
    await closing
    expect(stream.destroyed).toBe(1)
    await expect(socket.read()).rejects.toThrow(ClosedError)
  })

  test('a read that waits gets its bytes, in memory that the reads of the closing leave alone', async () => {
    const reading = socket.read()
    const closing = socket.close()
    stream.ending.resolve()
    await turn()
    const memory = Uint8Array.of(1, 2)
    await stream.give(memory)
    memory.fill(9)
    await stream.give(null)
    await closing
    expect(await reading).toEqual(Uint8Array.of(1, 2))
  })

  test('of a stream that can’t be ended is a close all the same', async () => {
    const closing = socket.close()
    stream.ending.reject(new Error('already gone'))
    await closing
    expect(stream.destroyed).toBe(1)
  })

  test('after a failure waits for nothing', async () => {
    void socket.write([Uint8Array.of(1)])
    await stream.fail('writing', 'broken pipe')
    await socket.close()
    expect([stream.ends, stream.destroyed]).toEqual([0, 1])
  })

  describe('of a peer that', () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
    afterEach(() => void vi.useRealTimers())

    test.each([
      ['takes nothing', () => void socket.write([Uint8Array.of(1)])],
      ['does not end its side', () => stream.ending.resolve()],
    ])('%s waits five seconds, though the stream leaves its promises pending', async (_what, begin) => {
      begin()
      const closing = socket.close()
      await vi.advanceTimersByTimeAsync(4_999)
      expect(stream.destroyed).toBe(0)
      await vi.advanceTimersByTimeAsync(1)
      await closing
      expect(stream.destroyed).toBeGreaterThan(0)
      expect(vi.getTimerCount()).toBe(0)
    })
  })
})

describe('an attempt to open', () => {
  test('that fails undoes what is open so far', async () => {
    const undone: string[] = []
    const failing = attempt(undefined, async keep => {
      keep(() => undone.push('plain'))
      keep(() => undone.push('secure'))
      throw new Error('handshake failed')
    })
    await expect(failing).rejects.toThrow('handshake failed')
    expect(undone).toEqual(['secure'])
  })

  test('that is aborted ends at once, and undoes what comes later as soon as it comes', async () => {
    const undone: string[] = []
    const dialed = deferred<void>()
    const cancel = new AbortController()
    const attempted = attempt(cancel.signal, async keep => {
      keep(() => undone.push('dialing'))
      await dialed.promise
      keep(() => undone.push('connection'))
    })
    cancel.abort('late')
    await expect(attempted).rejects.toBe('late')
    expect(undone).toEqual(['dialing'])
    dialed.resolve()
    await turn()
    expect(undone).toEqual(['dialing', 'connection'])
  })

  test('is not begun with a signal that has been aborted', async () => {
    const open = vi.fn()
    await expect(attempt(AbortSignal.abort('stop'), open)).rejects.toBe('stop')
    expect(open).not.toHaveBeenCalled()
  })
})
