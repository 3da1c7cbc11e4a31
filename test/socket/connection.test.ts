import { getEventListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { deferred } from '../../src/base/deferred.ts'
import { ClosedError, ConnectionError, ProtocolError, TimeoutError } from '../../src/base/errors.ts'
import { concat } from '../../src/bytes/writer.ts'
import { ApiVersions } from '../../src/protocol/api-versions.ts'
import { ErrorCode, KafkaError } from '../../src/protocol/errors.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { responseFrame } from '../../src/protocol/headers.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { FramePool } from '../../src/socket/frame-pool.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { fakeSocket } from './fake-socket.ts'
import { open } from './open.ts'
import { type Arrived, metadata, offered, type Side, scripted, versionsOf } from './peer.ts'

const ask = { topics: [] }
const produce = {
  acks: -1,
  timeoutMs: 1_000,
  topicData: [{ name: 't', partitionData: [{ index: 0, records: new Uint8Array(100) }] }],
}

/** Requests the peer has received and not answered. */
function inbox() {
  const arrived: { request: Arrived; side: Side }[] = []
  const waiters: (() => void)[] = []
  return {
    arrived,
    take: (request: Arrived, side: Side) => {
      arrived.push({ request, side })
      for (const wake of waiters.splice(0)) wake()
    },
    async until(count: number) {
      while (arrived.length < count) await new Promise<void>(resolve => waiters.push(resolve))
    },
    answer(index: number, clusterId: string, throttleTimeMs = 0) {
      const { request, side } = arrived[index]!
      side.answer(Metadata, request, metadata(clusterId, throttleTimeMs))
    },
  }
}

const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    value => Promise.reject(new Error(`answered ${JSON.stringify(value)}`)),
    error => error,
  )

describe('requests', () => {
  test('are pipelined, and answered in order', async () => {
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer)
    const answers = ['a', 'b', 'c'].map(() => connection.request(Metadata, ask))
    await box.until(3)
    expect(connection.inFlight).toBe(3)
    for (const [index, id] of ['a', 'b', 'c'].entries()) box.answer(index, id)
    expect((await Promise.all(answers)).map(({ clusterId }) => clusterId)).toEqual(['a', 'b', 'c'])
    expect(connection.inFlight).toBe(0)
    const ids = box.arrived.map(({ request }) => request.correlationId)
    expect(ids).toEqual([ids[0]!, ids[0]! + 1, ids[0]! + 2])
    expect(box.arrived[0]!.request).toMatchObject({ clientId: 'tester', apiVersion: Metadata.maxVersion })
    await connection.close()
  })

  test('tell how they went', async () => {
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection, events } = await open(peer)
    const answer = connection.request(Metadata, ask)
    await box.until(1)
    box.answer(0, 'a')
    await answer
    await connection.close()
    expect(events.map(({ type }) => type)).toEqual(['request', 'connect', 'request', 'disconnect'])
    expect(events[2]).toMatchObject({ broker: peer.name, api: 'Metadata', apiVersion: 13, receivedBytes: 24 })
    expect((events[2] as { sentBytes: number }).sentBytes).toBe(box.arrived[0]!.request.frame.length + 4)
    expect(events[3]).toMatchObject({ broker: peer.name, lane: 'control' })
  })

  test('tell when the connection was last of use', async () => {
    const clock = new ManualClock()
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer, { clock })
    clock.advance(100)
    expect(connection.lastUsed).toBe(0)
    const answer = connection.request(Metadata, ask)
    expect(connection.lastUsed).toBe(100)
    await box.until(1)
    clock.advance(50)
    box.answer(0, 'a')
    await answer
    expect(connection.lastUsed).toBe(150)
    await connection.close()
  })

  test('whose values do not fit the wire are refused, and nothing is sent', async () => {
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer)
    const wrong = connection.request(Metadata, { topics: [{ name: 'x'.repeat(40_000) }] }, { version: 1 })
    expect(await failure(wrong)).toBeInstanceOf(ProtocolError)
    const answer = connection.request(Metadata, ask)
    await box.until(1)
    box.answer(0, 'fine')
    expect((await answer).clusterId).toBe('fine')
    await connection.close()
  })

  test('with an answer that makes no sense fail alone', async () => {
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer)
    const pool = new FramePool(1024 * 1024)
    const [first, second] = [connection.exchange(Metadata, ask, { pool }), connection.request(Metadata, ask)]
    await box.until(2)
    const { request, side } = box.arrived[0]!
    const nonsense = new Uint8Array(20_004).fill(9)
    new DataView(nonsense.buffer).setInt32(0, 20_000)
    new DataView(nonsense.buffer).setInt32(4, request.correlationId)
    side.socket.write(nonsense)
    box.answer(1, 'fine')
    const error = await failure(first)
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.message).toContain(`${peer.name}: Metadata v13 response: `)
    expect(pool.keptBytes).toBeGreaterThan(20_000)
    expect((await second).clusterId).toBe('fine')
    await connection.close()
  })

  test('hand out the frame that the answer was read from', async () => {
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer)
    const exchange = connection.exchange(Metadata, ask)
    await box.until(1)
    box.answer(0, 'framed')
    const { response, frame } = await exchange
    expect(response.clusterId).toBe('framed')
    expect(Buffer.from(frame).includes('framed')).toBe(true)
    await connection.close()
  })

  test('without an answer resolve once they are out', async () => {
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer)
    expect(await connection.request(Produce, { ...produce, acks: 0 }, { noResponse: true })).toBeUndefined()
    expect(connection.inFlight).toBe(0)
    const answer = connection.request(Metadata, ask)
    await box.until(2)
    box.answer(1, 'next')
    expect((await answer).clusterId).toBe('next')
    await connection.close()
  })
})

