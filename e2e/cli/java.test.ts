import { beforeAll, describe, expect, test } from 'vitest'
import { stageOf } from '../../test/cli/stage.ts'
import { type Event, eventsOf, placeOf } from '../../test/cli/suites/events.ts'
import { unless, unlessFull } from '../../test/support/left-out.ts'
import { javaTool } from '../java.ts'
import { noKafka } from '../shared.ts'
import { kafkaCluster } from './cluster.ts'

/** Without what differs from run to run; fields in their order, for the same lines are wanted. */
function timeless(output: string): string[] {
  return eventsOf(output).map(({ timestamp, ...event }: Event) => {
    expect(timestamp).toBeGreaterThan(1e12)
    if ('avg_throughput' in event) return JSON.stringify({ ...event, avg_throughput: 0 })
    return JSON.stringify(event)
  })
}

describe("beside Kafka's own verifiable clients", unless(noKafka, unlessFull), () => {
  const stage = stageOf(kafkaCluster)
  const theirs = (tool: 'Producer' | 'Consumer', ...args: string[]): Promise<string> =>
    javaTool(`org.apache.kafka.tools.Verifiable${tool}`, [...placeOf(stage), ...args])
  const ours = (tool: 'producer' | 'consumer', ...args: string[]): Promise<string> =>
    stage.done(`verifiable-${tool}`, ...placeOf(stage), ...args)
  let read = ''
  beforeAll(async () => {
    read = await stage.newTopic(1)
    await ours('producer', '--topic', read, '--max-messages', '5', '--repeating-keys', '2')
  })

  test.each([
    ['--max-messages', '5'],
    ['--max-messages', '5', '--value-prefix', '3', '--repeating-keys', '2', '--acks', '1'],
    ['--max-messages', '3', '--message-create-time', '1600000000000', '--throughput', '1000'],
  ])('the producer prints the same lines: %j', async (...args) => {
    const [first, second] = [await stage.newTopic(1), await stage.newTopic(1)]
    const its = timeless(await theirs('Producer', '--topic', first, ...args))
    const own = timeless(await ours('producer', '--topic', second, ...args))
    expect(own).toEqual(its.map(line => line.replaceAll(`"${first}"`, `"${second}"`)))
    const contents = ['-o', 'start', '-e', '-f', '%o %k=%s\\n']
    expect(await stage.done('consume', second, ...contents)).toBe(await stage.done('consume', first, ...contents))
  })

  test.each([
    ['--max-messages', '5', '--verbose'],
    ['--max-messages', '5', '--group-protocol', 'consumer'],
    ['--max-messages', '5', '--enable-autocommit'],
  ])('the consumer prints the same lines: %j', async (...args) => {
    const group = (whose: string): string[] => ['--group-id', `${whose}-${args.length}-${args.at(-1)}`]
    const its = timeless(await theirs('Consumer', '--topic', read, ...group('theirs'), ...args))
    expect(timeless(await ours('consumer', '--topic', read, ...group('ours'), ...args))).toEqual(its)
  })

  test('each goes on where the other ended, in one group', async () => {
    const both = ['--topic', read, '--group-id', 'both', '--max-messages']
    const offsets = (output: string): unknown[] =>
      eventsOf(output).flatMap(({ name, offsets }) => (name === 'offsets_committed' ? (offsets as unknown[]) : []))
    const at = { topic: read, partition: 0 }
    expect(offsets(await ours('consumer', ...both, '1'))).toEqual([{ ...at, offset: 1 }])
    expect(offsets(await theirs('Consumer', ...both, '2'))).toEqual([{ ...at, offset: 3 }])
    expect(offsets(await ours('consumer', ...both, '2'))).toEqual([{ ...at, offset: 5 }])
  })
})
