import type { SocketAdapter } from '../../src/socket/socket.ts'
import { guard } from '../shared/guard.ts'
import { resolve } from '../shared/resolve.ts'
import { dial } from './dial.ts'

export { natives } from './natives.ts'

/** TCP and TLS through Bun.connect. */
export const adapter: SocketAdapter = { name: 'bun', dial, resolve, guard }
