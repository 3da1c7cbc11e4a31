import type { BrokerConfig } from '../../src/broker/index.ts'

/** What the contract's cases want of an embedded cluster; e2e/kafka/sharing.ts has the same for Kafka. */
export const embedded = {
  racks: ['a', 'b', 'c'],
  numPartitions: 6,
  // By default members of consumer groups are heard of every 5 s.
  configs: {
    'group.consumer.min.heartbeat.interval.ms': '100',
    'group.consumer.heartbeat.interval.ms': '200',
    'group.consumer.min.session.timeout.ms': '1000',
    'group.consumer.session.timeout.ms': '6000',
    'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
  },
} as const satisfies BrokerConfig
