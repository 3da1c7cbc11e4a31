import { readUtf8 } from '../../bytes/utf8.ts'
import type { Credentials } from './credentials.ts'
import type { Exchange } from './exchange.ts'
import { userPrincipal } from './principal.ts'

const nothing = new Uint8Array(0)

/** Authorization id, name and password, a zero byte between (RFC 4616). */
export function plainExchange(credentials: Credentials): Exchange {
  return {
    mechanism: 'PLAIN',
    next(message) {
      const [as = '', name = '', password, ...more] = readUtf8(message, 0, message.length).split('\0', 4)
      const wellFormed = password !== undefined && more.length === 0 && (as === '' || as === name)
      const isRight = credentials.isPassword(name, password ?? '')
      return wellFormed && isRight
        ? { answer: nothing, identity: { principal: userPrincipal(name) } }
        : { refused: 'Authentication failed: Invalid username or password' }
    },
  }
}
