import { afterAll, beforeAll, describe } from 'vitest'
import { unless } from '../../test/support/left-out.ts'
import { type KafkaCluster, startKafka } from '../kafka/index.ts'
import { noKafka } from '../shared.ts'
import { comingAndGoing } from './groups.ts'
import { applications } from './misuse.ts'
import { badNetwork } from './network.ts'
import { nodesInTrouble } from './nodes.ts'
import { readersPromises } from './readers.ts'

// Sizes are those of an ordinary run; FULL=1 (`npm run test:full`) takes minutes.
describe('faults before three nodes', unless(noKafka), () => {
  let cluster: KafkaCluster
  beforeAll(async () => {
    cluster = await startKafka({ nodes: 3, config: { 'group.min.session.timeout.ms': 1000 } })
  })
  afterAll(() => cluster?.stop())
  const kafka = (): KafkaCluster => cluster
  describe('the network', () => badNetwork(kafka))
  describe('the members of a group', () => comingAndGoing(kafka))
  describe('the application', () => applications(kafka))
  describe('readers', () => readersPromises(kafka))
  // Last, for it leaves the cluster shaken.
  describe('the nodes', () => nodesInTrouble(kafka))
})
