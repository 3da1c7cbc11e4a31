import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { deferred } from '../../src/base/deferred.ts'
import { ConnectionError, TimeoutError } from '../../src/base/errors.ts'
import type { Logger } from '../../src/base/logger.ts'
import { concat } from '../../src/bytes/writer.ts'
import { ApiVersions } from '../../src/protocol/api-versions.ts'
import { responseFrame } from '../../src/protocol/headers.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { Produce } from '../../src/protocol/produce.ts'
import type { ConnectionConfig } from '../../src/socket/connection-config.ts'
import type { Socket } from '../../src/socket/socket.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { fakeSocket } from './fake-socket.ts'
import { open } from './open.ts'
import { metadata, offered, versionsOf } from './peer.ts'

const ask = { topics: [] }
const produce = (bytes: number) => ({
  acks: -1,
  timeoutMs: 1_000,
  topicData: [{ name: 't', partitionData: [{ index: 0, records: new Uint8Array(bytes) }] }],
})

/** A connection over a socket whose bytes leave when the test says so. Requests have a second. */
async function opened(change: Partial<ConnectionConfig> = {}) {
  const clock = new ManualClock()
  const { socket, feed } = fakeSocket()
  const line = { unsent: 0, stuck: false, room: undefined as Promise<void> | undefined, idle: [] as boolean[] }
  const slow: Socket = Object.assign(socket, {
    write(pieces: readonly Uint8Array[]) {
      if (line.stuck) for (const { length } of pieces) line.unsent += length
      return line.room
    },
    idle: (on: boolean) => void line.idle.push(on),
  })
  Object.defineProperty(slow, 'unsent', { get: () => line.unsent })
  const config = { clock, requestTimeout: 1_000, adapter: { name: 'fake', dial: async () => slow }, ...change }
  const opening = open({ host: 'fake', port: 1 }, config)
  feed(concat(responseFrame(ApiVersions, 5, 0, { errorCode: 0, apiKeys: versionsOf(offered) })))
  const { connection } = await opening
  // Time passes in steps, and what comes of each is dealt with.
  const pass = async (milliseconds: number, each: () => void = () => {}): Promise<void> => {
    for (let left = milliseconds; left > 0; left -= 100) {
      each()
      clock.advance(Math.min(100, left))
      await turn()
    }
  }
  const answer = (correlationId: number, clusterId: string, throttleTimeMs = 0): Uint8Array =>
    concat(responseFrame(Metadata, 13, correlationId, metadata(clusterId, throttleTimeMs)))
  return { clock, connection, line, feed, pass, answer }
}

/** What became of a promise so far. */
function outcome<T>(promise: Promise<T>): { value: T | undefined; error: unknown } {
  const seen: { value: T | undefined; error: unknown } = { value: undefined, error: undefined }
  promise.then(
    value => {
      seen.value = value
    },
    error => {
      seen.error = error
    },
  )
  return seen
}

