import { AddRaftVoter } from '../../src/protocol/add-raft-voter.ts'
import { AlterConfigs } from '../../src/protocol/alter-configs.ts'
import { DescribeConfigs } from '../../src/protocol/describe-configs.ts'
import { IncrementalAlterConfigs } from '../../src/protocol/incremental-alter-configs.ts'
import { ListConfigResources } from '../../src/protocol/list-config-resources.ts'
import { RemoveRaftVoter } from '../../src/protocol/remove-raft-voter.ts'
import type { Peer } from './peer.ts'

const brokerType = 4
const metricsType = 16
const groupType = 32
const set = 0
const remove = 1
const append = 2
const subtract = 3

type Change = readonly [name: string, configOperation: number, value: string | null]

/** Asks about one resource. */
function resource(peer: Peer, resourceType: number, resourceName: string) {
  return {
    describe: (...keys: string[]) =>
      peer.ask(DescribeConfigs, 4, {
        resources: [{ resourceType, resourceName, configurationKeys: keys.length === 0 ? null : keys }],
        includeSynonyms: true,
      }),
    change: (changes: readonly Change[], validateOnly = false) =>
      peer.ask(IncrementalAlterConfigs, 1, {
        resources: [
          {
            resourceType,
            resourceName,
            configs: changes.map(([name, configOperation, value]) => ({ name, configOperation, value })),
          },
        ],
        validateOnly,
      }),
    alter: (values: Readonly<Record<string, string>>, validateOnly = false) =>
      peer.ask(AlterConfigs, 2, {
        resources: [
          { resourceType, resourceName, configs: Object.entries(values).map(([name, value]) => ({ name, value })) },
        ],
        validateOnly,
      }),
    /** Brokers learn of a change from the controller, in their own time. */
    settled: (name: string, value: string | null) =>
      peer.settle(
        DescribeConfigs,
        4,
        { resources: [{ resourceType, resourceName, configurationKeys: [name] }] },
        ({ results }) => (results[0]!.configs[0]?.value ?? null) === value,
      ),
  }
}

export async function brokers(peer: Peer): Promise<void> {
  const [one, all] = [resource(peer, brokerType, '1'), resource(peer, brokerType, '')]
  await one.change([['message.max.bytes', set, '2000000']])
  await one.settled('message.max.bytes', '2000000')
  await all.change([['message.max.bytes', set, '3000000']])
  await all.settled('message.max.bytes', '3000000')
  await one.describe('message.max.bytes', 'num.partitions', 'no.such')
  await all.describe('message.max.bytes', 'num.partitions')
  const wrong: Change[] = [
    ['num.partitions', set, '3'],
    ['num.partitions', set, 'x'],
    ['message.max.bytes', set, 'x'],
    ['message.max.bytes', set, '-5'],
    ['message.max.bytes', set, null],
    ['message.max.bytes', append, '1'],
    ['message.max.bytes', 9, '1'],
    ['no.such', append, '1'],
    ['log.message.timestamp.type', set, 'bogus'],
    ['log.segment.bytes', set, '5'],
    ['auto.create.topics.enable', set, 'false'],
  ]
  for (const each of wrong) {
    await one.change([each])
    await all.change([each])
  }
  await one.change([
    ['message.max.bytes', set, '1'],
    ['message.max.bytes', set, '2'],
  ])
  await one.change([['message.max.bytes', set, '4000000']], true)
  await one.change([['num.partitions', remove, null]])
  await one.change([
    ['log.cleanup.policy', append, 'compact'],
    ['no.such', set, 'x'],
  ])
  await one.settled('log.cleanup.policy', 'delete,compact')
  await one.describe('log.cleanup.policy', 'no.such', 'message.max.bytes')
  await one.change([['log.cleanup.policy', subtract, 'delete']])
  await one.settled('log.cleanup.policy', 'compact')
  await resource(peer, brokerType, '9').change([['message.max.bytes', set, '5']])
  await resource(peer, brokerType, 'x').change([['message.max.bytes', set, '5']])
  await one.alter({ 'num.partitions': '3' })
  await one.alter({ 'message.max.bytes': 'x' })
  await one.alter({ 'log.retention.bytes': '777777777' })
  await one.settled('message.max.bytes', '3000000')
  await one.describe('message.max.bytes', 'log.cleanup.policy', 'no.such')
  await one.alter({})
  await all.change([['message.max.bytes', remove, null]])
  await all.settled('message.max.bytes', null)
  await one.settled('message.max.bytes', '1048588')
  await one.describe('message.max.bytes', 'log.cleanup.policy')
}

