import { CreateDelegationToken } from '../../protocol/create-delegation-token.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { denied } from '../access/access.ts'
import { Operation, ResourceType } from '../access/operations.ts'
import { mayNotAsk, partiesOf, principalOf } from '../access/token-requests.ts'
import { noBytes } from '../groups/member.ts'
import { type Handler, handler } from '../handler.ts'

// What is kept of a token's principals, in characters.
const longestNames = 4_096

export const createDelegationToken: Handler = handler(CreateDelegationToken, [1, 3], async (request, context) => {
  const { cluster, connection } = context
  const { tokens, configs, limits, clock } = cluster
  const { ownerPrincipalType, ownerPrincipalName, maxLifetimeMs } = request
  const requester = connection.login.principal
  const owner = ownerPrincipalName ? `${ownerPrincipalType}:${ownerPrincipalName}` : requester
  const renewers = request.renewers.map(principalOf)
  const refused =
    mayNotAsk(context) ||
    (owner === requester ? 0 : denied(context, Operation.createTokens, ResourceType.user, owner)) ||
    (request.renewers.some(({ principalType }) => principalType !== 'User') ? ErrorCode.InvalidPrincipalType : 0) ||
    ([owner, ...renewers].join('').length > longestNames ? ErrorCode.InvalidRequest : 0) ||
    (tokens.all.length >= limits.tokens ? ErrorCode.PolicyViolation : 0)
  const who = partiesOf(owner, requester, context.apiVersion)
  if (refused !== 0)
    return {
      ...who,
      errorCode: refused,
      issueTimestampMs: -1,
      expiryTimestampMs: -1,
      maxTimestampMs: -1,
      tokenId: '',
      hmac: noBytes,
    }
  const longestLife = configs.number('delegation.token.max.lifetime.ms')
  const issued = clock.now()
  const longest = issued + (maxLifetimeMs > 0 ? Math.min(maxLifetimeMs, longestLife) : longestLife)
  const expires = Math.min(longest, issued + configs.number('delegation.token.expiry.time.ms'))
  const { id, hmac } = await tokens.create({ owner, requester, renewers, issued, longest, expires })
  return {
    ...who,
    errorCode: 0,
    issueTimestampMs: issued,
    expiryTimestampMs: expires,
    maxTimestampMs: longest,
    tokenId: id,
    hmac,
  }
})
