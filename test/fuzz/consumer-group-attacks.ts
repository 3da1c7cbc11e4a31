import { zeroUuid } from '../../src/bytes/reader.ts'
import { ConsumerGroupDescribe } from '../../src/protocol/consumer-group-describe.ts'
import { ConsumerGroupHeartbeat } from '../../src/protocol/consumer-group-heartbeat.ts'
import { LeaveGroup } from '../../src/protocol/leave-group.ts'
import { type Attack, frame, short, times, topicName } from './attacks.ts'

const member = (index: number): string => `m${short(index)}`

function joining(memberId: string, subscribedTopicNames: readonly string[] | null, more: object = {}) {
  return {
    groupId: 'g',
    memberId,
    memberEpoch: 0,
    rebalanceTimeoutMs: 10_000,
    subscribedTopicNames,
    topicPartitions: [],
    ...more,
  }
}

/** So many members that read all these topics, or every other one of them. */
function joins(count: number, topics: number, assignor: string, some = (_topic: number, _member: number) => true) {
  return times(count, index => {
    const names = times(topics, topicName).filter((_, topic) => some(topic, index))
    return frame(ConsumerGroupHeartbeat, 1, joining(member(index), names, { serverAssignor: assignor }))
  })
}

const manyTopics = { topics: 9_000 }
const wide = { topics: 1, partitions: 9_000 }
const half = (topic: number, index: number): boolean => (topic * 31 + index * 17) % 5 < 2

export const consumerGroupAttacks: readonly Attack[] = [
  {
    name: 'ConsumerGroupHeartbeat of a member that reads many topics',
    ground: manyTopics,
    frames: fill => [fill(ConsumerGroupHeartbeat, 1, n => joining('m', times(n, topicName)))],
  },
  {
    name: 'ConsumerGroupHeartbeat of many topics that there are not',
    ground: manyTopics,
    frames: fill => [fill(ConsumerGroupHeartbeat, 1, n => joining('m', times(n, short)))],
  },
  {
    name: 'ConsumerGroupHeartbeat of the tenth member that reads all topics',
    ground: manyTopics,
    frames: () => joins(10, 9_000, 'uniform'),
  },
  {
    name: 'ConsumerGroupHeartbeat of the tenth member that reads all topics in ranges',
    ground: manyTopics,
    frames: () => joins(10, 9_000, 'range'),
  },
  {
    name: 'ConsumerGroupHeartbeat of the twentieth member that reads others than the rest',
    ground: manyTopics,
    frames: () => joins(20, 9_000, 'uniform', half),
  },
  {
    name: 'ConsumerGroupHeartbeat of the 500th member that reads a topic of many partitions',
    ground: wide,
    frames: () => joins(500, 1, 'uniform'),
  },
  {
    name: 'ConsumerGroupHeartbeat of a member that comes to a group that reads other topics of many partitions',
    ground: { topics: 2, partitions: 9_000 },
    frames: () => joins(300, 2, 'uniform', (topic, index) => topic === index % 2 || index % 7 === 0),
  },
  {
    name: 'ConsumerGroupHeartbeat of a slow pattern, and of the topics it matches',
    ground: manyTopics,
    frames: () =>
      times(2, () =>
        frame(
          ConsumerGroupHeartbeat,
          1,
          joining('m', null, { subscribedTopicRegex: `(?:${'[a-z0-9]?'.repeat(900)}|t.*)`, serverAssignor: 'range' }),
        ),
      ),
  },
  {
    name: 'ConsumerGroupHeartbeat of a pattern of 1 MiB',
    frames: () => [
      frame(ConsumerGroupHeartbeat, 1, joining('m', null, { subscribedTopicRegex: 'a'.repeat(1_048_000) })),
    ],
  },
  {
    name: 'ConsumerGroupHeartbeat of a member that has many partitions',
    ground: wide,
    frames: fill => [
      frame(ConsumerGroupHeartbeat, 1, joining('m', [topicName(0)])),
      fill(ConsumerGroupHeartbeat, 1, n => ({
        groupId: 'g',
        memberId: 'm',
        memberEpoch: 1,
        topicPartitions: [{ topicId: zeroUuid, partitions: times(n, i => i) }],
      })),
    ],
  },
  {
    name: 'ConsumerGroupDescribe of a large group, again and again',
    ground: wide,
    frames: () => [
      frame(ConsumerGroupHeartbeat, 1, joining('m', [topicName(0)])),
      frame(ConsumerGroupDescribe, 1, { groupIds: times(1_000, () => 'g'), includeAuthorizedOperations: false }),
    ],
  },
  {
    name: 'ConsumerGroupDescribe of many groups',
    frames: fill => [
      fill(ConsumerGroupDescribe, 1, n => ({ groupIds: times(n, short), includeAuthorizedOperations: true })),
    ],
  },
  {
    name: 'LeaveGroup of all members of a consumer group, again and again',
    ground: wide,
    frames: fill => [
      ...joins(200, 1, 'uniform'),
      fill(LeaveGroup, 4, n => ({
        groupId: 'g',
        members: times(n, i => ({ memberId: member(i % 200), groupInstanceId: null })),
      })),
    ],
  },
]
