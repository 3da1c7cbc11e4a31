import type { KafkaError } from '../../src/protocol/errors.ts'
import { type ClusterAccess, clusterHelp, clusterOptions, withCluster } from './cluster-options.ts'
import { type Command, type CommandContext, exitStatus, UsageError } from './command.ts'
import { parseWords, whole } from './options.ts'
import { tableOf } from './table.ts'

const verbs = 'list, describe, create, delete, add-partitions or trim'

export const topicsCommand: Command = {
  name: 'topics',
  summary: 'lists, describes, makes, extends, trims and deletes topics',
  help: `usage: isokafka topics list | describe <topic>… | create <topic>… | delete <topic>…
       isokafka topics add-partitions <topic>… --partitions number | trim <topic>… --before offset

On a terminal columns line up; elsewhere tabs are between them.

  -p, --partitions number   of create: as the brokers are set by default; of add-partitions: how many there are to be
  -r, --replicas number     of create: as the brokers are set by default
  --config name=value       of create; may be repeated
  --before offset           of trim: what is before it goes, in each partition; end for all there is
  --dry-run                 of create and add-partitions: checks only
  --internal                of list: Kafka's own topics, too
${clusterHelp}

examples:
  isokafka topics list
  isokafka topics create orders -p 6 --config cleanup.policy=compact
  isokafka topics describe orders`,

  async run(args, context) {
    const { values, positionals } = parseWords(args, {
      partitions: { type: 'string', short: 'p' },
      replicas: { type: 'string', short: 'r' },
      config: { type: 'string', multiple: true, default: [] as string[] },
      before: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      internal: { type: 'boolean', default: false },
      ...clusterOptions,
    })
    const [verb, ...topics] = positionals
    if (verb === undefined) throw new UsageError(`what of topics: ${verbs}?`)
    if (!verbs.split(/, | or /).includes(verb)) throw new UsageError(`topics can't ${verb}: ${verbs}`)
    if (verb !== 'list' && topics.length === 0) throw new UsageError(`${verb} which topic?`)
    const number = (option: 'partitions' | 'replicas'): number | undefined => {
      const text = values[option]
      return text === undefined ? undefined : whole(`--${option}`, text, 1, 1_000_000)
    }
    return withCluster(values, context, async cluster => {
      const { client } = cluster
      const options = { signal: context.signal }
      switch (verb) {
        case 'list':
          if (topics.length > 0) throw new UsageError(`list takes no names: ${topics.join(', ')}`)
          return list(cluster, values.internal, context)
        case 'describe':
          return describe(cluster, topics, context)
        case 'create': {
          const [numPartitions, replicationFactor] = [number('partitions'), number('replicas')]
          const configEntries = values.config.map(configOf)
          const made = topics.map(topic => ({
            topic,
            configEntries,
            ...(numPartitions !== undefined && { numPartitions }),
            ...(replicationFactor !== undefined && { replicationFactor }),
          }))
          const { errors } = await client.createTopics({ topics: made, validateOnly: values['dry-run'] }, options)
          return outcome(errors, context)
        }
        case 'delete':
          return outcome((await client.deleteTopics({ topics }, options)).errors, context)
        case 'add-partitions': {
          const count = number('partitions')
          if (count === undefined) throw new UsageError('--partitions says how many there are to be')
          const wanted = topics.map(name => ({ name, count }))
          const { errors } = await client.createPartitions({ topics: wanted, validateOnly: values['dry-run'] }, options)
          return outcome(errors, context)
        }
        default: {
          const { before } = values
          if (before === undefined) throw new UsageError('--before says which offset is the first that stays')
          return trim(cluster, topics, before, context)
        }
      }
    })
  },
}

function configOf(text: string): { configName: string; configValue: string } {
  const at = text.indexOf('=')
  if (at < 1) throw new UsageError(`--config: "${text}" is not name=value`)
  return { configName: text.slice(0, at), configValue: text.slice(at + 1) }
}

/** Tells what failed; the exit status. */
export function outcome(
  errors: Readonly<Record<string, KafkaError | null>>,
  { warn }: Pick<CommandContext, 'warn'>,
): number {
  const failed = Object.entries(errors).filter(([, error]) => error !== null)
  for (const [name, error] of failed) warn(`isokafka: ${name}: ${error!.message}`)
  return failed.length === 0 ? exitStatus.done : exitStatus.failed
}

async function list({ client }: ClusterAccess, internal: boolean, context: CommandContext): Promise<number> {
  const { topics } = await client.metadata({}, { signal: context.signal })
  const rows = topics
    .filter(topic => internal || !topic.internal)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, partitions }) => [name, partitions.length, partitions[0]?.replicas.length ?? 0])
  await context.write(tableOf(['topic', 'partitions', 'replicas'], rows, context))
  return exitStatus.done
}

async function describe({ client }: ClusterAccess, names: readonly string[], context: CommandContext): Promise<number> {
  const options = { signal: context.signal }
  const { topics } = await client.metadata({ topics: names }, options)
  const { topics: offsets } = await client.topicOffsets({ topics: names }, options)
  const rows = topics.flatMap(({ name, partitions }) =>
    partitions.map(({ id, leader, replicas, isr, error }) => {
      const range = offsets[name]?.find(({ partition }) => partition === id)
      const ids = (brokers: readonly { readonly id: number }[]): string => brokers.map(each => each.id).join(',')
      const [first, last] = [range?.firstOffset ?? -1, range?.lastOffset ?? -1]
      return [name, id, error === null ? leader.id : error.title, ids(replicas), ids(isr), first, last]
    }),
  )
  const head = ['topic', 'partition', 'leader', 'replicas', 'isr', 'first', 'end']
  await context.write(tableOf(head, rows, context))
  return outcome(Object.fromEntries(topics.map(({ name, error }) => [name, error])), context)
}

async function trim(
  { client }: ClusterAccess,
  names: readonly string[],
  before: string,
  context: CommandContext,
): Promise<number> {
  const options = { signal: context.signal }
  const beforeOffset = before === 'end' ? 'latest' : whole('--before', before, 0, Number.MAX_SAFE_INTEGER)
  const { topics, errors } = await client.topicOffsets({ topics: names }, options)
  const wanted = Object.entries(topics).map(([topic, rows]) => [
    topic,
    rows.map(({ partition }) => ({ partition, beforeOffset })),
  ])
  const done = await client.deleteRecords({ topics: Object.fromEntries(wanted) }, options)
  const rows = Object.entries(done.topics).flatMap(([topic, its]) =>
    its.map(({ partition, lowWatermark, error }) => [topic, partition, lowWatermark, error?.title ?? '']),
  )
  await context.write(tableOf(['topic', 'partition', 'first', 'error'], rows, context))
  const failed = Object.values(done.topics).some(its => its.some(({ error }) => error !== null))
  return failed ? exitStatus.failed : outcome(errors, context)
}
