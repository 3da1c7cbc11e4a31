import { ErrorCode } from '../../protocol/errors.ts'
import { RenewDelegationToken } from '../../protocol/renew-delegation-token.ts'
import { isConcerned, mayNotAsk } from '../access/token-requests.ts'
import { type Handler, handler } from '../handler.ts'

export const renewDelegationToken: Handler = handler(
  RenewDelegationToken,
  [1, 2],
  ({ hmac, renewPeriodMs }, context) => {
    const { tokens, configs, clock } = context.cluster
    const failed = (errorCode: number) => ({ errorCode, expiryTimestampMs: -1 })
    const refused = mayNotAsk(context)
    if (refused !== 0) return failed(refused)
    const token = tokens.byHmac(hmac)
    if (token === undefined) return failed(ErrorCode.DelegationTokenNotFound)
    if (tokens.isOver(token)) return failed(ErrorCode.DelegationTokenExpired)
    if (!isConcerned(token, context.connection.login.principal)) return failed(ErrorCode.DelegationTokenOwnerMismatch)
    const period = renewPeriodMs < 0 ? configs.number('delegation.token.expiry.time.ms') : renewPeriodMs
    token.expires = Math.min(token.longest, clock.now() + period)
    return { errorCode: 0, expiryTimestampMs: token.expires }
  },
)
