import { clusterHelp, clusterOptions } from '../cluster-options.ts'
import { type Command, UsageError } from '../command.ts'
import { offsetRange } from '../offset-range.ts'
import { parseWords, whole } from '../options.ts'
import { benchConsume } from './consume.ts'
import { benchProduce } from './produce.ts'

export const benchCommand: Command = {
  name: 'bench',
  summary: 'measures how fast records go in and out',
  help: `usage: isokafka bench produce [<topic>] | consume <topic>

Writes or reads records, and prints how many a second that came to; of writing, also how long records took from being given to being
acknowledged. What is printed while it goes on is on standard error.

  -n, --num-records number  of produce: how many; 1000000 by default. Of consume: all that are there when it begins
  -s, --record-size bytes   of produce: how large the values are; 100 by default. They are letters drawn at random
  --throughput number       of produce: so many records a second; by default as they go
  --acks which              of produce: all, one or none; all by default
  -z, --compression name    of produce: none, gzip, snappy, lz4 or zstd; none by default
  --batch-size bytes        of produce: no larger batches; 1000000 by default
  --partitions number       of produce without a topic: of the one that is made for it, and deleted; as the brokers are set by default
  -g, --group id            of consume: as a member of this group; its offsets are committed
  -o, --offset range        of consume: what to read, as consume takes it; start by default
  --read-committed          of consume: no records of transactions that are open or aborted
${clusterHelp}

examples:
  isokafka bench produce --partitions 6 -n 5000000 -s 100
  isokafka bench produce orders --throughput 10000 --acks all -z lz4
  isokafka bench consume orders`,

  async run(args, context) {
    const { values, positionals } = parseWords(
      args,
      {
        'num-records': { type: 'string', short: 'n' },
        'record-size': { type: 'string', short: 's', default: '100' },
        throughput: { type: 'string' },
        acks: { type: 'string', default: 'all' },
        compression: { type: 'string', short: 'z', default: 'none' },
        'batch-size': { type: 'string', default: '1000000' },
        partitions: { type: 'string' },
        group: { type: 'string', short: 'g' },
        offset: { type: 'string', short: 'o' },
        'read-committed': { type: 'boolean', default: false },
        ...clusterOptions,
      },
      ['-o', '--offset'],
    )
    const [verb, topic, ...more] = positionals
    if (verb !== 'produce' && verb !== 'consume')
      throw new UsageError(
        verb === undefined ? 'bench what: produce or consume?' : `bench can't ${verb}: produce or consume`,
      )
    if (more.length > 0) throw new UsageError(`one topic, not ${positionals.slice(1).join(', ')}`)
    const number = (
      option: 'num-records' | 'record-size' | 'throughput' | 'batch-size' | 'partitions',
      most: number,
    ) => {
      const text = values[option]
      return text === undefined ? undefined : whole(`--${option}`, text, 1, most)
    }
    const count = number('num-records', 2 ** 53 - 1)
    if (verb === 'produce') {
      const partitions = number('partitions', 1_000_000)
      if (topic !== undefined && partitions !== undefined)
        throw new UsageError('--partitions is for a topic that is made: there is one given')
      const plan = {
        topic,
        partitions,
        count: count ?? 1_000_000,
        size: number('record-size', 2 ** 30)!,
        throughput: number('throughput', 2 ** 31) ?? Number.POSITIVE_INFINITY,
        batchBytes: number('batch-size', 2 ** 30)!,
        acks: values.acks,
        compression: values.compression,
      }
      return benchProduce(plan, values, context)
    }
    if (topic === undefined) throw new UsageError('consume which topic?')
    if (values.group !== undefined && (values.offset !== undefined || count === undefined))
      throw new UsageError('with a --group goes --num-records, and no --offset')
    const range = offsetRange(values.offset ?? 'start', Date.now())
    const isolationLevel = values['read-committed'] ? 'read_committed' : 'read_uncommitted'
    return benchConsume({ topic, group: values.group, range, count, isolationLevel }, values, context)
  },
}
