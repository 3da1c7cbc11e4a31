import { AlterUserScramCredentials } from '../../protocol/alter-user-scram-credentials.ts'
import type { RequestOf } from '../../protocol/api.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { deniedCluster } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { cryptoFor, keysOf, leastIterations, mostIterations, type ScramMechanism } from '../access/scram-keys.ts'
import type { Cluster } from '../cluster.ts'
import { type Handler, handler } from '../handler.ts'

type Request = RequestOf<typeof AlterUserScramCredentials>
type Deletion = Request['deletions'][number]
type Upsertion = Request['upsertions'][number]
type Problem = readonly [errorCode: number, errorMessage: string]

// What making a credential's keys takes at most: where the runtime has no code for it, ours does it.
const unitsPerCredential = 50
const unitsPerPlan = 0.5
// Of a name and a salt together: they are kept.
const longestCredential = 1024

export const alterUserScramCredentials: Handler = handler(
  AlterUserScramCredentials,
  [0, 0],
  async ({ deletions, upsertions }, context) => {
    const { cluster } = context
    const { credentials, turns } = cluster
    const refused = deniedCluster(context, Operation.alter)
    if (refused !== 0)
      return {
        results: [...new Set([...deletions, ...upsertions].map(({ name }) => name))].map(user => ({
          user,
          errorCode: refused,
          errorMessage: '',
        })),
      }
    // A user's credentials change once a request, or not at all.
    const changes = new Map<string, (() => void | Promise<void>) | Problem>()
    const plan = (name: string, problem: Problem | undefined, change: () => void | Promise<void>): void => {
      const planned = changes.get(name)
      if (planned === undefined) changes.set(name, problem ?? change)
      else if (typeof planned === 'function')
        changes.set(name, [
          ErrorCode.DuplicateResource,
          'A user credential cannot be altered twice in the same request',
        ])
    }
    for (const each of deletions) {
      if (turns.isOver) await turns.pause()
      turns.spend(unitsPerPlan)
      plan(each.name, wrongDeletion(each, cluster), () => credentials.forget(each.name, mechanismOf(each)!))
    }
    let made = 0
    for (const each of upsertions) {
      if (turns.isOver) await turns.pause()
      turns.spend(unitsPerPlan)
      const problem = wrongUpsertion(each, cluster, made)
      if (problem === undefined) made++
      plan(each.name, problem, () => keep(each, cluster))
    }
    const results: { user: string; errorCode: number; errorMessage: string | null }[] = []
    for (const [user, change] of changes) {
      if (turns.isOver) await turns.pause()
      if (typeof change === 'function') await change()
      const [errorCode, errorMessage] = typeof change === 'function' ? [0, null] : change
      results.push({ user, errorCode, errorMessage })
    }
    return { results }
  },
)

const mechanisms: Readonly<Record<number, ScramMechanism>> = { 1: 'SCRAM-SHA-256', 2: 'SCRAM-SHA-512' }

function mechanismOf({ mechanism }: { readonly mechanism: number }): ScramMechanism | undefined {
  return mechanisms[mechanism]
}

function wrongName(each: { readonly name: string; readonly mechanism: number }): Problem | undefined {
  if (each.name === '') return [ErrorCode.UnacceptableCredential, 'Username must not be empty']
  return mechanismOf(each) === undefined ? [ErrorCode.UnsupportedSASLMechanism, 'Unknown SCRAM mechanism'] : undefined
}

function wrongDeletion(each: Deletion, { credentials }: Cluster): Problem | undefined {
  const problem = wrongName(each)
  if (problem !== undefined) return problem
  return credentials.kept(each.name)?.has(mechanismOf(each)!)
    ? undefined
    : [ErrorCode.ResourceNotFound, 'Attempt to delete a user credential that does not exist']
}

function wrongUpsertion(each: Upsertion, { credentials, limits }: Cluster, made: number): Problem | undefined {
  const problem = wrongName(each)
  if (problem !== undefined) return problem
  const unacceptable = (why: string): Problem => [ErrorCode.UnacceptableCredential, why]
  if (each.iterations > mostIterations) return unacceptable('Too many iterations')
  if (each.iterations < leastIterations) return unacceptable('Too few iterations')
  if (each.saltedPassword.length === 0) return [ErrorCode.Unknown, 'The salted password is empty']
  if (each.name.length + each.salt.length > longestCredential)
    return unacceptable(`The name and the salt are longer than ${longestCredential} together`)
  return credentials.count + made >= limits.users
    ? [ErrorCode.PolicyViolation, `This cluster holds at most ${limits.users} SCRAM credentials.`]
    : undefined
}

async function keep(each: Upsertion, { credentials, turns }: Cluster): Promise<void> {
  const { name, iterations, salt, saltedPassword } = each
  const mechanism = mechanismOf(each)!
  turns.spend(unitsPerCredential)
  const keys = await keysOf(cryptoFor(mechanism), saltedPassword)
  credentials.keep(name, mechanism, { salt: salt.slice(), iterations, keys })
}
