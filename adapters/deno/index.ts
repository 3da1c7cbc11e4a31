import type { SocketAdapter } from '../../src/socket/socket.ts'
import { guard } from '../shared/guard.ts'
import { resolve } from '../shared/resolve.ts'
import { dial } from './dial.ts'

export { natives } from './natives.ts'

/**
 * TCP and TLS through Deno.connect, Deno.startTls and Deno.connectTls. Needs the permission `--allow-net`. `tls.ca` is
 * trusted besides the authorities Deno knows, not instead of them; `rejectUnauthorized: false`, and a `serverName`
 * together with a client certificate, are refused with a ConfigError.
 */
export const adapter: SocketAdapter = { name: 'deno', dial, resolve, guard }
