import { ConfigError } from '../../src/base/errors.ts'
import { type ApiPolicy, isApiPolicy } from './api-policy.ts'

/** What a token says. */
export interface TokenClaims {
  /** Who it is for; limits count by it, and logs name it. */
  id: string
  /** Where its bearer may go, of the bridge's own targets, one at least; all of them by default. */
  targets?: readonly string[]
  /** What it may ask for, beside what the bridge's own policy allows all, and never what that denies. */
  apis?: ApiPolicy
  /** Milliseconds since 1970 before which it is not good. Default: at once. */
  notBefore?: number
}

/** The same with what the signer adds. Times are milliseconds since 1970. */
export interface SignedClaims extends TokenClaims {
  readonly issued: number
  readonly expires: number
  readonly audience?: string
  /** Of a token for one connection: what it is known by. */
  readonly once?: string
}

/** A ConfigError for claims that no bridge would take. */
export function checkClaims({ apis, id, notBefore, targets }: TokenClaims): void {
  if (!isName(id)) throw new ConfigError('bridge: a token needs the id of who it is for')
  if (!isTargets(targets)) throw new ConfigError('bridge: the targets of a token are a list of host:port, one at least')
  if (apis !== undefined && !isApiPolicy(apis))
    throw new ConfigError("bridge: the apis of a token are { allow, deny }: Kafka's names for its APIs")
  if (!isTime(notBefore ?? 0)) throw new ConfigError('bridge: notBefore of a token is a time in milliseconds')
}

/** Claims whose signature is right, if they are ours: undefined for anything else that was signed so. */
export function claimsOf(bytes: Uint8Array): SignedClaims | undefined {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { apis, audience = '', expires, id, issued, notBefore = 0, once = '', targets } = value as SignedClaims
  const right =
    isName(id) &&
    isTargets(targets) &&
    (apis === undefined || isApiPolicy(apis)) &&
    [expires, issued, notBefore].every(isTime) &&
    [audience, once].every(text => typeof text === 'string')
  return right ? (value as SignedClaims) : undefined
}

/** Whether they name targets, or none at all: null, an empty list and 0 name none, and mean no place to go. */
export function isTargets(targets: unknown): boolean {
  return targets === undefined || (Array.isArray(targets) && targets.length > 0 && targets.every(isName))
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value)
}
