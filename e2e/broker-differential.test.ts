import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memory } from '../adapters/memory/index.ts'
import { natives } from '../adapters/node/index.ts'
import { Broker } from '../src/broker/index.ts'
import type { ClusterUnderTest } from '../test/contract/harness.ts'
import { unless } from '../test/support/left-out.ts'
import * as access from './differential/access.ts'
import * as whole from './differential/cluster.ts'
import * as configs from './differential/configs.ts'
import * as consumerGroups from './differential/consumer-groups.ts'
import * as duplicates from './differential/duplicates.ts'
import * as groups from './differential/groups.ts'
import * as oddities from './differential/oddities.ts'
import { Peer } from './differential/peer.ts'
import * as placement from './differential/placement.ts'
import * as records from './differential/records.ts'
import * as telemetry from './differential/telemetry.ts'
import * as topics from './differential/topics.ts'
import * as transactions from './differential/transactions.ts'
import * as upkeep from './differential/upkeep.ts'
import { noKafka, sharedKafka } from './shared.ts'

// Both look several times a second after what becomes of records in time.
const upkeepTimes = { 'log.retention.check.interval.ms': '300', 'log.cleaner.backoff.ms': '300' }

// Targets at once, and members that are missed soon.
const groupTimes = {
  'group.consumer.assignment.interval.ms': '0',
  'group.consumer.min.heartbeat.interval.ms': '1000',
  'group.consumer.heartbeat.interval.ms': '2000',
  'group.consumer.min.session.timeout.ms': '4000',
  'group.consumer.session.timeout.ms': '4000',
}

type Scenario = (peer: Peer, unique: string) => Promise<void>

// The same requests go to a real broker and to the embedded one: a difference in what they answer is the embedded one's
// bug.
describe('the embedded broker and Kafka say the same', unless(noKafka), () => {
  let cluster: ClusterUnderTest & { stop(): Promise<void> }
  beforeAll(async () => {
    cluster = await sharedKafka(1, {
      own: true,
      config: { 'log.initial.task.delay.ms': 100, ...upkeepTimes, ...groupTimes },
    })
  })
  afterAll(() => cluster?.stop())

  for (const [file, scenarios] of Object.entries({
    topics,
    records,
    groups,
    consumerGroups,
    transactions,
    duplicates,
    oddities,
    upkeep,
    access,
    placement,
    whole,
    configs,
    telemetry,
  })) {
    for (const [name, scenario] of Object.entries<Scenario>(scenarios)) {
      test(`${file}: ${name}`, { timeout: 90_000 }, async () => {
        const unique = `${name.toLowerCase()}-${Date.now().toString(36)}`
        const broker = new Broker({ numPartitions: 6, natives, configs: { ...upkeepTimes, ...groupTimes } })
        const kafka = new Peer(cluster.brokers[0]!)
        const embedded = new Peer(broker.addresses[0]!, memory(broker, natives))
        try {
          await Promise.all([scenario(kafka, unique), scenario(embedded, unique)])
          expect(embedded.journal).toEqual(kafka.journal)
          expect(kafka.journal.length).toBeGreaterThan(0)
        } finally {
          kafka.close()
          embedded.close()
          await broker.close()
        }
      })
    }
  }
})
