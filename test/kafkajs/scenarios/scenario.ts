import type { Stage } from './stage.ts'

/** Something that users do, told so that both libraries can do it. */
export interface Scenario {
  /** Begins with whose it is: 'admin: …'. */
  readonly name: string
  readonly cluster: ClusterKind
  readonly play: (stage: Stage) => Promise<void>
}

/** One broker, three, or one that goes by access rules, where who has not logged in may do everything. */
export type ClusterKind = 'one' | 'three' | 'guarded'

/** On a cluster of one broker, unless told otherwise. */
export function scenario(name: string, play: Scenario['play'], cluster: ClusterKind = 'one'): Scenario {
  return { name, cluster, play }
}