describe('an answer out of step ends the connection:', () => {
  const cases: [what: string, correlationIds: number[], message: RegExp][] = [
    ['with an unknown correlation id', [77], /: an answer with correlation id 77 where Metadata v13's, 1, was due$/],
    ['with that of a later request', [2], /: an answer with correlation id 2 where Metadata v13's, 1, was due$/],
    ['given twice', [1, 1], /: an answer with correlation id 1 where Metadata v13's, 2, was due$/],
    ['to no request', [1, 2, 3], /: an answer \(correlation id 3\) to no request$/],
  ]

  test.each(cases)('%s', async (_what, correlationIds, message) => {
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer)
    const requests = [connection.request(Metadata, ask), connection.request(Metadata, ask)].map(request =>
      request.catch(error => error),
    )
    await box.until(2)
    const { request, side } = box.arrived[0]!
    for (const correlationId of correlationIds) side.answer(Metadata, { ...request, correlationId }, metadata('x'))
    const reason = await connection.onClose
    expect(reason).toBeInstanceOf(ProtocolError)
    expect((reason as Error).message).toMatch(message)
    expect((await requests[1]) === reason || correlationIds.length === 3).toBe(true)
    expect(connection.closed).toBe(true)
  })
})

describe('a request that is cancelled', () => {
  test('rejects with the reason, and its late answer is skipped', async () => {
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer)
    const cancel = new AbortController()
    const first = connection.request(Metadata, ask, { signal: cancel.signal })
    const second = connection.request(Metadata, ask)
    await box.until(2)
    const reason = new Error('not wanted any more')
    cancel.abort(reason)
    expect(await failure(first)).toBe(reason)
    expect(connection.inFlight).toBe(2)
    box.answer(0, 'late')
    box.answer(1, 'mine')
    expect((await second).clusterId).toBe('mine')
    expect(connection.inFlight).toBe(0)
    await connection.close()
  })

  test('while its answer comes in leaves the stream in step, and gives its memory back', async () => {
    const clock = new ManualClock()
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer, { clock })
    const pool = new FramePool(1024 * 1024)
    const cancel = new AbortController()
    const [before, first, second] = [
      connection.request(Metadata, ask),
      connection.exchange(Metadata, ask, { signal: cancel.signal, pool }),
      connection.request(Metadata, ask),
    ]
    await box.until(3)
    box.answer(0, 'before')
    const { request, side } = box.arrived[1]!
    const bytes = concat(responseFrame(Metadata, 13, request.correlationId, metadata('x'.repeat(20_000))))
    // In one write with the answer before it, so that its beginning has come when that one has.
    side.socket.write(bytes.subarray(0, 10_000))
    await before
    await turn()
    cancel.abort()
    await failure(first)
    side.socket.write(bytes.subarray(10_000))
    box.answer(2, 'mine')
    expect((await second).clusterId).toBe('mine')
    expect(pool.keptBytes).toBeGreaterThan(20_000)
    await connection.close()
  })

  test('before it is sent is not sent', async () => {
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer)
    const error = await failure(connection.request(Metadata, ask, { signal: AbortSignal.abort('early') }))
    expect(error).toBe('early')
    expect(connection.inFlight).toBe(0)
    await connection.close()
    expect(box.arrived).toEqual([])
  })

  test('leaves no listener on the signal, nor does one that was answered', async () => {
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer)
    const { signal } = new AbortController()
    // Node 20 warns of a leak from the eleventh listener on.
    const answers = Array.from({ length: 20 }, () => connection.request(Metadata, ask, { signal }))
    expect(getEventListeners(signal, 'abort').length).toBe(1)
    await box.until(20)
    for (const index of answers.keys()) box.answer(index, 'a')
    await Promise.all(answers)
    expect(getEventListeners(signal, 'abort').length).toBe(0)
    await connection.close()
  })

  test('has its late answer skipped without memory', async () => {
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer)
    const taken: number[] = []
    class CountingPool extends FramePool {
      override take(length: number): Uint8Array {
        taken.push(length)
        return super.take(length)
      }
    }
    const pool = new CountingPool(1024 * 1024)
    const cancel = new AbortController()
    const late = connection.exchange(Metadata, ask, { signal: cancel.signal, pool })
    const wanted = connection.exchange(Metadata, ask, { pool })
    await box.until(2)
    cancel.abort()
    await failure(late)
    box.answer(0, 'x'.repeat(20_000))
    box.answer(1, 'y')
    const { frame } = await wanted
    expect(taken).toEqual([frame.length])
    await connection.close()
  })

  test('ends the connection when it is a Produce: its bytes may arrive after the retry', async () => {
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer)
    const cancel = new AbortController()
    const write = connection.request(Produce, produce, { signal: cancel.signal })
    await box.until(1)
    cancel.abort(new Error('enough'))
    expect((await failure(write)).message).toBe('enough')
    expect(connection.closed).toBe(true)
  })
})

