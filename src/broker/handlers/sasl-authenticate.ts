import { readUtf8 } from '../../bytes/utf8.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { SaslAuthenticate } from '../../protocol/sasl-authenticate.ts'
import { noBytes } from '../groups/member.ts'
import { type Handler, handler } from '../handler.ts'

/** PLAIN: authorization id, name and password, a zero byte between (RFC 4616). */
export const saslAuthenticate: Handler = handler(SaslAuthenticate, [0, 2], ({ authBytes }, { cluster, connection }) => {
  const failed = (errorCode: number, errorMessage: string) => ({ errorCode, errorMessage, authBytes: noBytes })
  if (connection.mechanism === undefined)
    return failed(ErrorCode.IllegalSASLState, 'SaslAuthenticate request received after successful authentication')
  const [as = '', name = '', password, ...more] = readUtf8(authBytes, 0, authBytes.length).split('\0')
  const wellFormed = password !== undefined && more.length === 0 && (as === '' || as === name)
  if (!wellFormed || cluster.users?.get(name) !== password)
    return failed(ErrorCode.SASLAuthenticationFailed, 'Authentication failed: Invalid username or password')
  connection.principal = name
  return { errorCode: 0, errorMessage: null, authBytes: noBytes }
})
