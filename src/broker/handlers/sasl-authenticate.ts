import { SaslAuthenticate } from '../../protocol/sasl-authenticate.ts'
import { noBytes } from '../groups/member.ts'
import { type Handler, handler } from '../handler.ts'

/** Who fails is answered late, and the connection ends behind that: each guess costs another. */
export const saslAuthenticate: Handler = handler(
  SaslAuthenticate,
  [0, 2],
  async ({ authBytes }, { cluster: { clock, configs }, connection }) => {
    const told = await connection.login.next(authBytes, configs.number('connections.max.reauth.ms'), clock)
    if ('answer' in told)
      return { errorCode: 0, errorMessage: null, authBytes: told.answer, sessionLifetimeMs: told.lifetimeMs }
    const { errorCode, errorMessage, isLast } = told
    if (isLast) {
      connection.endBehindAnswer()
      await connection.sleep(configs.number('connection.failed.authentication.delay.ms'))
    }
    return { errorCode, errorMessage, authBytes: noBytes }
  },
)
