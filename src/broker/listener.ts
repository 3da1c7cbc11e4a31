import type { Address } from '../socket/socket.ts'

/**
 * Where clients that came one way reach each broker: memory and TCP advertise different addresses, as Kafka's listeners
 * do.
 */
export interface Listener {
  /** Undefined for a broker that cannot be reached this way yet: it is not told of. */
  address(brokerId: number): Address | undefined
  /** Whether who comes this way must authenticate; by default where the broker has users, or `sasl`. */
  readonly sasl?: boolean
}
