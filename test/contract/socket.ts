import { parseAddress } from '../../src/base/address.ts'
import { systemClock } from '../../src/base/clock.ts'
import { ConnectionError, ProtocolError, TimeoutError } from '../../src/base/errors.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { ApiVersions } from '../../src/protocol/api-versions.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { BrokerConnection } from '../../src/socket/connection.ts'
import type { ConnectionConfig } from '../../src/socket/connection-config.ts'
import { FramePool } from '../../src/socket/frame-pool.ts'
import type { Assert } from './assert.ts'
import type { Suite, TestContext } from './harness.ts'

export const suite: Suite = ({ test, assert: given, cluster, adapter }) => {
  // An assertion function must be declared with its type.
  const assert: Assert = given
  const open = ({ signal }: TestContext, change: Partial<ConnectionConfig> = {}): Promise<BrokerConnection> =>
    BrokerConnection.open(
      {
        adapter,
        address: parseAddress(cluster.brokers[0]!),
        clientId: 'contract',
        lane: 'control',
        dialTimeout: 10_000,
        requestTimeout: 10_000,
        clock: systemClock,
        logger: silentLogger,
        ...change,
      },
      { signal },
    )

  test('opens, learns versions and features, asks, closes', async t => {
    const events: string[] = []
    const connection = await open(t, { onEvent: ({ type }) => events.push(type) })
    assert.ok(connection.version(Metadata) > 0)
    // Brokers tell their features from ApiVersions v3 on, those with ZooKeeper (v3 too) have none.
    assert.ok(
      connection.features.has('metadata.version') || cluster.kind === 'embedded' || connection.version(ApiVersions) < 4,
    )
    const { brokers } = await connection.request(Metadata, { topics: [] })
    assert.equal(brokers.length, cluster.nodes)
    assert.equal(connection.inFlight, 0)
    await connection.close()
    assert.ok(connection.closed)
    // An older broker is asked for its versions twice (KIP-511).
    assert.deepEqual(events.slice(events.lastIndexOf('connect') - 1), ['request', 'connect', 'request', 'disconnect'])
    await assert.rejects(connection.request(Metadata, { topics: [] }), ConnectionError)
  })

  test('pipelines: each request gets its own answer', async t => {
    const connection = await open(t)
    const names = Array.from({ length: 50 }, () => t.unique('absent'))
    const answers = await Promise.all(
      names.map(name => connection.request(Metadata, { topics: [{ name }], allowAutoTopicCreation: false })),
    )
    assert.deepEqual(
      answers.map(({ topics }) => topics[0]!.name),
      names,
    )
    await connection.close()
  })

  test('keeps in step when requests are cancelled or time out', async t => {
    const connection = await open(t)
    const cancel = new AbortController()
    // A long poll holds up what comes behind it, so that there is something to cancel.
    const poll = connection
      .request(Fetch, { maxWaitMs: 500, minBytes: 1, topics: [] }, { signal: cancel.signal })
      .catch(error => error)
    const late = connection.request(Metadata, { topics: [] }, { timeoutMs: 1 }).catch(error => error)
    const name = t.unique('absent')
    const last = connection.request(Metadata, { topics: [{ name }], allowAutoTopicCreation: false })
    cancel.abort('not needed')
    assert.equal(await poll, 'not needed')
    const timeout = await late
    // The answer may have been quicker than a timer of one millisecond.
    assert.ok(timeout instanceof TimeoutError || timeout.brokers.length > 0)
    assert.equal((await last).topics[0]!.name, name)
    await connection.close()
  })

  test('hands out frames of a pool', async t => {
    const connection = await open(t)
    const pool = new FramePool(1024 * 1024)
    const { response, frame } = await connection.exchange(Metadata, { topics: [] }, { pool })
    assert.equal(response.brokers.length, cluster.nodes)
    assert.ok(frame.length > 20)
    pool.give(frame)
    await connection.close()
  })

  test('speaks every version of ApiVersions the broker does', async t => {
    const connection = await open(t)
    for (let version = 0; version <= connection.version(ApiVersions); version++) {
      const request = { clientSoftwareName: 'isokafka', clientSoftwareVersion: '1' }
      const { errorCode, apiKeys } = await connection.request(ApiVersions, request, { version })
      assert.equal(errorCode, 0)
      assert.ok(apiKeys.length > 20)
    }
    await assert.rejects(connection.request(ApiVersions, {}, { version: 99 }), ProtocolError)
    await connection.close()
  })

  test('an exclusive task has the connection to itself', async t => {
    const connection = await open(t)
    const order: string[] = []
    const before = connection.request(Metadata, { topics: [] }).then(() => order.push('before'))
    const task = connection.exclusive(async inside => {
      await inside.request(Metadata, { topics: [] })
      order.push('inside')
    })
    const after = connection.request(Metadata, { topics: [] }).then(() => order.push('after'))
    await Promise.all([before, task, after])
    assert.deepEqual(order, ['before', 'inside', 'after'])
    await connection.close()
  })

  test('opening can be aborted', async t => {
    const cancel = new AbortController()
    const opening = open({ ...t, signal: cancel.signal })
    cancel.abort('never mind')
    await assert.rejects(opening, error => error === 'never mind')
  })
}
