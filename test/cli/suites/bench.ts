import { describe, expect, test } from 'vitest'
import { Stopped } from '../../../adapters/cli/command.ts'
import { Client } from '../../../src/client/client.ts'
import type { CliStage } from '../stage.ts'

/** How fast records go in and out: that it is told, and of what. */
export function bench(stage: CliStage): void {
  const { at, done, newTopic } = stage
  const tableOf = (output: string): Record<string, string> => {
    const [head, row, ...more] = output.trimEnd().split('\n')
    expect(more).toEqual([])
    const values = row!.split('\t')
    return Object.fromEntries(head!.split('\t').map((name, at) => [name, values[at]!]))
  }

  describe('bench', () => {
    test('produce writes so many of such a size, and tells rate and latencies', async () => {
      const topic = await newTopic(2)
      const told = tableOf(await done('bench', 'produce', topic, '-n', '20000', '-s', '50', '-z', 'lz4'))
      expect(told['RECORDS']).toBe('20000')
      expect(Number(told['RECORDS/S'])).toBeGreaterThan(0)
      expect(Number(told['MB/S'])).toBeCloseTo((Number(told['RECORDS/S']) * 50) / 1e6, 1)
      const times = ['P50 MS', 'P95 MS', 'P99 MS', 'P99.9 MS', 'MAX MS'].map(name => Number(told[name]))
      expect(times).toEqual([...times].sort((a, b) => a - b))
      expect(Number(told['AVG MS'])).toBeLessThanOrEqual(times.at(-1)!)
      const sizes = await done('consume', topic, '-o', 'start', '-e', '-f', '%S\\n')
      expect(sizes).toBe('50\n'.repeat(20_000))
      const read = tableOf(await done('bench', 'consume', topic))
      expect(read['RECORDS']).toBe('20000')
      expect(tableOf(await done('bench', 'consume', topic, '-n', '5000'))['RECORDS']).toBe('5000')
    })

    test('produce keeps to a throughput', async () => {
      const told = tableOf(await done('bench', 'produce', await newTopic(), '-n', '40', '--throughput', '400'))
      expect(Number(told['RECORDS/S'])).toBeLessThanOrEqual(405)
    })

    test('produce without a topic makes one, and deletes it', async () => {
      const before = await done('topics', 'list')
      expect(
        tableOf(await done('bench', 'produce', '--partitions', '3', '-n', '100', '--acks', 'one'))['RECORDS'],
      ).toBe('100')
      await using client = new Client({ addr: stage.addr })
      await expect
        .poll(async () => (await client.metadata({})).topics.filter(({ name }) => name.startsWith('isokafka-bench')))
        .toEqual([])
      expect(await done('topics', 'list')).toBe(before)
    })

    test('consume in a group commits what it read', async () => {
      const topic = await newTopic(1)
      await done('bench', 'produce', topic, '-n', '1000')
      const group = `${topic}-bench`
      expect(tableOf(await done('bench', 'consume', topic, '-g', group, '-n', '1000'))['RECORDS']).toBe('1000')
      expect(await done('groups', 'describe', group)).toContain(`${topic}\t0\t1000\t1000\t0\n`)
    })

    test('what was done is told when it is stopped, and the status is the signal’s', async () => {
      const stopping = new AbortController()
      const progress = (line: string): void => {
        if (line !== '') stopping.abort(new Stopped('SIGINT'))
      }
      const args = ['bench', 'produce', await newTopic(), '-n', '1000000', '--throughput', '1000']
      const { status, output } = await at(args, { progress, signal: stopping.signal })
      expect(status).toBe(130)
      expect(Number(tableOf(output)['RECORDS'])).toBeLessThan(1_000_000)
    })

    test('a topic that is not there', async () => {
      const { status, errors } = await at(['bench', 'produce', 'nowhere', '-n', '1'])
      expect(errors).toMatch(/^isokafka: .*nowhere.*\n$/)
      expect(status).toBe(1)
      expect((await at(['bench', 'consume', 'nowhere'])).errors).toMatch(/nowhere/)
    })

    test.each<[string[], RegExp]>([
      [['bench'], /produce or consume\?/],
      [['bench', 'sleep'], /can't sleep/],
      [['bench', 'consume'], /which topic/],
      [['bench', 'produce', 't', '--partitions', '2'], /--partitions/],
      [['bench', 'consume', 't', '-g', 'g'], /--num-records/],
      [['bench', 'produce', 't', '-s', '0'], /--record-size/],
      [['bench', 'produce', 't', '-z', 'zip'], /zip/],
    ])('%j is refused', async (args, why) => {
      const { status, errors } = await at(args)
      expect(errors).toMatch(why)
      expect(status).toBe(2)
    })
  })
}
