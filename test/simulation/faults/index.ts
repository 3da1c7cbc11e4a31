import * as brokers from './brokers.ts'
import type { Fault } from './fault.ts'
import * as hosts from './hosts.ts'
import * as network from './network.ts'
import * as replicas from './replicas.ts'
import * as topics from './topics.ts'

/** All there are, by name; in the order of these, for modules' own differs between bundlers. */
export const faults: ReadonlyMap<string, Fault> = new Map(
  [network, brokers, replicas, topics, hosts]
    .flatMap(of => Object.values(of) as Fault[])
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(fault => [fault.name, fault]),
)
