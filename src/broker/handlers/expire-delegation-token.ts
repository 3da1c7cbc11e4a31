import { ErrorCode } from '../../protocol/errors.ts'
import { ExpireDelegationToken } from '../../protocol/expire-delegation-token.ts'
import { isConcerned, mayNotAsk } from '../access/token-requests.ts'
import { type Handler, handler } from '../handler.ts'

/** A period below 0 ends the token now. */
export const expireDelegationToken: Handler = handler(
  ExpireDelegationToken,
  [1, 2],
  ({ hmac, expiryTimePeriodMs }, context) => {
    const { tokens, clock } = context.cluster
    const failed = (errorCode: number) => ({ errorCode, expiryTimestampMs: -1 })
    const refused = mayNotAsk(context)
    if (refused !== 0) return failed(refused)
    const token = tokens.byHmac(hmac)
    if (token === undefined) return failed(ErrorCode.DelegationTokenNotFound)
    if (!isConcerned(token, context.connection.login.principal)) return failed(ErrorCode.DelegationTokenOwnerMismatch)
    if (expiryTimePeriodMs < 0) {
      tokens.remove(token)
      return { errorCode: 0, expiryTimestampMs: clock.now() }
    }
    if (tokens.isOver(token)) return failed(ErrorCode.DelegationTokenExpired)
    token.expires = Math.min(token.longest, clock.now() + expiryTimePeriodMs)
    return { errorCode: 0, expiryTimestampMs: token.expires }
  },
)