describe('deadlines', () => {
  async function opened(clock: ManualClock, box: ReturnType<typeof inbox>) {
    const peer = await scripted(box.take)
    return { peer, ...(await open(peer, { clock, requestTimeout: 1_000 })) }
  }

  test('are kept with one timer for all requests, and none without', async () => {
    const clock = new ManualClock()
    const box = inbox()
    const { peer, connection } = await opened(clock, box)
    await using _peer = peer
    const requests = [300, 200, 250, 5_000].map(timeoutMs =>
      connection.request(Metadata, ask, { timeoutMs }).catch(error => error),
    )
    await box.until(4)
    expect(clock.pending).toBe(1)
    clock.advance(202)
    const second = await requests[1]
    expect(second).toBeInstanceOf(TimeoutError)
    expect(second.message).toBe(`${peer.name}: no answer to Metadata v13 within 200 ms`)
    expect(second.sent).toBe(true)
    clock.advance(150)
    expect(await requests[0]).toBeInstanceOf(TimeoutError)
    expect(await requests[2]).toBeInstanceOf(TimeoutError)
    expect(clock.pending).toBe(1)
    for (const index of [0, 1, 2, 3]) box.answer(index, String(index))
    expect((await requests[3]).clusterId).toBe('3')
    clock.advance(10_000)
    expect(clock.pending).toBe(0)
    expect(connection.closed).toBe(false)
    await connection.close()
  })

  test('that pass for a Produce end the connection, and the others there', async () => {
    const clock = new ManualClock()
    const box = inbox()
    const { peer, connection } = await opened(clock, box)
    await using _peer = peer
    const write = connection.request(Produce, produce, { timeoutMs: 100 }).catch(error => error)
    const other = connection.request(Metadata, ask).catch(error => error)
    await box.until(2)
    clock.advance(101)
    const error = await write
    expect(error.message).toBe(`${peer.name}: no answer to Produce v12 within 100 ms`)
    const collateral = await other
    expect(collateral).toBeInstanceOf(ConnectionError)
    expect(collateral).toMatchObject({ broker: peer.name, sent: true, cause: error })
    expect(await connection.onClose).toBe(error)
    expect(clock.pending).toBe(0)
  })

  test('that pass twice without any answer end a connection that stands still', async () => {
    const clock = new ManualClock()
    const box = inbox()
    const { peer, connection } = await opened(clock, box)
    await using _peer = peer
    const request = connection.request(Metadata, ask).catch(error => error)
    await box.until(1)
    clock.advance(1_001)
    expect(await request).toBeInstanceOf(TimeoutError)
    expect(connection.closed).toBe(false)
    clock.advance(1_050)
    expect(await connection.onClose).toEqual(
      new ConnectionError(peer.name, 'no answer to Metadata v13, long after its caller gave up'),
    )
  })

  test('that were long leave a cancelled request as long for its answer', async () => {
    const clock = new ManualClock()
    const box = inbox()
    const { peer, connection } = await opened(clock, box)
    await using _peer = peer
    const cancel = new AbortController()
    const request = connection.request(Metadata, ask, { timeoutMs: 10_000, signal: cancel.signal })
    await box.until(1)
    cancel.abort('no')
    expect(await failure(request)).toBe('no')
    clock.advance(9_900)
    expect(connection.closed).toBe(false)
    clock.advance(200)
    expect(connection.closed).toBe(true)
  })

  test('that are short do not end a connection that is busy with a long request', async () => {
    const clock = new ManualClock()
    const box = inbox()
    const { peer, connection } = await opened(clock, box)
    await using _peer = peer
    const long = connection.request(Metadata, ask, { timeoutMs: 60_000 })
    const short = [1, 1, 1].map(timeoutMs => connection.request(Metadata, ask, { timeoutMs }).catch(error => error))
    await box.until(4)
    clock.advance(30_000)
    expect(await short[0]).toBeInstanceOf(TimeoutError)
    expect(connection.closed).toBe(false)
    for (const index of [0, 1]) box.answer(index, `answer ${index}`)
    expect((await long).clusterId).toBe('answer 0')
    while (connection.inFlight > 2) await turn()
    // Answers come in: the rest has its time from the last one on.
    clock.advance(900)
    expect(connection.closed).toBe(false)
    clock.advance(200)
    expect(connection.closed).toBe(true)
  })

  test('do not pass while the program itself stood still and the answer may lie unread', async () => {
    const clock = new ManualClock()
    const box = inbox()
    const { peer, connection } = await opened(clock, box)
    await using _peer = peer
    const request = connection.request(Metadata, ask).catch(error => error)
    await box.until(1)
    clock.jump(60_000)
    box.answer(0, 'there all along')
    expect((await request).clusterId).toBe('there all along')
    // The reprieve is for one time only, however late the timers are.
    clock.advance(60)
    const silent = connection.request(Metadata, ask).catch(error => error)
    clock.jump(60_000)
    clock.jump(60_000)
    expect(await silent).toBeInstanceOf(TimeoutError)
    await connection.close()
  })
})

