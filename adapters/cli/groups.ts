import type { ResetOffsetsRequest } from '../../src/client/reset-offsets.ts'
import { type ClusterAccess, clusterHelp, clusterOptions, withCluster } from './cluster-options.ts'
import { type Command, type CommandContext, exitStatus, UsageError } from './command.ts'
import { offsetRange } from './offset-range.ts'
import { parseWords } from './options.ts'
import { tableOf } from './table.ts'
import { outcome } from './topics.ts'

export const groupsCommand: Command = {
  name: 'groups',
  summary: 'lists and describes groups with their lag, resets where they are, deletes them',
  help: `usage: isokafka groups list | describe <group>… | delete <group>…
       isokafka groups reset <group> --to place [--topic name]… [--execute]

  --to place        of reset: start, end, an offset, +N or -N from where it is, or @time as consume takes it
  --topic name      of reset: in these topics; by default in those it has positions in; may be repeated
  --execute         of reset: does it. Without it what would be is printed, and nothing changes
${clusterHelp}

examples:
  isokafka groups list
  isokafka groups describe billing
  isokafka groups reset billing --to @-1h
  isokafka groups reset billing --to @-1h --execute`,

  async run(args, context) {
    const { values, positionals } = parseWords(
      args,
      {
        to: { type: 'string' },
        topic: { type: 'string', multiple: true, default: [] as string[] },
        execute: { type: 'boolean', default: false },
        ...clusterOptions,
      },
      ['--to'],
    )
    const [verb, ...groups] = positionals
    if (verb === undefined) throw new UsageError('what of groups: list, describe, reset or delete?')
    if (!['list', 'describe', 'reset', 'delete'].includes(verb))
      throw new UsageError(`groups can't ${verb}: list, describe, reset or delete`)
    if (verb !== 'list' && groups.length === 0) throw new UsageError(`${verb} which group?`)
    return withCluster(values, context, async cluster => {
      switch (verb) {
        case 'list':
          if (groups.length > 0) throw new UsageError(`list takes no names: ${groups.join(', ')}`)
          return list(cluster, context)
        case 'describe':
          return describe(cluster, groups, context)
        case 'delete':
          return outcome(
            (await cluster.client.deleteGroups({ groupIds: groups }, { signal: context.signal })).errors,
            context,
          )
        default: {
          const [groupId = '', ...more] = groups
          if (more.length > 0) throw new UsageError('one group at a time is reset')
          if (values.to === undefined) throw new UsageError('--to says where it is to go on')
          const { topic: topics, execute } = values
          const request = { groupId, to: targetOf(values.to), execute, ...(topics.length > 0 && { topics }) }
          return reset(cluster, request, context)
        }
      }
    })
  },
}

function targetOf(text: string): ResetOffsetsRequest['to'] {
  const shift = /^([+-])(\d+)$/.exec(text)
  if (shift !== null) return { shift: Number(text) }
  const { from, to } = offsetRange(text, Date.now())
  if (to !== undefined || 'last' in from) throw new UsageError(`--to: "${text}" is no place`)
  if ('at' in from) return from.at === 'start' ? 'earliest' : 'latest'
  return from
}

async function list({ client }: ClusterAccess, context: CommandContext): Promise<number> {
  const { groups, error } = await client.listGroups({}, { signal: context.signal })
  const rows = groups
    .sort((a, b) => (a.groupId < b.groupId ? -1 : 1))
    .map(({ groupId, groupState, groupType, protocolType, coordinator }) => [
      groupId,
      groupState,
      groupType,
      protocolType,
      coordinator,
    ])
  await context.write(tableOf(['group', 'state', 'type', 'protocol', 'coordinator'], rows, context))
  return error === null ? exitStatus.done : outcome({ 'not all groups': error }, context)
}

async function describe(
  { client }: ClusterAccess,
  groupIds: readonly string[],
  context: CommandContext,
): Promise<number> {
  const { groups } = await client.groupLag({ groupIds }, { signal: context.signal })
  const rows = groups.flatMap(({ groupId, topics }) =>
    Object.entries(topics).flatMap(([topic, its]) =>
      its.map(({ partition, committedOffset, lastOffset, lag, error }) => [
        groupId,
        topic,
        partition,
        committedOffset,
        lastOffset,
        error?.title ?? lag,
      ]),
    ),
  )
  const head = ['group', 'topic', 'partition', 'committed', 'end', 'lag']
  await context.write(tableOf(head, rows, context))
  return outcome(Object.fromEntries(groups.map(({ groupId, error }) => [groupId, error])), context)
}

async function reset(
  { client }: ClusterAccess,
  request: ResetOffsetsRequest,
  context: CommandContext,
): Promise<number> {
  const { topics, errors, executed } = await client.resetOffsets(request, { signal: context.signal })
  const rows = Object.entries(topics).flatMap(([topic, its]) =>
    its.map(({ partition, before, offset, error }) => [topic, partition, before, offset, error?.title ?? '']),
  )
  await context.write(tableOf(['topic', 'partition', 'before', 'after', 'error'], rows, context))
  if (!executed) context.warn('isokafka: nothing was changed: --execute does it')
  const failed = Object.values(topics).some(its => its.some(({ error }) => error !== null))
  return failed ? exitStatus.failed : outcome(errors, context)
}
