import type { CallOptions } from '../base/signals.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import type { Address } from '../socket/socket.ts'
import type { Mechanism } from './mechanism.ts'

/**
 * Authenticates a connection, or authenticates it anew (KIP-368), holding its other requests meanwhile. Answers the session's lifetime in
 * milliseconds, within which to authenticate anew; 0 for no limit.
 */
export declare function authenticate(connection: BrokerConnection, mechanism: Mechanism, options: Address & CallOptions): Promise<number>
