import { setImmediate } from 'node:timers/promises'
import type { IsolationLevelName } from '../../src/protocol/offsets.ts'
import type { ReaderConfig } from '../../src/reader/config.ts'
import { Reader } from '../../src/reader/reader.ts'
import { type ClusterAccess, clusterHelp, clusterOptions, withCluster } from './cluster-options.ts'
import { type Command, type CommandContext, exitStatus, Stopped, UsageError } from './command.ts'
import { offsetRange, rangeHelp } from './offset-range.ts'
import { choice, parseWords, whole } from './options.ts'
import { type PartitionSpan, RangeReader, spansOf } from './range-reader.ts'
import { formatHelp, type RecordFormat, recordFormat } from './record-format.ts'
import { recordToJson } from './record-json.ts'
import { RecordPrinter } from './record-printer.ts'

export const consumeCommand: Command = {
  name: 'consume',
  summary: 'prints the records of a topic',
  help: `usage: isokafka consume <topic>… [options]

Prints the records of a topic, of all its partitions unless some are named, and goes on as more come.

${rangeHelp}
  -p, --partition list      of these partitions only, as 0,3,5
  -e, --exit                ends where the topic ended when it began
  -c, --count number        ends after so many records
  -g, --group id            as a member of this group, which may read several topics; what was printed is committed
  -f, --format text         how to print a record; '%s\\n' by default
  -J, --json                each as a line of JSON, which produce --json reads: nothing of a record is lost; --output json is the same
  -Z, --null text           what is printed for a key or value that is null; nothing by default
  --read-committed          no records of transactions that are open or aborted
${clusterHelp}

format:
${formatHelp}

examples:
  isokafka consume orders -o start -e
  isokafka consume orders -o -10 -e -f '%p %o %k=%s\\n'
  isokafka consume orders -o @-1h:end --json > orders.json
  isokafka consume orders news --group readers`,

  async run(args, context) {
    const { values, positionals } = parseWords(
      args,
      {
        offset: { type: 'string', short: 'o' },
        partition: { type: 'string', short: 'p' },
        exit: { type: 'boolean', short: 'e', default: false },
        count: { type: 'string', short: 'c' },
        group: { type: 'string', short: 'g' },
        format: { type: 'string', short: 'f' },
        json: { type: 'boolean', short: 'J', default: false },
        output: { type: 'string', default: 'text' },
        null: { type: 'string', short: 'Z' },
        'read-committed': { type: 'boolean', default: false },
        ...clusterOptions,
      },
      ['-o', '--offset'],
    )
    const [topic, ...more] = positionals
    if (topic === undefined) throw new UsageError('which topic?')
    const { group, offset } = values
    if (group === undefined && more.length > 0) throw new UsageError('several topics are for a --group')
    if (group !== undefined)
      for (const [name, value] of [
        ['partition', values.partition],
        ['exit', values.exit || undefined],
      ] as const)
        if (value !== undefined) throw new UsageError(`--${name} goes without --group`)
    const isJson = values.json || choice('--output', values.output, ['text', 'json']) === 'json'
    if (isJson && values.format !== undefined) throw new UsageError('--json and --format are two ways to print')
    const range = offsetRange(offset ?? 'end', Date.now())
    if (group !== undefined && offset !== undefined && (range.to !== undefined || !('at' in range.from)))
      throw new UsageError('in a group --offset is start or end: where it begins when it has committed nothing')
    const partitions = values.partition?.split(',').map(each => whole('--partition', each.trim(), 0, 2 ** 31 - 1))
    const count = values.count === undefined ? Number.POSITIVE_INFINITY : whole('--count', values.count, 1, 2 ** 53 - 1)
    const isolationLevel: IsolationLevelName = values['read-committed'] ? 'read_committed' : 'read_uncommitted'
    const print = isJson ? json : recordFormat(values.format ?? '%s\\n', values.null)
    const output = new RecordPrinter(context, print, count)
    // To be stopped is how a reader without an end ends.
    const isEndless = range.to === undefined && !values.exit && count === Number.POSITIVE_INFINITY
    return withCluster(values, context, async cluster => {
      if (group !== undefined) {
        const startOffset = 'at' in range.from && range.from.at === 'start' ? 'earliest' : 'latest'
        await printGroup(
          cluster,
          { groupId: group, groupTopics: [topic, ...more], startOffset, isolationLevel },
          output,
          context,
        )
      } else {
        const to = range.to ?? (values.exit ? ({ at: 'end' } as const) : undefined)
        const spans = await spansOf(cluster.client, topic, partitions, { ...range, to }, isolationLevel, context.signal)
        await printRange(cluster, topic, spans, isolationLevel, output, context)
      }
      return exitStatus.done
    })
      .catch(error => {
        if (isEndless && error instanceof Stopped) return exitStatus.done
        throw error
      })
      .finally(() => output.end())
  },
}

async function printGroup(
  { addr, transport }: ClusterAccess,
  config: Pick<ReaderConfig, 'groupId' | 'groupTopics' | 'startOffset' | 'isolationLevel'>,
  output: RecordPrinter,
  { signal }: CommandContext,
): Promise<void> {
  const reader = new Reader({ brokers: addr, transport, ...config })
  try {
    for (let goesOn = true; goesOn; ) {
      const messages = await reader.fetchMessages(output.most, { within: 0, signal })
      const isWanted = await output.printMessages(messages)
      // What nobody read is another member's to print.
      if (!(await output.flush())) return
      await reader.commitMessages(messages)
      goesOn = isWanted
    }
  } finally {
    await reader.close()
  }
}

async function printRange(
  { addr, transport }: ClusterAccess,
  topic: string,
  spans: ReadonlyMap<number, PartitionSpan>,
  isolationLevel: IsolationLevelName,
  output: RecordPrinter,
  { signal }: CommandContext,
): Promise<void> {
  const [only] = spans.keys()
  const one = spans.size === 1 && only !== undefined ? { partition: only } : {}
  const reader = new Reader({ brokers: addr, topic, isolationLevel, transport, ...one })
  try {
    const ranges = new RangeReader(reader, topic, spans, signal)
    for (let goesOn = true; goesOn; ) {
      const coming = ranges.next()
      // What was printed is not held back while there is nothing more to print.
      const isHere = await Promise.race([coming.then(() => true), setImmediate(false)])
      if (!isHere && !(await output.flush())) return void coming.catch(() => {})
      const found = await coming
      goesOn = found !== undefined && (await output.printBatch(found))
    }
    await output.flush()
  } finally {
    await reader.close()
  }
}

const json: RecordFormat = {
  wantsMessages: false,
  print(record, place, sink) {
    sink.text(recordToJson(record, place))
    sink.text('\n')
  },
}
