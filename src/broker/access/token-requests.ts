import { ErrorCode } from '../../protocol/errors.ts'
import type { RequestContext } from '../handler.ts'
import { anonymous } from './principal.ts'
import type { Token } from './tokens.ts'

/** Why the client may ask nothing of tokens; 0 when it may. Who is nobody, or logged in by a token, gets none. */
export function mayNotAsk({ cluster, connection: { login } }: RequestContext): number {
  if (login.principal === anonymous || login.identity.byToken === true)
    return ErrorCode.DelegationTokenRequestNotAllowed
  return cluster.sasl === undefined ? ErrorCode.DelegationTokenAuthDisabled : 0
}

/** A principal in the two parts that requests have it in. */
export function partsOf(principal: string): { principalType: string; principalName: string } {
  const at = principal.indexOf(':')
  return { principalType: principal.slice(0, at), principalName: principal.slice(at + 1) }
}

/** Who a token is of and, to clients that know of such, who asked for it. */
export function partiesOf(owner: string, requester: string, apiVersion: number) {
  const { principalType: tokenRequesterPrincipalType, principalName: tokenRequesterPrincipalName } = partsOf(requester)
  return apiVersion >= 3
    ? { ...partsOf(owner), tokenRequesterPrincipalType, tokenRequesterPrincipalName }
    : partsOf(owner)
}

export function principalOf(parts: { readonly principalType: string; readonly principalName: string }): string {
  return `${parts.principalType}:${parts.principalName}`
}

/** Whether it is the token's owner or a renewer. Who asked for it for another is neither, as in Kafka. */
export function isConcerned({ owner, renewers }: Token, principal: string): boolean {
  return principal === owner || renewers.includes(principal)
}
