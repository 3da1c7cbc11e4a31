import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memory } from '../adapters/memory/index.ts'
import { natives } from '../adapters/node/index.ts'
import { Broker } from '../src/broker/index.ts'
import { unless } from '../test/support/left-out.ts'
import * as acls from './differential/acls.ts'
import * as delegation from './differential/delegation.ts'
import { Peer } from './differential/peer.ts'
import { credentials, type KafkaCluster, startKafka } from './kafka/index.ts'
import { noKafka } from './shared.ts'

// As broker-differential: the same requests to a real broker and to the embedded one, here by an administrator and by a
// user who may do what rules allow.
describe('the embedded broker and Kafka let the same be done', unless(noKafka), () => {
  let cluster: KafkaCluster
  beforeAll(async () => {
    cluster = await startKafka({
      listeners: ['SASL'],
      config: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS',
        'delegation.token.secret.key': 'a secret of all brokers',
      },
    })
  })
  afterAll(() => cluster?.stop())

  test.each(Object.entries({ ...acls, ...delegation }))('%s', { timeout: 90_000 }, async (name, scenario) => {
    const unique = `${name}-${Date.now().toString(36)}`
    const { username, password } = credentials
    const broker = new Broker({
      numPartitions: 6,
      natives,
      users: { [username]: password },
      superUsers: ['User:ANONYMOUS'],
    })
    const [node] = cluster.nodes
    const kafka = [
      new Peer(node!.addressOf('PLAINTEXT')),
      new Peer(node!.addressOf('SASL'), undefined, credentials),
    ] as const
    const [address] = broker.addresses
    const embedded = [
      new Peer(address!, memory(broker, natives, { sasl: false })),
      new Peer(address!, memory(broker, natives), credentials),
    ] as const
    try {
      await Promise.all([scenario(...kafka, unique), scenario(...embedded, unique)])
      for (const [at, peer] of kafka.entries()) expect(embedded[at]!.journal).toEqual(peer.journal)
      expect(kafka[0].journal.length).toBeGreaterThan(0)
    } finally {
      for (const peer of [...kafka, ...embedded]) peer.close()
      await broker.close()
    }
  })
})