describe('throttling (KIP-219)', () => {
  test('holds further requests for the time the broker asks', async () => {
    const clock = new ManualClock()
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer, { clock })
    const [first, second] = [connection.request(Metadata, ask), connection.request(Metadata, ask)]
    await box.until(2)
    box.answer(0, 'first', 300)
    await first
    const held = connection.request(Metadata, ask)
    const cancel = new AbortController()
    const cancelled = connection.request(Metadata, ask, { signal: cancel.signal })
    const short = connection.request(Metadata, ask, { timeoutMs: 100 })
    // A shorter pause does not end the longer one.
    box.answer(1, 'second', 10)
    await second
    cancel.abort('no')
    expect(await failure(cancelled)).toBe('no')
    clock.advance(290)
    expect([box.arrived.length, connection.inFlight]).toEqual([2, 2])
    clock.advance(11)
    await box.until(4)
    // The pause was none of its time.
    clock.advance(80)
    box.answer(2, 'held')
    box.answer(3, 'short')
    expect([(await held).clusterId, (await short).clusterId]).toEqual(['held', 'short'])
    await connection.close()
  })
})

describe('exclusive', () => {
  test('drains what is under way, holds what is new, lets its own through', async () => {
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer)
    const order: string[] = []
    const early = connection.request(Metadata, ask).then(() => order.push('early'))
    await box.until(1)
    const done = connection.exclusive(async inside => {
      order.push('begun')
      expect(inside.version(Metadata)).toBe(13)
      const { clusterId } = await inside.request(Metadata, ask)
      order.push(clusterId!)
      return 'result'
    })
    const held = connection.request(Metadata, ask).then(({ clusterId }) => order.push(clusterId!))
    await turn()
    expect(box.arrived.length).toBe(1)
    box.answer(0, 'early')
    await box.until(2)
    box.answer(1, 'inside')
    expect(await done).toBe('result')
    await box.until(3)
    box.answer(2, 'held')
    await Promise.all([early, held])
    expect(order).toEqual(['early', 'begun', 'inside', 'held'])
    await connection.close()
  })

  test('runs one task after another, and goes on when one fails', async () => {
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer)
    const order: string[] = []
    const first = connection.exclusive(async () => {
      order.push('first begins')
      await turn()
      order.push('first ends')
      throw new Error('no luck')
    })
    const second = connection.exclusive(async () => order.push('second'))
    await expect(first).rejects.toThrow('no luck')
    await second
    expect(order).toEqual(['first begins', 'first ends', 'second'])
    const after = connection.request(Metadata, ask)
    await box.until(1)
    box.answer(0, 'after')
    expect((await after).clusterId).toBe('after')
    await connection.close()
  })

  test('can be cancelled while it waits its turn', async () => {
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer)
    const early = connection.request(Metadata, ask)
    await box.until(1)
    const cancel = new AbortController()
    const task = connection.exclusive(async () => expect.fail('must not run'), { signal: cancel.signal })
    const next = connection.request(Metadata, ask)
    await turn()
    cancel.abort(new Error('too slow'))
    await expect(task).rejects.toThrow('too slow')
    await box.until(2)
    box.answer(0, 'early')
    box.answer(1, 'next')
    await Promise.all([early, next])
    await connection.close()
  })

  test('ends with the connection', async () => {
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer)
    const task = connection.exclusive(inside => inside.request(Metadata, ask))
    await box.until(1)
    connection.abort(new Error('gone'))
    const error = await failure(task)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.message).toBe(`${peer.name}: gone (Metadata v13 was sent and not answered)`)
    expect(await failure(connection.exclusive(inside => inside.request(Metadata, ask)))).toMatchObject({ sent: false })
  })
})