describe('the patience for an answer', () => {
  test('begins when the request has left, and lasts while its bytes do', async () => {
    const { connection, line, pass, feed, answer } = await opened()
    line.stuck = true
    const request = outcome(connection.request(Produce, produce(600_000)))
    const behind = outcome(connection.request(Metadata, ask))
    await pass(6_000, () => {
      line.unsent = Math.max(0, line.unsent - 10_000)
    })
    expect([line.unsent > 0 && line.unsent < 10_000, request.error, behind.error]).toEqual([true, undefined, undefined])
    line.unsent = 0
    await pass(900)
    feed(concat(responseFrame(Produce, 12, 1, { responses: [] })))
    feed(answer(2, 'here'))
    await pass(100)
    expect([request.error, behind.value?.clusterId]).toEqual([undefined, 'here'])
  })

  test('ends when a broker reads nothing at all', async () => {
    const { connection, line, pass } = await opened()
    line.stuck = true
    const request = outcome(connection.request(Produce, produce(1_000)))
    await pass(1_200)
    expect(request.error).toBeInstanceOf(TimeoutError)
    expect(connection.closed).toBe(true)
  })

  test('is not bought by a byte now and then', async () => {
    const { connection, line, pass } = await opened()
    line.stuck = true
    const request = outcome(connection.request(Produce, produce(10_000)))
    await pass(1_200, () => {
      line.unsent -= 1
    })
    expect(request.error).toBeInstanceOf(TimeoutError)
  })

  test('is longer for a large request that the kernel took at once, and not for a small one', async () => {
    const { connection, pass } = await opened()
    const large = outcome(connection.request(Produce, produce(1_000_000)))
    await pass(8_900)
    expect(large.error).toBeUndefined()
    await pass(400)
    expect(large.error).toBeInstanceOf(TimeoutError)
    const { connection: other, pass: passes } = await opened()
    const small = outcome(other.request(Produce, produce(10_000)))
    await passes(1_100)
    expect(small.error).toBeInstanceOf(TimeoutError)
  })

  test('lasts while room is made in a socket that does not tell what it holds', async () => {
    const { connection, line, pass, feed, answer } = await opened()
    let room = deferred<void>()
    line.room = room.promise
    const first = outcome(connection.request(Metadata, ask, { timeoutMs: 5_000 }))
    const waiting = outcome(connection.request(Metadata, ask))
    await pass(800)
    room.resolve()
    room = deferred<void>()
    await pass(800)
    feed(answer(1, 'one'))
    feed(answer(2, 'two'))
    await pass(100)
    expect([first.value?.clusterId, waiting.value?.clusterId]).toEqual(['one', 'two'])
  })

  test('lasts while an answer comes in', async () => {
    const { connection, pass, feed, answer } = await opened()
    const request = outcome(connection.request(Metadata, ask))
    const bytes = answer(1, 'x'.repeat(30_000))
    let at = 0
    await pass(3_000, () => {
      feed(bytes.subarray(at, at + 1_000))
      at += 1_000
    })
    expect(request.error).toBeUndefined()
    feed(bytes.subarray(at))
    await pass(100)
    expect(request.value?.clusterId?.length).toBe(30_000)
  })

  test('of requests in a row begins with the answer before', async () => {
    const { connection, pass, feed, answer } = await opened()
    const requests = [1, 2, 3].map(() => outcome(connection.request(Metadata, ask)))
    for (const id of [1, 2, 3]) {
      await pass(900)
      feed(answer(id, `${id}`))
    }
    await pass(100)
    expect(requests.map(({ value }) => value?.clusterId)).toEqual(['1', '2', '3'])
  })
})

describe('a pause that the broker asks for', () => {
  test('is none of the time of requests that were sent already, and of none that wait', async () => {
    const { connection, pass, feed, answer } = await opened()
    const [first, sent] = [outcome(connection.request(Metadata, ask)), outcome(connection.request(Metadata, ask))]
    feed(answer(1, 'first', 25_000))
    await pass(100)
    const held = outcome(connection.request(Metadata, ask))
    await pass(25_500)
    feed(answer(2, 'sent'))
    await pass(900)
    feed(answer(3, 'held'))
    await pass(100)
    expect([first, sent, held].map(({ value }) => value?.clusterId)).toEqual(['first', 'sent', 'held'])
    expect(connection.closed).toBe(false)
  })

  test('is cut at five minutes, which is said', async () => {
    const lines: string[] = []
    const quiet = () => {}
    const logger: Logger = { debug: quiet, info: quiet, error: quiet, warn: line => void lines.push(line) }
    const { connection, pass, feed, answer } = await opened({ logger })
    outcome(connection.request(Metadata, ask))
    feed(answer(1, 'first', 3_600_000))
    await pass(100)
    const held = outcome(connection.request(Metadata, ask))
    await pass(299_900)
    expect(held.error).toBeUndefined()
    await pass(1_200)
    expect(held.error).toMatchObject({ sent: true })
    expect(lines).toEqual(['fake:1: the broker asks to pause for 3600000 ms (Metadata v13); we do for 300000'])
  })
})

test('a socket is told when nobody waits for anything, and when somebody does again', async () => {
  const { connection, line, pass, feed, answer } = await opened()
  await pass(1_200)
  expect(line.idle).toEqual([true])
  const request = outcome(connection.request(Metadata, ask, { timeoutMs: 60_000 }))
  expect(line.idle).toEqual([true, false])
  await pass(3_000)
  feed(answer(1, 'long'))
  await pass(1_200)
  expect([request.value?.clusterId, line.idle]).toEqual(['long', [true, false, true]])
  connection.abort()
  expect(await connection.onClose).not.toBeInstanceOf(ConnectionError)
})
