import type { ListOffsetsRequest } from '../../src/client/list-offsets.ts'
import { clusterHelp, clusterOptions, withCluster } from './cluster-options.ts'
import { type Command, exitStatus, UsageError } from './command.ts'
import { offsetRange } from './offset-range.ts'
import { parseWords, whole } from './options.ts'
import { tableOf } from './table.ts'
import { outcome } from './topics.ts'

type Timestamp = ListOffsetsRequest['topics'][string][number]['timestamp']

export const queryCommand: Command = {
  name: 'query',
  summary: 'tells which offset each partition has at a time',
  help: `usage: isokafka query <topic>… --at place [-p partition]…

  --at place               @time: the first message not older, as consume takes it; start, end; youngest: the message with
                           the largest time. -1 where there is none
  -p, --partition number   this one alone; may be repeated
  --read-committed         end is behind what no transaction holds open
${clusterHelp}

examples:
  isokafka query orders --at @-1h
  isokafka query orders --at @2026-11-30T12:00:00Z -p 0`,

  async run(args, context) {
    const { values, positionals: topics } = parseWords(
      args,
      {
        at: { type: 'string' },
        partition: { type: 'string', short: 'p', multiple: true, default: [] as string[] },
        'read-committed': { type: 'boolean', default: false },
        ...clusterOptions,
      },
      ['--at'],
    )
    if (topics.length === 0) throw new UsageError('which topic?')
    if (values.at === undefined) throw new UsageError('--at says which time')
    const timestamp = timestampOf(values.at)
    const only = values.partition.map(text => whole('--partition', text, 0, 2 ** 31 - 1))
    return withCluster(values, context, async ({ client }) => {
      const options = { signal: context.signal }
      const metadata = await client.metadata({ topics }, options)
      const there = metadata.topics.filter(({ error }) => error === null)
      const asked = there.map(({ name, partitions }) => {
        const ids = only.length > 0 ? only : partitions.map(({ id }) => id).sort((a, b) => a - b)
        return [name, ids.map(partition => ({ partition, timestamp }))] as const
      })
      const told = await client.listOffsets(
        {
          topics: Object.fromEntries(asked),
          isolationLevel: values['read-committed'] ? 'read_committed' : 'read_uncommitted',
        },
        options,
      )
      const rows = Object.entries(told.topics).flatMap(([name, its]) =>
        its.map(({ partition, firstOffset, lastOffset, offsets, error }) => {
          const found =
            timestamp === 'earliest' ? firstOffset : timestamp === 'latest' ? lastOffset : offsets.keys().next().value
          return [name, partition, error === null ? (found ?? -1) : error.title]
        }),
      )
      await context.write(tableOf(['topic', 'partition', 'offset'], rows, context))
      const failed = Object.values(told.topics).some(its => its.some(({ error }) => error !== null))
      const missing = outcome(Object.fromEntries(metadata.topics.map(({ name, error }) => [name, error])), context)
      return failed ? exitStatus.failed : missing
    })
  },
}

function timestampOf(text: string): Timestamp {
  if (text === 'youngest') return 'max_timestamp'
  const { from, to } = offsetRange(text, Date.now())
  if (to === undefined && 'time' in from) return from.time
  if (to === undefined && 'at' in from) return from.at === 'start' ? 'earliest' : 'latest'
  throw new UsageError(`--at: "${text}" is no time`)
}