describe('the end of a connection', () => {
  test('tells of each request whether it was sent', async () => {
    const clock = new ManualClock()
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer, { clock })
    const first = connection.request(Metadata, ask)
    const sent = connection.request(Metadata, ask).catch(error => error)
    await box.until(2)
    box.answer(0, 'busy', 1_000)
    await first
    const unsent = connection.request(Metadata, ask).catch(error => error)
    peer.sockets[0]!.end()
    expect(await sent).toMatchObject({
      message: `${peer.name}: the broker closed the connection (Metadata v13 was sent and not answered)`,
      sent: true,
      temporary: true,
    })
    expect(await unsent).toMatchObject({
      message: `${peer.name}: the broker closed the connection (Metadata v13 was not sent)`,
      sent: false,
    })
    expect(clock.pending).toBe(0)
    expect(connection.inFlight).toBe(0)
    const refused = await failure(connection.request(Metadata, ask))
    expect(refused).toMatchObject({
      message: `${peer.name}: the connection is closed (Metadata was not sent)`,
      sent: false,
    })
  })

  test('in the midst of an answer says so', async () => {
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer)
    const request = connection.request(Metadata, ask).catch(error => error)
    await box.until(1)
    box.arrived[0]!.side.socket.end(Uint8Array.of(0, 0, 1, 0, 0, 0, 0, 1, 1, 2, 3))
    expect((await request).message).toBe(
      `${peer.name}: the broker closed the connection, after 7 of 256 bytes of an answer (Metadata v13 was sent and not answered)`,
    )
  })

  test('by a reset carries the reset', async () => {
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer)
    const request = connection.request(Metadata, ask).catch(error => error)
    await box.until(1)
    // Closed with bytes unread, a socket resets its connection.
    void connection.request(Metadata, ask).catch(() => {})
    box.arrived[0]!.side.socket.destroy()
    const error = await request
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.message).toBe(`${peer.name}: the peer reset the connection (Metadata v13 was sent and not answered)`)
    expect(error.cause).toBeInstanceOf(ConnectionError)
    expect(error.cause.cause).toMatchObject({ code: 'ECONNRESET' })
  })

  test('by close() waits for the answers under way', async () => {
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer)
    const request = connection.request(Metadata, ask)
    await box.until(1)
    const closing = connection.close()
    expect(connection.closed).toBe(true)
    expect(await failure(connection.request(Metadata, ask))).toBeInstanceOf(ConnectionError)
    box.answer(0, 'in time')
    expect((await request).clusterId).toBe('in time')
    await closing
    expect(await connection.onClose).toEqual(new ClosedError(`${peer.name}: the connection was closed`))
    await connection.close()
  })

  test('by close() does not wait for ever', async () => {
    const clock = new ManualClock()
    const box = inbox()
    await using peer = await scripted(box.take)
    const { connection } = await open(peer, { clock, requestTimeout: 60_000 })
    const request = connection.request(Metadata, ask).catch(error => error)
    await box.until(1)
    const closing = connection.close()
    clock.advance(5_000)
    await closing
    expect((await request).message).toBe(
      `${peer.name}: the connection was closed (Metadata v13 was sent and not answered)`,
    )
    expect(clock.pending).toBe(0)
  })
})

