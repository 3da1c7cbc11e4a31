import { expect, test } from 'vitest'
import type { GroupBalancer } from '../../src/group/balancers/group-balancer.ts'
import { decodeSubscription, encodeAssignment, encodeSubscription } from '../../src/protocol/consumer-protocol.ts'
import { OffsetFetch } from '../../src/protocol/offset-fetch.ts'
import { Embedded } from '../support/embedded.ts'
import { numbered } from '../support/reading-fixture.ts'
import { until } from '../support/waiting.ts'

const forever = AbortSignal.timeout(60_000)

/** Each member says which partition it wants, in words of its own. */
class WishBalancer implements GroupBalancer {
  readonly wire: NonNullable<GroupBalancer['wire']>

  constructor(wish: number) {
    this.wire = {
      subscription: topics => encodeSubscription({ topics: [...topics], userData: Uint8Array.of(wish) }, 0),
      divide: async members =>
        new Map(
          members.map(({ id, subscription }) => {
            const partitions = [decodeSubscription(subscription).userData![0]!]
            return [id, encodeAssignment({ assignedPartitions: [{ topic: 't', partitions }] })]
          }),
        ),
    }
  }

  protocolName(): string {
    return 'wishes'
  }

  userData(): never {
    throw new Error('what goes over the wire is its own')
  }

  assignGroups(): never {
    throw new Error('it divides by itself')
  }
}

test('a balancer with a format of its own writes what members and leader send', async () => {
  await using kafka = new Embedded({ partitions: 2 })
  await kafka.write(numbered(0, 2))
  const readers = [1, 0].map(wish =>
    kafka.reader({ groupId: 'g', groupBalancers: [new WishBalancer(wish)], heartbeatInterval: 20 }),
  )
  await Promise.all(
    readers.map(async (reader, i) => {
      const mine = 1 - i
      for (;;) {
        const message = await reader.fetchMessage()
        await reader.commitMessages(message).catch(() => {})
        if (message.partition === mine) break
      }
    }),
  )
  const { groups } = await kafka.transport.roundTrip(kafka.broker.addresses, OffsetFetch, {
    groupId: 'g',
    topics: null,
    groups: [{ groupId: 'g', topics: null }],
    requireStable: false,
  })
  expect(groups[0]!.topics[0]!.partitions.map(({ partitionIndex }) => partitionIndex).sort()).toEqual([0, 1])
  await until(forever, () =>
    readers.every((reader, i) => reader.stats().partitions.every(each => each.partition === 1 - i)),
  )
})
