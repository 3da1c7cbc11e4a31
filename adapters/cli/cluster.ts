import { type ClusterAccess, clusterHelp, clusterOptions, withCluster } from './cluster-options.ts'
import { type Command, type CommandContext, exitStatus, UsageError } from './command.ts'
import { parseWords } from './options.ts'
import { tableOf } from './table.ts'

const verbs = { brokers, features, quorum }

export const clusterCommand: Command = {
  name: 'cluster',
  summary: 'shows the brokers of a cluster, its features and its quorum of controllers',
  help: `usage: isokafka cluster [brokers | features | quorum]

  brokers    its id on standard error, and its brokers (the default); * is the controller
  features   what it has of each feature, and what its brokers could do
  quorum     who votes for the controller, and how far each is (KRaft)
${clusterHelp}

examples:
  isokafka cluster
  isokafka cluster quorum -b kafka-1:9092`,

  async run(args, context) {
    const { values, positionals } = parseWords(args, clusterOptions)
    const [verb = 'brokers', ...more] = positionals
    if (!Object.hasOwn(verbs, verb) || more.length > 0)
      throw new UsageError(`what of the cluster: ${Object.keys(verbs).join(', ')}, not ${positionals.join(' ')}?`)
    return withCluster(values, context, cluster => verbs[verb as keyof typeof verbs](cluster, context))
  },
}

async function brokers({ client }: ClusterAccess, context: CommandContext): Promise<number> {
  const options = { signal: context.signal }
  const { brokers, controller, clusterId } = await client.metadata({ topics: [] }, options)
  context.warn(`cluster ${clusterId}`)
  const rows = brokers
    .sort((a, b) => a.id - b.id)
    .map(({ id, host, port, rack }) => [`${id}${id === controller?.id ? '*' : ''}`, host, port, rack])
  await context.write(tableOf(['broker', 'host', 'port', 'rack'], rows, context))
  return exitStatus.done
}

async function features({ client }: ClusterAccess, context: CommandContext): Promise<number> {
  const told = await client.describeFeatures({}, { signal: context.signal })
  if (told.error !== null) throw told.error
  const names = new Set([...Object.keys(told.finalizedFeatures), ...Object.keys(told.supportedFeatures)])
  const rows = [...names].sort().map(name => {
    const could = told.supportedFeatures[name]
    return [name, told.finalizedFeatures[name]?.max ?? 0, could === undefined ? '' : `${could.min} to ${could.max}`]
  })
  await context.write(tableOf(['feature', 'level', 'supported'], rows, context))
  return exitStatus.done
}

async function quorum({ client }: ClusterAccess, context: CommandContext): Promise<number> {
  const told = await client.describeQuorum({}, { signal: context.signal })
  if (told.error !== null) throw told.error
  const replicas = [
    ...told.voters.map(voter => ({ ...voter, role: voter.replicaId === told.leaderId ? 'leader' : 'voter' })),
    ...told.observers.map(observer => ({ ...observer, role: 'observer' })),
  ]
  const rows = replicas.map(({ replicaId, role, logEndOffset, lastCaughtUp }) => [
    replicaId,
    role,
    logEndOffset,
    Math.max(0, told.highWatermark - logEndOffset),
    lastCaughtUp?.toISOString() ?? '',
  ])
  await context.write(tableOf(['node', 'role', 'end', 'lag', 'caught up at'], rows, context))
  return exitStatus.done
}
