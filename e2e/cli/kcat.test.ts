import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { beforeAll, describe, expect, test } from 'vitest'
import { Writer } from '../../src/writer/writer.ts'
import { stageOf } from '../../test/cli/stage.ts'
import { unless } from '../../test/support/left-out.ts'
import { noKcat } from '../peers/run.ts'
import { noKafka } from '../shared.ts'
import { kafkaCluster } from './cluster.ts'

/** What it printed, byte by byte. */
async function kcat(args: readonly string[], input: string | Uint8Array = ''): Promise<string> {
  const child = spawn('kcat', args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: 60_000 })
  const [output, errors]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', piece => output.push(piece))
  child.stderr.on('data', piece => errors.push(piece))
  child.stdin.end(input)
  const [status] = await once(child, 'close')
  if (status !== 0) throw new Error(`kcat ended with ${status}: ${Buffer.concat(errors)}`)
  return Buffer.concat(output).toString('latin1')
}

describe('beside kcat', unless(noKafka, noKcat), () => {
  const stage = stageOf(kafkaCluster)
  const began = 1_700_000_000_000
  const odd = Uint8Array.from({ length: 256 }, (_, i) => i)
  let topic = ''
  beforeAll(async () => {
    topic = await stage.newTopic(2)
    const headers = [
      { key: 'a', value: '1' },
      { key: 'a', value: '2=3' },
    ]
    const messages = [
      { key: 'k', value: 'text' },
      { key: 'k', value: 'text' },
      { key: null, value: 'no key', headers },
      { key: 'gone', value: null },
      { key: 'both', value: 'значение' },
      { key: 'binary', value: odd },
      { key: odd, value: 'line\nbreak', headers: [{ key: 'none', value: null }] },
    ]
    await using writer = new Writer({ addr: stage.addr, topic })
    for (const partition of [0, 1])
      for (const [i, message] of messages.entries())
        await writer.writeMessages({ ...message, partition, timestamp: began + i * 1_000 })
  })

  const theirs = (...args: string[]): Promise<string> => kcat(['-C', '-b', stage.addr, '-t', topic, '-q', ...args])
  const ours = (...args: string[]): Promise<string> => stage.done('consume', topic, ...args)
  const all = '%t/%p@%o %T [%K]%k=[%S]%s %h %R\\x7c\\n\\t'

  test.each<[string[], string[]]>([
    [
      ['-o', 'beginning', '-e'],
      ['-o', 'start', '-e'],
    ],
    [
      ['-o', 'beginning', '-e', '-f', all],
      ['-o', 'start', '-e', '-f', all],
    ],
    [
      ['-o', 'beginning', '-e', '-Z', '-f', all],
      ['-o', 'start', '-e', '-Z', 'NULL', '-f', all],
    ],
    [
      ['-o', '3', '-e', '-f', all],
      ['-o', '3', '-e', '-f', all],
    ],
    [
      ['-o', '-2', '-e', '-f', all],
      ['-o', '-2', '-e', '-f', all],
    ],
    [
      ['-o', 'beginning', '-c', '4', '-f', all],
      ['-o', 'start', '-c', '4', '-f', all],
    ],
    [
      ['-o', 'end', '-e'],
      ['-o', 'end', '-e'],
    ],
    [
      ['-o', `s@${began + 1_500}`, '-e', '-f', all],
      ['-o', `@${began + 1_500}`, '-e', '-f', all],
    ],
    [
      ['-o', `s@${began + 2_000}`, '-o', `e@${began + 4_000}`, '-f', all],
      ['-o', `@${began + 2_000}:@${began + 4_000}`, '-f', all],
    ],
  ])('consume: kcat %j and ours %j print the same', async (its, own) => {
    for (const partition of ['0', '1'])
      expect(await ours('-p', partition, ...own)).toBe(await theirs('-p', partition, ...its))
  })

  test('consume: all partitions together, each in order', async () => {
    const format = ['-e', '-f', '%p %o\\n']
    const byPartition = (output: string): string[] =>
      output.split('\n').sort((a, b) => a.charCodeAt(0) - b.charCodeAt(0))
    expect(byPartition(await ours('-o', 'start', ...format))).toEqual(
      byPartition(await theirs('-o', 'beginning', ...format)),
    )
  })

  test('consume --json has kcat’s names, and what is text as it has it', async () => {
    const parsed = (output: string): Record<string, unknown>[] =>
      Buffer.from(output, 'latin1')
        .toString()
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line))
    // It garbles what is no text.
    const range = ['-p', '0', '-c', '5']
    const its = parsed(await theirs('-o', 'beginning', '-J', ...range))
    const own = parsed(await ours('-o', 'start', '--json', ...range))
    expect(own).toEqual(
      its.map(({ tstype: _, broker: __, headers = [], ...rest }) => ({ ...rest, headers: headers as unknown[] })),
    )
  })

  // Empty lines it passes over; ours writes them, as Kafka's console producer does.
  const lines = 'k1:one\nk2:\n:no key\nplain\nk3:a:b\nключ:значение\n'
  test.each<[string[], string[]]>([
    [[], []],
    [
      ['-K', ':'],
      ['-K', ':'],
    ],
    [
      ['-K', ':', '-Z'],
      ['-K', ':', '-Z'],
    ],
    [
      ['-k', 'fixed', '-H', 'a=1', '-H', 'b=x=y'],
      ['-k', 'fixed', '-H', 'a=1', '-H', 'b=x=y'],
    ],
    ...['gzip', 'snappy', 'lz4', 'zstd'].map((codec): [string[], string[]] => [
      ['-K', ':', '-z', codec],
      ['-K', ':', '-z', codec],
    ]),
  ])('produce: kcat %j and ours %j write the same', async (its, own) => {
    const [first, second] = [await stage.newTopic(2), await stage.newTopic(2)]
    await kcat(['-P', '-b', stage.addr, '-t', first, '-p', '1', ...its], lines)
    expect(await stage.at(['produce', second, '-p', '1', ...own], { input: lines })).toMatchObject({
      status: 0,
      errors: '',
    })
    const format = ['-o', 'start', '-e', '-Z', 'NULL', '-f', '%p@%o %K:%k %S:%s %h\\n']
    expect(await stage.done('consume', second, ...format)).toBe(await stage.done('consume', first, ...format))
  })
})
