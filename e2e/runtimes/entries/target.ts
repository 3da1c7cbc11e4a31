import { memory } from '../../../adapters/memory/index.ts'
import { Broker } from '../../../src/broker/index.ts'
import type { Natives, SocketAdapter } from '../../../src/socket/socket.ts'
import { embedded } from '../../../test/contract/embedded.ts'
import { type Case, type ClusterUnderTest, collect } from '../../../test/contract/harness.ts'
import { suites } from '../../../test/contract/index.ts'
import { type SecuredCluster, securedSuite } from '../../../test/contract/secured.ts'
import { adapterSuite, type PeersUnderTest } from './adapter-suite.ts'
import { describe } from './describe.ts'

/**
 * What runs: the contract, against a cluster over TCP or an embedded one in the runtime itself; what an adapter owes,
 * against peers; or what a secured cluster takes, some cases at a time.
 */
export type Target =
  | { readonly memory: true }
  | { readonly cluster: ClusterUnderTest }
  | { readonly peers: PeersUnderTest }
  | { readonly secured: SecuredCluster }

export interface Running {
  readonly cases: readonly Case[]
  close(): Promise<void>
}

/** The cases against a target, with the runtime's own adapter for what is over TCP. */
export function open(target: Target, adapter: SocketAdapter, natives: Natives): Running {
  if ('peers' in target)
    return {
      cases: collect({ adapter: adapterSuite(target.peers) }, { cluster: none, adapter, natives }),
      async close() {},
    }
  if ('secured' in target)
    return {
      cases: collect({ secured: securedSuite(target.secured) }, { cluster: none, adapter, natives }),
      async close() {},
    }
  if ('cluster' in target)
    return { cases: collect(suites, { cluster: target.cluster, adapter, natives }), async close() {} }
  const broker = new Broker({ ...embedded, natives })
  const cluster = { brokers: broker.addresses, kind: 'embedded', version: '4.4.0', nodes: 1 } as const
  return { cases: collect(suites, { cluster, adapter: memory(broker, natives), natives }), close: () => broker.close() }
}

const none: ClusterUnderTest = { brokers: [], kind: 'embedded', version: 'none', nodes: 0 }

/** How a case went. */
export interface Outcome {
  readonly name: string
  /** Why it can't run here. */
  readonly skipped?: string
  /** What was thrown, with its stack. */
  readonly error?: string
}

export async function outcomeOf({ name, missing, run }: Case): Promise<Outcome> {
  if (missing.length > 0) return { name, skipped: `needs ${missing.join(', ')}` }
  try {
    await run()
    return { name }
  } catch (error) {
    return { name, error: describe(error) }
  }
}
