import { describe, expect, test } from 'vitest'
import { Stopped } from '../../../adapters/cli/command.ts'
import type { Ended } from '../console.ts'
import type { CliStage } from '../stage.ts'
import { courseOf, eventsOf, namesOf, placeOf, produceNumbers, properties } from './events.ts'

/** What Kafka's own consumer for system tests does. */
export function verifiableConsumer(stage: CliStage): void {
  const { at, newTopic } = stage
  const produce = (topic: string, ...args: string[]): Promise<Ended> => produceNumbers(stage, topic, ...args)
  const consume = (topic: string, groupId: string, ...args: string[]): Promise<Ended> =>
    at(['verifiable-consumer', ...placeOf(stage), '--topic', topic, '--group-id', groupId, ...args])

  describe('verifiable-consumer', () => {
    async function filled(count: number): Promise<string> {
      const topic = await newTopic(1)
      await produce(topic, '--max-messages', String(count))
      return topic
    }

    test('tells of what it is given, reads and commits, and goes on there', async () => {
      const topic = await filled(5)
      const first = await consume(topic, `${topic}-a`, '--max-messages', '3', '--verbose')
      expect({ status: first.status, errors: first.errors }).toEqual({ status: 0, errors: '' })
      const place = { topic, partition: 0 }
      expect(eventsOf(first.output).map(({ timestamp: _, ...event }) => event)).toEqual([
        { name: 'startup_complete' },
        { name: 'partitions_assigned', partitions: [place] },
        ...[0, 1, 2].map(i => ({ name: 'record_data', key: null, value: String(i), ...place, offset: i })),
        { name: 'records_consumed', count: 3, partitions: [{ ...place, count: 3, minOffset: 0, maxOffset: 2 }] },
        { name: 'offsets_committed', offsets: [{ ...place, offset: 3 }], success: true },
        { name: 'partitions_revoked', partitions: [place] },
        { name: 'shutdown_complete' },
        { name: 'shutdown_requested' },
      ])
      const second = await consume(topic, `${topic}-a`, '--max-messages', '2', '--group-protocol', 'CONSUMER')
      expect(eventsOf(second.output).find(({ name }) => name === 'records_consumed')).toMatchObject({
        count: 2,
        partitions: [{ minOffset: 3, maxOffset: 4 }],
      })
    })

    test('max.poll.records, and commits that are told of or are not', async () => {
      const topic = await filled(4)
      const path = await properties(['max.poll.records=2', 'auto.commit.interval.ms=60000'])
      const args = ['--max-messages', '4', '--command-config', path]
      const told = await consume(topic, `${topic}-b`, ...args)
      expect(namesOf(told.output).filter(name => /records|commit/.test(name))).toEqual([
        'records_consumed',
        'offsets_committed',
        'records_consumed',
        'offsets_committed',
      ])
      const untold = await consume(topic, `${topic}-c`, ...args, '--enable-autocommit')
      expect(namesOf(untold.output)).not.toContain('offsets_committed')
      expect(await stage.done('groups', 'describe', `${topic}-c`)).toContain(`${topic}\t0\t4\t4\t0\n`)
    })

    test('a group that has committed nothing, by policy', async () => {
      const topic = await filled(1)
      const none = await consume(topic, `${topic}-d`, '--max-messages', '1', '--reset-policy', 'none')
      expect(none.errors).toBe(`isokafka: ${topic}/0: the group has committed nothing there\n`)
      expect(courseOf(none.output).slice(-2)).toEqual(['shutdown_complete', 'shutdown_requested'])
      expect(none.status).toBe(1)
      const stopping = new AbortController()
      const write = (text: string): boolean => {
        if (text.includes('partitions_assigned')) void produce(topic, '--max-messages', '1', '--value-prefix', '9')
        if (text.includes('record_data')) stopping.abort(new Stopped('SIGINT'))
        return true
      }
      const args = ['--topic', topic, '--group-id', `${topic}-e`, '--reset-policy', 'latest', '--verbose']
      const latest = await at(['verifiable-consumer', ...placeOf(stage), ...args], { write, signal: stopping.signal })
      expect(latest.status).toBe(0)
      expect(eventsOf(latest.output).find(({ name }) => name === 'record_data')).toMatchObject({ value: '9.0' })
      expect(courseOf(latest.output)).toContain('shutdown_requested')
      expect(courseOf(latest.output).at(-1)).toBe('shutdown_complete')
    })

    test.each(['RangeAssignor', 'CooperativeStickyAssignor'])(
      'a member of %s that comes takes over, and one that gets nothing is told so',
      async assignor => {
        const topic = await newTopic(1)
        const path = await properties(['heartbeat.interval.ms=100'])
        const strategy = ['--assignment-strategy', `org.apache.kafka.${assignor}`, '--consumer.config', path]
        const args = ['--topic', topic, '--group-id', `${topic}-f`, ...strategy]
        const [leaving, staying] = [new AbortController(), new AbortController()]
        // Which of them has the partition is the leader's choice.
        let secondHas = false
        let second: Promise<Ended> | undefined
        const member = (isSecond: boolean, { signal }: AbortController): Promise<Ended> => {
          const write = (text: string): boolean => {
            for (const { name, partitions } of eventsOf(text)) {
              if (isSecond && name === 'partitions_revoked') secondHas = false
              if (name !== 'partitions_assigned') continue
              if (isSecond) secondHas ||= (partitions as unknown[]).length > 0
              // The first alone, then both, then the other.
              if (second === undefined) second = member(true, staying)
              else if (leaving.signal.aborted && secondHas) staying.abort(new Stopped('SIGTERM'))
              else if (isSecond) {
                leaving.abort(new Stopped('SIGTERM'))
                if (secondHas) staying.abort(new Stopped('SIGTERM'))
              }
            }
            return true
          }
          return at(['verifiable-consumer', ...placeOf(stage), ...args], { write, signal })
        }
        const first = await member(false, leaving)
        const last = await second!
        for (const { status, errors } of [first, last]) expect({ status, errors }).toEqual({ status: 0, errors: '' })
        const [before, after] = [first, last].map(({ output }) =>
          eventsOf(output).flatMap(({ name, partitions }) =>
            name === 'partitions_assigned' ? [(partitions as unknown[]).length] : [],
          ),
        )
        // While both were there, one of them had nothing.
        expect(before![0]).toBe(1)
        expect(after!).toContain(1)
        expect([...before!, ...after!]).toContain(0)
      },
    )

    test.each<[string[], RegExp]>([
      [['--reset-policy', 'newest'], /--reset-policy: "newest"/],
      [['--group-protocol', 'raft'], /--group-protocol: "raft"/],
      [['--assignment-strategy', 'a.b.Fair'], /no "Fair", but RangeAssignor/],
      [['--group-protocol', 'consumer', '--session-timeout', '6000'], /--session-timeout is for the broker/],
      [['--max-messages', 'all'], /--max-messages: "all"/],
    ])('%j is refused', async (args, why) => {
      const { status, errors } = await consume('t', 'g', ...args)
      expect(errors).toMatch(why)
      expect(status).toBe(2)
    })

    test('without a group it says what lacks', async () => {
      const { status, errors } = await at(['verifiable-consumer', '--topic', 't'])
      expect(errors).toMatch(/--group-id/)
      expect(status).toBe(2)
    })
  })
}
