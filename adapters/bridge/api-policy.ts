import { ConfigError } from '../../src/base/errors.ts'
import type { SettingKinds } from '../../src/base/settings.ts'
import { ByteReader } from '../../src/bytes/reader.ts'
import { concat } from '../../src/bytes/writer.ts'
import type { AnyApi } from '../../src/protocol/api.ts'
import { ErrorCode } from '../../src/protocol/error-codes.ts'
import { readRequest, readRequestHeader } from '../../src/protocol/headers.ts'
import { apis } from '../../src/protocol/registry.ts'
import { type AnswerError, errorAnswer } from './error-answer.ts'

/** Which of Kafka's APIs a client may use, by Kafka's names for them: `CreateTopics`. */
export interface ApiPolicy {
  /** Beside what Writers, Readers, groups, transactions and metadata need; `'all'` for every API there is. */
  readonly allow?: readonly string[] | 'all'
  /** None of these, whatever else allows them. */
  readonly deny?: readonly string[]
}

export const apiPolicySettings: SettingKinds<ApiPolicy> = { allow: 'any', deny: 'list' }

// What Writers, Readers, their groups and their transactions ask for, and nothing that describes or changes anybody
// else's.
const usual = [
  'ApiVersions Metadata DescribeTopicPartitions Produce Fetch ListOffsets OffsetForLeaderEpoch FindCoordinator',
  'JoinGroup SyncGroup Heartbeat LeaveGroup ConsumerGroupHeartbeat OffsetCommit OffsetFetch',
  'InitProducerId AddPartitionsToTxn AddOffsetsToTxn TxnOffsetCommit EndTxn',
  'ShareGroupHeartbeat ShareFetch ShareAcknowledge GetTelemetrySubscriptions PushTelemetry',
].flatMap(names => names.split(' '))

// With these a client could be somebody else on the connection that the bridge has authenticated.
const ownSasl = ['SaslHandshake', 'SaslAuthenticate']
// What makes credentials: those of the bridge's own user outlive its connection. Never meant by 'all' where the bridge
// authenticates.
const credentials = [
  ...ownSasl,
  'CreateDelegationToken',
  'RenewDelegationToken',
  'ExpireDelegationToken',
  'DescribeDelegationToken',
  'AlterUserScramCredentials',
]

/**
 * The keys of the APIs that pass when all of these policies hold: each adds what it allows, and what any denies does
 * not pass. `withSasl`: the bridge authenticates its connections. A ConfigError for a name that Kafka has not.
 */
export function apisAllowed(policies: readonly ApiPolicy[], withSasl: boolean): ReadonlySet<number> {
  const allowed = new Set(usual)
  for (const { allow = [] } of policies) {
    if (!Array.isArray(allow) && allow !== 'all')
      throw new ConfigError("bridge: apis: allow is a list of APIs' names, or 'all'")
    if (allow === 'all') {
      for (const { name } of apis) if (!withSasl || !credentials.includes(name)) allowed.add(name)
      continue
    }
    for (const name of checked(allow)) {
      if (withSasl && ownSasl.includes(name))
        throw new ConfigError(`bridge: apis: ${name} can't be allowed where the bridge itself authenticates (sasl)`)
      allowed.add(name)
    }
  }
  for (const { deny = [] } of policies) for (const name of checked(deny)) allowed.delete(name)
  return new Set(apis.filter(({ name }) => allowed.has(name)).map(({ key }) => key))
}

function checked(names: readonly string[]): readonly string[] {
  for (const name of names)
    if (!apis.some(api => api.name === name))
      throw new ConfigError(`bridge: apis: Kafka has no API "${name}"; names are as in CreateTopics`)
  return names
}

/** Whether it is a policy, as JSON may hold anything. */
export function isApiPolicy(value: unknown): value is ApiPolicy {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const { allow, deny, ...more } = value as ApiPolicy
  const isNames = (names: unknown): boolean =>
    names === undefined || (Array.isArray(names) && names.every(name => apis.some(api => api.name === name)))
  return (allow === 'all' || isNames(allow)) && isNames(deny) && Object.keys(more).length === 0
}

/** What a client is told whose request does not pass: what a broker says that lacks the permission. */
export function refusalOf({ name, route }: AnyApi): AnswerError {
  const message = `the bridge does not pass ${name}`
  return { code: codeOf(name, route), message }
}

function codeOf(name: string, route: AnyApi['route']): number {
  if (ownSasl.includes(name)) return ErrorCode.IllegalSASLState
  if (name.includes('DelegationToken')) return ErrorCode.DelegationTokenAuthorizationFailed
  if (route?.to === 'leaders') return ErrorCode.TopicAuthorizationFailed
  if (route?.to !== 'coordinator') return ErrorCode.ClusterAuthorizationFailed
  return route.kind === 'transaction'
    ? ErrorCode.TransactionalIDAuthorizationFailed
    : ErrorCode.GroupAuthorizationFailed
}

/** The bytes that answer a request which does not pass; undefined when it can't be read, or wants no answer. */
export function refusalTo(api: AnyApi, frame: Uint8Array): Uint8Array | undefined {
  try {
    const from = new ByteReader(frame)
    const { apiVersion, correlationId } = readRequestHeader(from)
    const request = readRequest(api, apiVersion, from)
    // Nobody would read the answer to this one; a broker that denies it hangs up, too.
    if (request.acks === 0) return undefined
    const pieces = errorAnswer(api, apiVersion, correlationId, request, refusalOf(api))
    return concat(pieces)
  } catch {
    return undefined
  }
}
