import { DescribeDelegationToken } from '../../protocol/describe-delegation-token.ts'
import { denied } from '../access/access.ts'
import { Operation, ResourceType } from '../access/operations.ts'
import { isConcerned, mayNotAsk, partiesOf, partsOf, principalOf } from '../access/token-requests.ts'
import type { Token } from '../access/tokens.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'
import { andThen } from '../turns.ts'

/** Those the client may see: null asks for all, and an empty list for none, as in Kafka. */
export const describeDelegationToken: Handler = handler(DescribeDelegationToken, [1, 3], ({ owners }, context) => {
  const { tokens, turns } = context.cluster
  const refused = mayNotAsk(context)
  if (refused !== 0) return { errorCode: refused, tokens: [] }
  const wanted = owners && new Set(owners.map(principalOf))
  const isAsked = ({ owner, renewers }: Token): boolean =>
    wanted === null || [owner, ...renewers].some(each => wanted.has(each))
  const told = turns.map(tokens.all, token =>
    isAsked(token) && maySee(token, context) ? [describe(token, context.apiVersion)] : [],
  )
  return andThen(told, told => ({ errorCode: 0, tokens: told.flat() }))
})

function maySee(token: Token, context: RequestContext): boolean {
  return (
    isConcerned(token, context.connection.login.principal) ||
    denied(context, Operation.describe, ResourceType.delegationToken, token.id) === 0 ||
    denied(context, Operation.describeTokens, ResourceType.user, token.owner) === 0
  )
}

function describe(token: Token, apiVersion: number) {
  const { id, hmac, owner, requester, renewers, issued, expires, longest } = token
  return {
    ...partiesOf(owner, requester, apiVersion),
    issueTimestamp: issued,
    expiryTimestamp: expires,
    maxTimestamp: longest,
    tokenId: id,
    hmac,
    renewers: renewers.map(partsOf),
  }
}
