import { describe, expect, test } from 'vitest'
import { AssignerProtocol, PartitionAssigners } from '../../../adapters/kafkajs/index.ts'
import { unless } from '../../support/left-out.ts'
import { libraries, noKafkajs } from '../scenarios/libraries.ts'

const { MemberMetadata, MemberAssignment } = AssignerProtocol

const metadata = [
  { version: 0, topics: ['a', 'bé'] },
  { version: 1, topics: [], userData: Buffer.from('user data') },
  { version: 3, topics: ['a'], userData: null as unknown as Buffer },
]
const assignments = [
  { version: 0, assignment: { a: [0, 2, 4], b: [1] } },
  { version: 1, assignment: {}, userData: Buffer.from([1, 2, 3]) },
  { version: 1, assignment: { a: [] }, userData: null as unknown as Buffer },
]

describe('what members and leaders tell each other', unless(noKafkajs), () => {
  test.each(metadata)('is the same bytes as kafkajs writes: metadata of version $version', given => {
    const { theirs } = libraries()
    const written = MemberMetadata.encode(given as never)
    expect(written).toEqual(theirs.AssignerProtocol.MemberMetadata.encode(given as never))
    expect(MemberMetadata.decode(written)).toEqual(theirs.AssignerProtocol.MemberMetadata.decode(written))
  })

  test.each(assignments)('is the same bytes as kafkajs writes: an assignment of version $version', given => {
    const { theirs } = libraries()
    const written = MemberAssignment.encode(given as never)
    expect(written).toEqual(theirs.AssignerProtocol.MemberAssignment.encode(given as never))
    expect(MemberAssignment.decode(written)).toEqual(theirs.AssignerProtocol.MemberAssignment.decode(written))
  })

  test('is divided as kafkajs divides', async () => {
    const { theirs } = libraries()
    const partitions = { a: 5, b: 3, c: 0 } as Record<string, number>
    const cluster = {
      findTopicPartitionMetadata: (topic: string) =>
        Array.from({ length: partitions[topic] ?? 0 }, (_, partitionId) => ({ partitionId })),
    }
    const group = {
      members: ['m3', 'm1', 'm2'].map(memberId => ({ memberId, memberMetadata: Buffer.alloc(0) })),
      topics: ['b', 'a', 'c'],
    }
    const config = { cluster, groupId: 'g', logger: undefined } as never
    const [ours, other] = [PartitionAssigners.roundRobin(config), theirs.PartitionAssigners.roundRobin(config)]
    expect(ours.protocol({ topics: ['b'] })).toEqual(other.protocol({ topics: ['b'] }))
    expect(await ours.assign(group)).toEqual(await other.assign(group))
  })
})

test('no bytes at all are no assignment', () => {
  expect(MemberAssignment.decode(Buffer.alloc(0))).toBeNull()
})

test('a topic may be called __proto__', () => {
  const written = MemberAssignment.encode({ version: 0, assignment: JSON.parse('{"__proto__": [1]}') })
  expect(Object.entries(MemberAssignment.decode(written)!.assignment)).toEqual([['__proto__', [1]]])
})