describe('versions', () => {
  async function speaking(apis: typeof offered) {
    const peer = await scripted(() => {}, apis)
    return { peer, ...(await open(peer)) }
  }

  test('are the highest both sides speak', async () => {
    const { peer, connection } = await speaking([
      ApiVersions,
      { ...Metadata, maxVersion: 7 },
      { ...Produce, maxVersion: 99 },
    ])
    await using _peer = peer
    expect(connection.version(Metadata)).toBe(7)
    expect(connection.version(Produce)).toBe(Produce.maxVersion)
    await connection.close()
  })

  test('missing in common are named', async () => {
    const { peer, connection } = await speaking([ApiVersions, { ...Metadata, minVersion: 40, maxVersion: 44 }])
    await using _peer = peer
    const because = { cause: new KafkaError(ErrorCode.UnsupportedVersion) }
    expect(() => connection.version(Metadata)).toThrow(
      new ProtocolError(
        `${peer.name}: no common version of Metadata: the broker speaks 40–44, this client 0–13`,
        because,
      ),
    )
    expect(() => connection.version(Fetch)).toThrow(
      new ProtocolError(`${peer.name}: the broker does not offer Fetch (API key 1)`, because),
    )
    expect(await failure(connection.request(Metadata, ask))).toBeInstanceOf(ProtocolError)
    await connection.close()
  })

  test('that cannot carry the request are named', async () => {
    const { peer, connection } = await speaking([ApiVersions, { ...Produce, minVersion: 13 }])
    await using _peer = peer
    const error = await failure(connection.request(Produce, produce))
    expect(error.message).toBe(`${peer.name}: this Produce request fits version 12 at most, the broker needs 13`)
    await connection.close()
  })
})

