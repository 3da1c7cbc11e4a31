import type { Natives, SocketAdapter } from '../../src/socket/socket.ts'
import { dial } from './dial.ts'
import { scope } from './scope.ts'

/**
 * TCP and TLS through `connect()` of `cloudflare:sockets`. A socket belongs to the request that opened it: make a
 * Transport in the handler, close it before the response, and share it between Writers, Readers and Clients, for a
 * request has six connections in all. A Durable Object may keep one for as long as it lives. Of TLS there is the
 * server's certificate, verified against the public authorities, and
 * `serverName`; everything else is refused with a ConfigError.
 */
export const adapter: SocketAdapter = { name: 'cloudflare', limits: { connections: 6 }, dial, scope }

/** Nothing: gzip and zstd are ours, unless given: `new Transport({ natives })`. */
export const natives: Natives = {}
