import { ErrorCode } from '../../protocol/errors.ts'
import { SaslHandshake } from '../../protocol/sasl-handshake.ts'
import { exchangeOf } from '../access/exchanges.ts'
import { type Handler, handler } from '../handler.ts'

export const saslHandshake: Handler = handler(
  SaslHandshake,
  [0, 1],
  ({ mechanism }, { cluster, connection: { login } }) => {
    if (!login.mayBegin) return { errorCode: ErrorCode.IllegalSASLState, mechanisms: [] }
    const mechanisms = [...(cluster.sasl?.mechanisms ?? [])]
    const exchange = exchangeOf(mechanism, cluster)
    if (exchange === undefined) return { errorCode: ErrorCode.UnsupportedSASLMechanism, mechanisms }
    login.begin(exchange)
    return { errorCode: 0, mechanisms }
  },
)
