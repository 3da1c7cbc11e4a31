import { ConfigError } from '../../src/base/errors.ts'
import type { Natives, SocketAdapter } from '../../src/socket/socket.ts'

/**
 * What `#adapter` is where no adapter fits the runtime: importing the package works, dialing without an adapter of
 * one's own says why.
 */
export const adapter: SocketAdapter = {
  name: 'none',
  async dial() {
    throw new ConfigError(
      'this runtime has no sockets that isokafka knows: give an adapter, as in new Transport({ adapter })',
    )
  },
}

export const natives: Natives = {}