describe('a socket that breaks its word', () => {
  async function opened(clock = new ManualClock()) {
    const { socket, feed } = fakeSocket()
    const opening = open({ host: 'fake', port: 1 }, { clock, adapter: { name: 'fake', dial: async () => socket } })
    feed(concat(responseFrame(ApiVersions, 5, 0, { errorCode: 0, apiKeys: versionsOf(offered) })))
    return { socket, clock, ...(await opening) }
  }

  test.each(['write', 'flushed'] as const)('by rejecting %s() ends the connection', async which => {
    const { socket, connection } = await opened()
    socket[which] = () => Promise.reject(new Error('cable cut'))
    const error = await failure(connection.request(Produce, produce, { noResponse: which === 'flushed' }))
    expect(error).toMatchObject({ message: 'fake:1: cable cut (Produce v12 was sent and not answered)', sent: true })
    expect(connection.closed).toBe(true)
  })

  test('by throwing at write() ends the connection', async () => {
    const { socket, connection } = await opened()
    socket.write = () => {
      throw new Error('no cable')
    }
    const error = await failure(connection.request(Metadata, ask))
    expect(error).toMatchObject({ message: 'fake:1: no cable (Metadata v13 was sent and not answered)' })
    expect(connection.closed).toBe(true)
  })

  test('by never closing is aborted', async () => {
    const { socket, clock, connection } = await opened()
    const aborted: unknown[] = []
    const closing = deferred<void>()
    socket.close = () => {
      closing.resolve()
      return new Promise(() => {})
    }
    socket.abort = reason => aborted.push(reason)
    const closed = connection.close()
    await closing.promise
    await turn()
    clock.advance(5_000)
    await closed
    expect(aborted).toEqual([new ClosedError('fake:1: the connection was closed')])
    expect(clock.pending).toBe(0)
  })
})

describe('backpressure', () => {
  test('a peer that does not read holds requests here until their deadline', async () => {
    await using peer = await scripted((_request, { socket }) => socket.pause())
    const { connection } = await open(peer)
    // Far more than the kernel's and the socket's own memory.
    const large = {
      ...produce,
      topicData: [{ name: 't', partitionData: [{ index: 0, records: new Uint8Array(1024 * 1024) }] }],
    }
    const requests = Array.from({ length: 64 }, () =>
      connection.request(Produce, large, { timeoutMs: 300 }).catch(error => error),
    )
    const errors = await Promise.all(requests)
    expect(errors.every(error => error instanceof TimeoutError || error instanceof ConnectionError)).toBe(true)
    expect(errors.filter(({ sent }) => sent === false).length).toBeGreaterThan(40)
    expect(connection.closed).toBe(true)
  })

  test('requests held go out in order when the peer reads again', async () => {
    const sizes: number[] = []
    let resume = () => {}
    await using peer = await scripted((request, { socket, answer }) => {
      sizes.push(request.frame.length)
      if (sizes.length === 1) {
        socket.pause()
        resume = () => socket.resume()
      }
      answer(Produce, request, { responses: [] })
    })
    const { connection } = await open(peer)
    const requests = Array.from({ length: 40 }, (_, index) => {
      const records = new Uint8Array(1024 * 1024 + index)
      return connection.request(Produce, {
        ...produce,
        topicData: [{ name: 't', partitionData: [{ index: 0, records }] }],
      })
    })
    await requests[0]
    resume()
    await Promise.all(requests)
    expect(sizes.map(size => size - sizes[0]!)).toEqual(sizes.map((_, index) => index))
    await connection.close()
  })
})
