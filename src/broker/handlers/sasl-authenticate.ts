import { readUtf8 } from '../../bytes/utf8.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { SaslAuthenticate } from '../../protocol/sasl-authenticate.ts'
import { noBytes } from '../groups/member.ts'
import { type Handler, handler } from '../handler.ts'

/**
 * PLAIN: authorization id, name and password, a zero byte between (RFC 4616). Who fails is answered late, and the
 * connection ends behind that: each guess costs another.
 */
export const saslAuthenticate: Handler = handler(SaslAuthenticate, [0, 2], ({ authBytes }, { cluster, connection }) => {
  const failed = (errorCode: number, errorMessage: string) => ({ errorCode, errorMessage, authBytes: noBytes })
  if (connection.mechanism === undefined)
    return failed(ErrorCode.IllegalSASLState, 'SaslAuthenticate request received after successful authentication')
  const [as = '', name = '', password, ...more] = readUtf8(authBytes, 0, authBytes.length).split('\0')
  const wellFormed = password !== undefined && more.length === 0 && (as === '' || as === name)
  // A name there is not takes as long as one there is.
  const expected = cluster.users?.get(name)
  const isRight = isSame(password ?? '', expected ?? 'nobody') && expected !== undefined
  if (!wellFormed || !isRight) {
    connection.endBehindAnswer()
    const answer = failed(ErrorCode.SASLAuthenticationFailed, 'Authentication failed: Invalid username or password')
    return connection.sleep(cluster.configs.number('connection.failed.authentication.delay.ms')).then(() => answer)
  }
  connection.principal = name
  return { errorCode: 0, errorMessage: null, authBytes: noBytes }
})

/** How long it takes tells nothing of how much is right. */
function isSame(given: string, expected: string): boolean {
  let difference = given.length ^ expected.length
  for (let at = 0; at < given.length; at++)
    difference |= given.charCodeAt(at) ^ expected.charCodeAt(at % expected.length)
  return difference === 0
}