export async function groups(peer: Peer, unique: string): Promise<void> {
  const group = resource(peer, groupType, unique)
  await group.describe()
  await resource(peer, groupType, '').describe()
  await resource(peer, groupType, '').change([['share.session.timeout.ms', set, '50000']])
  await group.change([
    ['share.session.timeout.ms', set, '50000'],
    ['share.auto.offset.reset', set, 'by_duration:PT1H'],
    ['streams.rack.aware.assignment.tags', set, 'zone'],
  ])
  await group.settled('share.session.timeout.ms', '50000')
  await group.describe()
  await group.describe('share.session.timeout.ms', 'no.such')
  const wrong: Change[] = [
    ['share.session.timeout.ms', set, '5'],
    ['share.session.timeout.ms', set, 'x'],
    ['share.session.timeout.ms', set, null],
    ['share.session.timeout.ms', append, '5'],
    ['share.session.timeout.ms', 9, '50000'],
    ['consumer.heartbeat.interval.ms', set, '60000'],
    ['consumer.assignment.interval.ms', set, '99999999'],
    ['share.record.lock.duration.ms', set, '1000'],
    ['share.delivery.count.limit', set, '11'],
    ['share.partition.max.record.locks', set, '5000'],
    ['share.isolation.level', set, 'bogus'],
    ['share.auto.offset.reset', set, 'bogus'],
    ['streams.num.standby.replicas', set, '3'],
    ['streams.assignor.name', set, 'bogus'],
    ['streams.rack.aware.assignment.tags', append, 'rack'],
    ['errors.deadletterqueue.copy.record.enable', set, 'x'],
    ['no.such', set, 'x'],
  ]
  for (const each of wrong) await group.change([each])
  await resource(peer, groupType, `${unique}-checked`).change([['share.session.timeout.ms', set, '50000']], true)
  await group.alter({ 'streams.session.timeout.ms': '46000' })
  await group.settled('share.session.timeout.ms', '45000')
  await group.describe('share.session.timeout.ms', 'streams.session.timeout.ms')
  await group.change([['streams.session.timeout.ms', remove, null]])
  await group.settled('streams.session.timeout.ms', '45000')
}

export async function metrics(peer: Peer, unique: string): Promise<void> {
  const all = resource(peer, metricsType, unique)
  await all.describe()
  await resource(peer, metricsType, '').describe()
  await resource(peer, metricsType, '').change([['interval.ms', set, '60000']])
  await all.change([
    ['metrics', set, 'org.apache.kafka.producer.'],
    ['interval.ms', set, '60000'],
    ['match', set, 'client_id=a.*,client_software_name=[a-z]+'],
  ])
  await all.settled('interval.ms', '60000')
  await all.describe()
  const wrong: Change[] = [
    ['interval.ms', set, '5'],
    ['interval.ms', set, 'x'],
    ['interval.ms', set, null],
    ['match', set, 'bogus'],
    ['match', set, 'client_id='],
    ['match', set, 'client_id=['],
    ['match', set, 'planet=.*'],
    ['metrics', append, 'b'],
    ['metrics', subtract, 'b'],
    ['no.such', set, 'x'],
  ]
  for (const each of wrong) await all.change([each])
  await all.change([['interval.ms', remove, null]])
  await all.settled('interval.ms', '300000')
  await all.describe('interval.ms', 'metrics')
  await all.alter({ match: '' })
  await all.settled('metrics', '')
  await all.describe()
  await all.alter({})
}

export async function listed(peer: Peer, unique: string): Promise<void> {
  await peer.topic(unique)
  await resource(peer, groupType, unique).change([['share.session.timeout.ms', set, '50000']])
  await resource(peer, metricsType, unique).change([['metrics', set, '*']])
  await resource(peer, groupType, unique).settled('share.session.timeout.ms', '50000')
  await resource(peer, metricsType, unique).settled('metrics', '*')
  // Others that use the cluster have theirs.
  const list = async (version: number, ...resourceTypes: number[]): Promise<void> => {
    const response = await peer.settle(ListConfigResources, version, { resourceTypes }, () => true)
    const mine = response.configResources
      .filter(({ resourceName }) => resourceName === unique || resourceName === '1')
      .map(({ resourceType, resourceName }) => `${resourceType} ${resourceName}`)
    peer.note(`ListConfigResources v${version} ${resourceTypes}`, [response.errorCode, mine.sort()])
  }
  await list(0)
  for (const types of [[], [2], [4], [8], [16], [32], [16, 32], [16, 16], [7], [0], [2, 7]]) await list(1, ...types)
  await resource(peer, groupType, unique).alter({})
  await resource(peer, metricsType, unique).alter({})
  await resource(peer, groupType, unique).settled('share.session.timeout.ms', '45000')
  await list(1, 32)
  for (const [type, name] of [
    [7, 'x'],
    [0, ''],
  ] as const) {
    await resource(peer, type, name).describe()
    await resource(peer, type, name).change([['a', set, 'b']])
  }
}

export async function voters(peer: Peer): Promise<void> {
  const voter = { voterId: 9, voterDirectoryId: 'AAAAAAAAAAAAAAAAAAAACQ' }
  const listeners = [{ name: 'CONTROLLER', host: '127.0.0.1', port: 1 }]
  for (const version of [0, 1])
    await peer.ask(AddRaftVoter, version, { clusterId: null, timeoutMs: 1000, ...voter, listeners })
  await peer.ask(AddRaftVoter, 0, { clusterId: 'another', timeoutMs: 1000, ...voter, listeners })
  await peer.ask(AddRaftVoter, 0, { clusterId: null, timeoutMs: 1000, ...voter, listeners: [] })
  await peer.ask(RemoveRaftVoter, 0, { clusterId: null, ...voter })
  await peer.ask(RemoveRaftVoter, 0, { clusterId: 'another', ...voter })
}
