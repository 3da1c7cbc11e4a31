import { CooperativeStickyGroupBalancer, RangeGroupBalancer, Reader, Transport } from '../../dist/index.js'
import { job, measure, Watch } from './watch.mjs'

const watch = new Watch()
const transport = new Transport()
const settings = {
  eager: { groupBalancers: [new RangeGroupBalancer()] },
  cooperative: { groupBalancers: [new CooperativeStickyGroupBalancer()] },
  consumer: { protocol: 'consumer' },
}[job.kind]

await measure(
  watch,
  () => {
    const member = {}
    const ids = partitions => partitions.map(({ partition }) => partition)
    const without = partitions => [...watch.of(member)].filter(id => !ids(partitions).includes(id))
    const reader = new Reader({
      brokers: job.brokers,
      groupId: job.group,
      topic: job.topic,
      transport,
      ...settings,
      onAssigned: partitions => watch.set(member, [...watch.of(member), ...ids(partitions)]),
      onRevoked: partitions => watch.set(member, without(partitions)),
      onLost: partitions => watch.set(member, without(partitions)),
    })
    reader.readMessage().catch(() => {})
    return Object.assign(member, { reader })
  },
  member => member.reader.close(),
)
