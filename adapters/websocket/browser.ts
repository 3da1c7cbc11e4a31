import { ConfigError } from '../../src/base/errors.ts'
import type { SocketAdapter } from '../../src/socket/socket.ts'

export { natives } from './index.ts'

/** What `#adapter` is in a browser, which has no sockets, and can't guess where the bridge is. */
export const adapter: SocketAdapter = {
  name: 'browser',
  async dial() {
    throw new ConfigError(
      "a browser reaches Kafka through a bridge: import { websocket } from 'isokafka/websocket', then " +
        'new Transport({ adapter: websocket({ url, token }) })',
    )
  },
}
