import { DescribeUserScramCredentials } from '../../protocol/describe-user-scram-credentials.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { deniedCluster } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { scramMechanisms } from '../access/scram-keys.ts'
import type { Cluster } from '../cluster.ts'
import { type Handler, handler } from '../handler.ts'
import { repeatedKeys } from '../topics/named-once.ts'
import { andThen } from '../turns.ts'

/** Those that administrators have made; of the broker's own users nothing is told. */
export const describeUserScramCredentials: Handler = handler(
  DescribeUserScramCredentials,
  [0, 0],
  ({ users }, context) => {
    const { cluster } = context
    const refused = deniedCluster(context, Operation.describe)
    if (refused !== 0) {
      // As Kafka has it: as often as there are names, and without them.
      const nobody = { user: '', errorCode: refused, errorMessage: '', credentialInfos: [] }
      return { errorCode: refused, errorMessage: '', results: (users ?? []).map(() => nobody) }
    }
    const all = users === null || users.length === 0
    const names = all ? [...cluster.credentials.names] : users.map(({ name }) => name)
    const repeated = repeatedKeys(names, name => name)
    const described = cluster.turns.map([...new Set(names)], user => describe(user, repeated.has(user), cluster))
    return andThen(described, results => ({ errorCode: 0, errorMessage: null, results }))
  },
)

function describe(user: string, isRepeated: boolean, { credentials }: Cluster) {
  const failed = (errorCode: number, errorMessage: string) => ({ user, errorCode, errorMessage, credentialInfos: [] })
  if (isRepeated)
    return failed(
      ErrorCode.DuplicateResource,
      `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`,
    )
  const kept = credentials.kept(user)
  if (kept === undefined)
    return failed(ErrorCode.ResourceNotFound, `Attempt to describe a user credential that does not exist: ${user}`)
  const credentialInfos = [...kept].map(([name, { iterations }]) => ({ mechanism: scramMechanisms[name], iterations }))
  return { user, errorCode: 0, errorMessage: null, credentialInfos }
}
