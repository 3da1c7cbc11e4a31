import { ErrorCode } from '../../protocol/errors.ts'
import { SaslHandshake } from '../../protocol/sasl-handshake.ts'
import { type Handler, handler } from '../handler.ts'

const mechanisms = ['PLAIN']

export const saslHandshake: Handler = handler(SaslHandshake, [0, 1], ({ mechanism }, { cluster, connection }) => {
  // Without users, and on a connection already authenticated, nobody is to shake hands.
  if (cluster.users === undefined || connection.mechanism !== undefined)
    return { errorCode: ErrorCode.IllegalSASLState, mechanisms: [] }
  if (!mechanisms.includes(mechanism)) return { errorCode: ErrorCode.UnsupportedSASLMechanism, mechanisms }
  connection.mechanism = mechanism
  return { errorCode: 0, mechanisms }
})
