import { expect, test } from 'vitest'
import type { ResponseOf } from '../../src/protocol/api.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { Embedded } from '../support/embedded.ts'
import { LeapingClock } from '../support/leaping-clock.ts'

type Topic = ResponseOf<typeof Metadata>['topics'][number]

const oddities: [string, told: number, (topic: Topic) => void][] = [
  ['has a hole in its list', 1, topic => void topic.partitions.splice(1, 1)],
  ['has a partition twice', 1, topic => void topic.partitions.push({ ...topic.partitions[0]! })],
  [
    'has a partition of no possible number',
    1,
    topic => void Object.assign(topic.partitions[0]!, { partitionIndex: -1 }),
  ],
  ['has no partitions', 1, topic => void Object.assign(topic, { partitions: [] })],
  ['has an error that we don’t know', 1, topic => void Object.assign(topic, { errorCode: 12_345, partitions: [] })],
  ['is left out of the answer', 1, topic => void Object.assign(topic, { name: null })],
  // It may pass by itself: the log alone tells.
  ['has no leader for all of it', 0, topic => void Object.assign(topic, { errorCode: 5, partitions: [] })],
]

test.each(oddities)(
  'a topic that %s keeps no other from being read by the same member, and is read once it is as it should be',
  async (_what, told, spoil) => {
    using clock = new LeapingClock()
    const topics = ['t', 'odd'].map(name => ({ name, partitions: 3 }))
    await using kafka = new Embedded({ clock, topics, transport: { clock } })
    let odd = true
    kafka.broker.control(Metadata, async (_, context) => {
      const answer = (await context.apply()) as ResponseOf<typeof Metadata>
      if (odd) for (const topic of answer.topics) if (topic.name === 'odd') spoil(topic)
      return answer
    })
    await kafka.write([{ value: 'good' }])
    const reader = kafka.reader({ topic: undefined!, groupId: 'g', groupTopics: ['t', 'odd'] })
    const texts: string[] = []
    const errors: unknown[] = []
    let closed = false
    const reading = (async () => {
      while (!closed)
        await reader.readMessage().then(
          message => texts.push(message.text()),
          error => errors.push(error),
        )
    })()
    await clock.until(() => texts.length === 1, 10_000)
    await clock.sleep(60_000)
    expect(errors.length).toBe(told)
    odd = false
    await kafka.write([{ value: 'odd no more' }], { topic: 'odd' })
    await clock.until(() => texts.length === 2, 60_000)
    expect(texts).toEqual(['good', 'odd no more'])
    closed = true
    await reader.close()
    await reading
  },
  60_000,
)
