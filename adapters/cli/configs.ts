import { ConfigOperation, ConfigResourceType, ConfigSource } from '../../src/client/constants.ts'
import { type ClusterAccess, clusterHelp, clusterOptions, withCluster } from './cluster-options.ts'
import { type Command, type CommandContext, exitStatus, UsageError } from './command.ts'
import { constantOf, nameOf, namesOf } from './names.ts'
import { parseWords } from './options.ts'
import { tableOf } from './table.ts'

const kinds = namesOf(ConfigResourceType)

export const configsCommand: Command = {
  name: 'configs',
  summary: 'shows and changes settings of topics, brokers and groups',
  help: `usage: isokafka configs describe <kind> [<name>…] [--all]
       isokafka configs set <kind> <name> <setting=value>… [--dry-run]
       isokafka configs unset <kind> <name> <setting>… [--dry-run]

A kind is ${kinds.join(', ')}. A broker's name is its id; without one it is what all brokers have by default. Lists take
setting+=value and setting-=value, too.

  --all       of describe: what nobody has set, too
  --dry-run   of set and unset: checks only
${clusterHelp}

examples:
  isokafka configs describe topic orders
  isokafka configs set topic orders retention.ms=86400000 cleanup.policy+=compact
  isokafka configs unset topic orders retention.ms`,

  async run(args, context) {
    const { values, positionals } = parseWords(args, {
      all: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
      ...clusterOptions,
    })
    const [verb, kind, ...words] = positionals
    if (verb === undefined) throw new UsageError('what of configs: describe, set or unset?')
    if (!['describe', 'set', 'unset'].includes(verb))
      throw new UsageError(`configs can't ${verb}: describe, set or unset`)
    const resourceType = kind === undefined ? undefined : constantOf(ConfigResourceType, kind)
    if (resourceType === undefined)
      throw new UsageError(`${verb} of what: ${kinds.join(', ')}${kind === undefined ? '' : `, not ${kind}`}?`)
    const isBroker = resourceType === ConfigResourceType.Broker
    if (words.length === 0 && !(isBroker && verb === 'describe')) throw new UsageError(`which ${kind}?`)
    return withCluster(values, context, async cluster => {
      if (verb === 'describe')
        return describe(cluster, resourceType, words.length > 0 ? words : [''], values.all, context)
      // Without an id it is the setting that comes first.
      const isNamed = !isBroker || /^\d+$/.test(words[0]!)
      const [resourceName, settings] = isNamed ? [words[0]!, words.slice(1)] : ['', words]
      if (settings.length === 0) throw new UsageError(`${verb} which setting of ${kind} ${resourceName}?`)
      const configs = settings.map(setting => (verb === 'set' ? changeOf(setting) : resetOf(setting)))
      const { resources } = await cluster.client.incrementalAlterConfigs(
        { resources: [{ resourceType, resourceName, configs }], validateOnly: values['dry-run'] },
        { signal: context.signal },
      )
      return told(resources, context)
    })
  },
}

function changeOf(text: string) {
  const [, name, operation, value] = /^([^=]*?[^=+-])([+-]?)=(.*)$/s.exec(text) ?? []
  if (name === undefined) throw new UsageError(`"${text}" is not setting=value`)
  const operations = { '+': ConfigOperation.Append, '-': ConfigOperation.Subtract, '': ConfigOperation.Set }
  return { name, value: value!, configOperation: operations[operation as keyof typeof operations] }
}

function resetOf(name: string) {
  if (name.includes('=')) throw new UsageError(`unset takes names alone, not "${name}"`)
  return { name, configOperation: ConfigOperation.Delete }
}

type Told = readonly { readonly resourceName: string; readonly error: Error | null }[]

function told(resources: Told, { warn }: CommandContext): number {
  const failed = resources.filter(({ error }) => error !== null)
  for (const { resourceName, error } of failed) warn(`isokafka: ${resourceName || 'all brokers'}: ${error!.message}`)
  return failed.length === 0 ? exitStatus.done : exitStatus.failed
}

async function describe(
  { client }: ClusterAccess,
  resourceType: ConfigResourceType,
  names: readonly string[],
  all: boolean,
  context: CommandContext,
): Promise<number> {
  const asked = names.map(resourceName => ({ resourceType, resourceName }))
  const { resources } = await client.describeConfigs({ resources: asked }, { signal: context.signal })
  const rows = resources.flatMap(({ resourceName, configEntries }) =>
    configEntries
      .filter(({ isDefault, configSource }) => all || !(isDefault || configSource === ConfigSource.StaticBroker))
      .sort((a, b) => (a.configName < b.configName ? -1 : 1))
      .map(({ configName, configValue, configSource, isSensitive, readOnly }) => [
        resourceName,
        configName,
        configValue ?? (isSensitive ? '(secret)' : ''),
        nameOf(ConfigSource, configSource),
        readOnly ? 'read-only' : '',
      ]),
  )
  await context.write(tableOf(['name', 'setting', 'value', 'set by', ''], rows, context))
  return told(resources, context)
}
