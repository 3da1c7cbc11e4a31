import { deferred } from '../../src/base/deferred.ts'
import {
  type ClientEvent,
  ClosedError,
  ConfigError,
  ConnectionError,
  ErrorCode,
  KafkaError,
  type SocketAdapter,
  TimeoutError,
  Transport,
  type TransportConfig,
} from '../../src/index.ts'
import { CreateTopics } from '../../src/protocol/create-topics.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { ListOffsets } from '../../src/protocol/list-offsets.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import type { Assert } from './assert.ts'
import type { Suite } from './harness.ts'

/** Nobody listens there. */
const dead = '127.0.0.1:1'

/** The Transport: reaching a cluster, sharing connections, letting go of them. */
export const suite: Suite = ({ test, assert: given, cluster, adapter, natives }) => {
  // An assertion function must be declared with its type.
  const assert: Assert = given

  async function withTransport(
    config: TransportConfig,
    body: (transport: Transport, events: ClientEvent[]) => Promise<void>,
  ): Promise<void> {
    const events: ClientEvent[] = []
    const transport = new Transport({ adapter, natives, ...config, onEvent: event => events.push(event) })
    try {
      await body(transport, events)
    } finally {
      await transport.close()
    }
  }

  const requestsOf = (events: readonly ClientEvent[], api: string): number =>
    events.filter(event => event.type === 'request' && event.api === api).length

  /** A topic whose leaders know that they are; answers that of partition 0. */
  async function leaderOf(transport: Transport, topic: string, signal: AbortSignal): Promise<number> {
    const own = transport.cluster(cluster.brokers)
    const { partitions } = await own.topic(topic, { create: true, signal })
    const wanted = partitions.map(({ index }) => ({ partitionIndex: index, timestamp: -1 }))
    await transport.roundTrip(
      cluster.brokers,
      ListOffsets,
      { replicaId: -1, topics: [{ name: topic, partitions: wanted }] },
      { signal },
    )
    return (await own.topic(topic, { signal })).partitions[0]!.leader
  }

  /** A fetch that the broker holds back for so long. */
  const longPoll = (topic: string, maxWaitMs: number) => ({
    maxWaitMs,
    minBytes: 1,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
    forgottenTopicsData: [],
  })

  test('a bootstrap list is good while one of its addresses is', t =>
    withTransport({}, async transport => {
      const cluster1 = transport.cluster([dead, ...cluster.brokers])
      await cluster1.refresh([], t)
      assert.equal(cluster1.brokers().length, cluster.nodes)
      assert.ok(cluster1.clusterId !== null)
    }))

  test('when none is, the error says what each address said', () =>
    withTransport({}, async transport => {
      // Addresses of their own: Firefox waits before it dials again where it just failed.
      const addresses = ['127.0.0.1:2', '127.0.0.1:3']
      const error = await assert.rejects(
        transport.roundTrip(addresses, Metadata, { topics: [] }, { timeoutMs: 500 }),
        ConnectionError,
      )
      for (const address of addresses) assert.ok(error.message.includes(address), error.message)
      const alone = '127.0.0.1:4'
      const single = await assert.rejects(
        transport.roundTrip(alone, Metadata, { topics: [] }, { timeoutMs: 500 }),
        ConnectionError,
      )
      assert.equal(single.broker, alone)
    }))

  test('an address that cannot be one is refused at once', () =>
    withTransport({}, async transport => {
      for (const wrong of ['', 'kafka://host:9092', 'host:port', 'host:99999', []]) {
        await assert.rejects(transport.roundTrip(wrong, Metadata, { topics: [] }), ConfigError)
      }
    }))

  test('many who ask at once share one connection and few requests', t =>
    withTransport({}, async (transport, events) => {
      const topics = [t.unique('a'), t.unique('b')]
      // Not by asking for them: only createTopics waits until every broker knows them.
      const made = topics.map(topic => ({
        name: topic,
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [],
        configs: [],
      }))
      await transport.roundTrip(cluster.brokers, CreateTopics, { topics: made, timeoutMs: 5_000 }, { signal: t.signal })
      await withTransport({}, async (other, events) => {
        const fresh = other.cluster(cluster.brokers)
        const layouts = await Promise.all(Array.from({ length: 500 }, (_, i) => fresh.topic(topics[i % 2]!)))
        assert.ok(layouts.every(({ partitions }) => partitions.length > 0))
        assert.ok(requestsOf(events, 'Metadata') <= 2, `${requestsOf(events, 'Metadata')} requests`)
        assert.equal(events.filter(({ type }) => type === 'connect').length, 1)
      })
      assert.ok(events.length > 0)
    }))

  test('what is known is given without asking', t =>
    withTransport({}, async (transport, events) => {
      const known = transport.cluster(cluster.brokers)
      const topic = t.unique('known')
      assert.equal(known.peek(topic), undefined)
      const layout = await known.topic(topic, { create: true, signal: t.signal })
      const before = requestsOf(events, 'Metadata')
      assert.equal(known.peek(topic), layout)
      assert.equal(await known.topic(topic), layout)
      assert.equal(requestsOf(events, 'Metadata'), before)
      assert.deepEqual(
        layout.partitions.map(({ index }) => index),
        layout.partitions.map((_, i) => i),
      )
      assert.equal(transport.cluster([...cluster.brokers].reverse()), known)
    }))

  test('a topic that is not there is an error at once, and is not made by asking', t =>
    withTransport({}, async transport => {
      const topic = t.unique('missing')
      const asked = transport.cluster(cluster.brokers)
      for (let i = 0; i < 2; i++) {
        const error = await assert.rejects(asked.topic(topic, t), KafkaError)
        assert.equal(error.code, ErrorCode.UnknownTopicOrPartition)
      }
      assert.equal(
        (await assert.rejects(asked.topic('not a name', { create: true, signal: t.signal }), KafkaError)).code,
        ErrorCode.InvalidTopic,
      )
    }))

  test('an idle connection is closed, and opened again when it is needed', t =>
    withTransport({ idleTimeout: 60 }, async (transport, events) => {
      const idle = transport.cluster(cluster.brokers)
      const connection = await idle.connection('any', 'control', t)
      await connection.onClose
      assert.equal(connection.closed, true)
      const again = await idle.connection('any', 'control', t)
      assert.ok(again !== connection)
      assert.ok((await again.request(Metadata, { topics: [] })).brokers.length > 0)
      assert.equal(events.filter(({ type }) => type === 'connect').length, 2)
    }))

  test('closeIdleConnections closes what is idle, and the rest when it is answered', t =>
    withTransport({}, async transport => {
      const topic = t.unique('idle')
      const own = transport.cluster(cluster.brokers)
      const leader = await leaderOf(transport, topic, t.signal)
      const idle = await own.connection(leader, 'produce', t)
      const busy = await own.connection(leader, 'fetch', t)
      const waiting = busy.request(Fetch, longPoll(topic, 400))
      transport.closeIdleConnections()
      await idle.onClose
      const answer = await waiting
      assert.equal(answer.errorCode, 0)
      await busy.onClose
      assert.ok((await own.connection(leader, 'fetch', t)) !== busy)
    }))

  test('a long poll on one lane does not hold up another', t =>
    withTransport({}, async transport => {
      const topic = t.unique('lanes')
      const own = transport.cluster(cluster.brokers)
      const leader = await leaderOf(transport, topic, t.signal)
      const fetching = await own.connection(leader, 'fetch', t)
      let done = false
      const waiting = fetching.request(Fetch, longPoll(topic, 3000)).finally(() => {
        done = true
      })
      const wanted = [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }]
      await transport.roundTrip(cluster.brokers, ListOffsets, { replicaId: -1, topics: wanted })
      assert.equal(done, false)
      own.release(fetching)
      await assert.rejects(waiting, ConnectionError)
    }))

  test('a request for partitions of several leaders is split and answered as one', t =>
    withTransport({}, async (transport, events) => {
      const topic = t.unique('split')
      const own = transport.cluster(cluster.brokers)
      const { partitions } = await own.topic(topic, { create: true, signal: t.signal })
      const leaders = new Set(partitions.map(({ leader }) => leader))
      const wanted = partitions.map(({ index }) => ({ partitionIndex: index, timestamp: -1 })).reverse()
      const ask = () =>
        transport.roundTrip(cluster.brokers, ListOffsets, {
          replicaId: -1,
          topics: [{ name: topic, partitions: wanted }],
        })
      // The first may meet leaders that don't know of their office yet.
      await ask()
      const before = requestsOf(events, 'ListOffsets')
      const response = await ask()
      assert.deepEqual(
        response.topics.map(({ name, partitions }) => [
          name,
          partitions.map(p => [p.partitionIndex, p.errorCode, p.offset]),
        ]),
        [[topic, wanted.map(({ partitionIndex }) => [partitionIndex, 0, 0])]],
      )
      assert.equal(requestsOf(events, 'ListOffsets') - before, leaders.size)
    }))

  test('a call can be cancelled while the connection is being made, and others go on', async () => {
    const dialing = deferred<void>()
    const slow: SocketAdapter = {
      name: 'never',
      dial: (_, { signal }) =>
        new Promise((_, reject) => {
          dialing.resolve()
          signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
        }),
    }
    await withTransport({ adapter: slow, dialTimeout: 200 }, async transport => {
      const controller = new AbortController()
      const cancelled = transport.roundTrip(dead, Metadata, { topics: [] }, { signal: controller.signal })
      const other = transport.roundTrip(dead, Metadata, { topics: [] }, { timeoutMs: 300 })
      await dialing.promise
      const reason = new Error('enough')
      controller.abort(reason)
      assert.equal(await assert.rejects(cancelled), reason)
      await assert.rejects(other, TimeoutError)
      const late = new AbortController()
      late.abort(reason)
      assert.equal(await assert.rejects(transport.roundTrip(dead, Metadata, { topics: [] }, late)), reason)
    })
  })

  test('closed while in use: what is under way ends, and what comes after is refused', async t => {
    const transport = new Transport({ adapter, natives })
    const topic = t.unique('closing')
    const own = transport.cluster(cluster.brokers)
    const leader = await leaderOf(transport, topic, t.signal)
    const connection = await own.connection(leader, 'fetch', t)
    const answered = connection.request(Fetch, longPoll(topic, 300))
    const retrying = assert.rejects(
      transport.roundTrip(dead, Metadata, { topics: [] }),
      error => error instanceof ClosedError || error instanceof ConnectionError,
    )
    const closing = transport.close()
    assert.equal((await answered).errorCode, 0)
    await retrying
    await closing
    assert.equal(connection.closed, true)
    await transport.close()
    await assert.rejects(own.connection(leader, 'fetch'), ClosedError)
    await assert.rejects(own.topic(t.unique('late')), ClosedError)
    await assert.rejects(transport.roundTrip(cluster.brokers, Metadata, { topics: [] }), ClosedError)
  })

  test('under a connection limit lanes share, and idle connections make room', async t => {
    let open = 0
    let most = 0
    const limited: SocketAdapter = {
      ...adapter,
      limits: { connections: 2 },
      async dial(address, options) {
        most = Math.max(most, ++open)
        const socket = await adapter.dial(address, options)
        const gone = (): void => {
          open--
        }
        const abort = (reason: unknown): void => {
          gone()
          socket.abort(reason)
        }
        return { ...bound(socket), close: () => socket.close().finally(gone), abort }
      },
    }
    await withTransport({ adapter: limited }, async transport => {
      const own = transport.cluster(cluster.brokers)
      assert.equal(own.lanesMerge, true)
      const topic = t.unique('limit')
      const { partitions } = await own.topic(topic, { create: true, signal: t.signal })
      const lanes = ['produce', 'fetch', 'control'] as const
      for (const { leader } of partitions) {
        for (const lane of lanes) {
          const connection = await own.connection(leader, lane, t)
          assert.ok((await connection.request(Metadata, { topics: [] })).brokers.length > 0)
        }
      }
      assert.equal(most, 2)
    })
  })
}

/** The socket's methods, so that some can be replaced. */
function bound(socket: Awaited<ReturnType<SocketAdapter['dial']>>): Awaited<ReturnType<SocketAdapter['dial']>> {
  return {
    read: () => socket.read(),
    write: pieces => socket.write(pieces),
    flushed: () => socket.flushed(),
    close: () => socket.close(),
    abort: reason => socket.abort(reason),
  }
}
