import type { CallOptions } from '../base/signals.ts'
import type { Broker, Partition } from '../transport/layout.ts'
import type { Conn } from './conn.ts'
import { Dialer } from './dialer.ts'

// The DefaultDialer's methods as functions.

/** Gives up after ten seconds, and has no other settings. */
export const DefaultDialer: Dialer = /* @__PURE__ */ new Dialer({ timeout: 10_000, dualStack: true })

/** See Dialer.dial. */
export function dial(network: 'tcp', address: string, options?: CallOptions, ...extra: never[]): Promise<Conn> {
  return DefaultDialer.dial(network, address, options, ...extra)
}

/** See Dialer.dialLeader. */
export function dialLeader(
  network: 'tcp',
  address: string,
  topic: string,
  partition: number,
  options?: CallOptions,
  ...extra: never[]
): Promise<Conn> {
  return DefaultDialer.dialLeader(network, address, topic, partition, options, ...extra)
}

/** See Dialer.dialPartition. */
export function dialPartition(
  network: 'tcp',
  address: string,
  partition: Partition,
  options?: CallOptions,
  ...extra: never[]
): Promise<Conn> {
  return DefaultDialer.dialPartition(network, address, partition, options, ...extra)
}

/** See Dialer.lookupLeader. */
export function lookupLeader(
  network: 'tcp',
  address: string,
  topic: string,
  partition: number,
  options?: CallOptions,
  ...extra: never[]
): Promise<Broker> {
  return DefaultDialer.lookupLeader(network, address, topic, partition, options, ...extra)
}

/** See Dialer.lookupPartition. */
export function lookupPartition(
  network: 'tcp',
  address: string,
  topic: string,
  partition: number,
  options?: CallOptions,
  ...extra: never[]
): Promise<Partition> {
  return DefaultDialer.lookupPartition(network, address, topic, partition, options, ...extra)
}

/** See Dialer.lookupPartitions. */
export function lookupPartitions(
  network: 'tcp',
  address: string,
  topic: string,
  options?: CallOptions,
  ...extra: never[]
): Promise<Partition[]> {
  return DefaultDialer.lookupPartitions(network, address, topic, options, ...extra)
}
