import { ScramMechanism } from '../../src/client/constants.ts'
import { cryptoOf } from '../../src/sasl/crypto.ts'
import { type ClusterAccess, clusterHelp, clusterOptions, withCluster } from './cluster-options.ts'
import { type Command, type CommandContext, exitStatus, UsageError } from './command.ts'
import { fileOf, parseWords, whole } from './options.ts'
import { tableOf } from './table.ts'

const mechanisms = {
  'SCRAM-SHA-256': { mechanism: ScramMechanism.Sha256, hash: 'SHA-256' },
  'SCRAM-SHA-512': { mechanism: ScramMechanism.Sha512, hash: 'SHA-512' },
} as const
type Name = keyof typeof mechanisms
const variable = 'ISOKAFKA_USER_PASSWORD'
const saltBytes = 20

export const usersCommand: Command = {
  name: 'users',
  summary: 'lists users that log in by SCRAM, sets their passwords, deletes them',
  help: `usage: isokafka users list [<user>…] | set <user> | delete <user>…

  --mechanism name         SCRAM-SHA-512 or SCRAM-SHA-256; of set SCRAM-SHA-512 by default; of delete both by default
  --password-file path     of set: where the password is; or ${variable} in the environment
  --iterations number      of set: 4096 (the default) to 16384
${clusterHelp}

The broker never sees the password, but what it comes to.

examples:
  ${variable}=… isokafka users set alice
  isokafka users list
  isokafka users delete alice --mechanism SCRAM-SHA-256`,

  async run(args, context) {
    const { values, positionals } = parseWords(args, {
      mechanism: { type: 'string' },
      'password-file': { type: 'string' },
      iterations: { type: 'string', default: '4096' },
      ...clusterOptions,
    })
    const [verb, ...users] = positionals
    if (verb === undefined) throw new UsageError('what of users: list, set or delete?')
    if (!['list', 'set', 'delete'].includes(verb)) throw new UsageError(`users can't ${verb}: list, set or delete`)
    if (verb !== 'list' && users.length === 0) throw new UsageError(`${verb} which user?`)
    const named = values.mechanism?.toUpperCase()
    if (named !== undefined && !Object.hasOwn(mechanisms, named))
      throw new UsageError(`--mechanism: there is no "${named}", but ${Object.keys(mechanisms).join(', ')}`)
    const mechanism = named as Name | undefined
    if (verb === 'set') {
      const [name = '', ...more] = users
      if (more.length > 0) throw new UsageError('one user at a time has a password set')
      const path = values['password-file']
      const password =
        path === undefined
          ? context.environment[variable] || (await context.ask?.(`new password of ${name}: `))
          : fileOf('--password-file', path).replace(/\r?\n$/, '')
      if (password === undefined || password === '')
        throw new UsageError(`set needs ${variable} in the environment, or --password-file`)
      const iterations = whole('--iterations', values.iterations, 4096, 16_384)
      const credentials = await saltedOf(mechanism ?? 'SCRAM-SHA-512', password, iterations)
      return withCluster(values, context, cluster =>
        alter(cluster, { upsertions: [{ name, ...credentials }] }, context),
      )
    }
    return withCluster(values, context, async cluster => {
      if (verb === 'list') return list(cluster, users, context)
      let status: number = exitStatus.done
      for (const name of users) {
        // A request may name a user once.
        const deletions = mechanism ? [{ name, mechanism }] : await deletionsOf(cluster, name, context)
        for (const deletion of deletions)
          status = Math.max(status, await alter(cluster, { deletions: [deletion] }, context))
      }
      return status
    })
  },
}

async function saltedOf(name: Name, password: string, iterations: number) {
  const { mechanism, hash } = mechanisms[name]
  const salt = crypto.getRandomValues(new Uint8Array(saltBytes))
  const saltedPassword = await cryptoOf(hash).stretch(new TextEncoder().encode(password), salt, iterations)
  return { mechanism, iterations, salt, saltedPassword }
}

/** Of all that a user has. */
async function deletionsOf({ client }: ClusterAccess, name: string, { signal }: CommandContext) {
  const { results } = await client.describeUserScramCredentials({ users: [{ name }] }, { signal })
  const [found] = results
  if (found?.error) throw found.error
  return found?.credentialInfos.map(({ mechanism }) => ({ name, mechanism })) ?? []
}

async function alter(
  { client }: ClusterAccess,
  request: Parameters<ClusterAccess['client']['alterUserScramCredentials']>[0],
  { signal, warn }: CommandContext,
): Promise<number> {
  const { results } = await client.alterUserScramCredentials(request, { signal })
  const failed = results.filter(({ error }) => error !== null)
  for (const { user, error } of failed) warn(`isokafka: ${user}: ${error!.message}`)
  return failed.length === 0 ? exitStatus.done : exitStatus.failed
}

async function list({ client }: ClusterAccess, names: readonly string[], context: CommandContext): Promise<number> {
  const request = names.length > 0 ? { users: names.map(name => ({ name })) } : {}
  const { results, error } = await client.describeUserScramCredentials(request, { signal: context.signal })
  if (error !== null) throw error
  const nameOf = (mechanism: number): string =>
    Object.entries(mechanisms).find(([, each]) => each.mechanism === mechanism)?.[0] ?? String(mechanism)
  const rows = results
    .sort((a, b) => (a.user < b.user ? -1 : 1))
    .flatMap(({ user, credentialInfos }) =>
      credentialInfos
        .sort((a, b) => a.mechanism - b.mechanism)
        .map(({ mechanism, iterations }) => [user, nameOf(mechanism), iterations]),
    )
  await context.write(tableOf(['user', 'mechanism', 'iterations'], rows, context))
  const failed = results.filter(each => each.error !== null)
  for (const { user, error } of failed) context.warn(`isokafka: ${user}: ${error!.message}`)
  return failed.length === 0 ? exitStatus.done : exitStatus.failed
}
