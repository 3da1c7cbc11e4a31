import { describe, test } from 'vitest'
import { unless } from '../../support/left-out.ts'
import { differencesOf, type Found } from './compare.ts'
import { differences } from './differences.ts'
import { libraries, noKafkajs } from './libraries.ts'
import type { ClusterKind, Scenario } from './scenario.ts'
import { transcript } from './stage.ts'

export interface ClusterOfScenarios {
  /** Whether it is the embedded broker, or a real one. */
  readonly kind: 'embedded' | 'kafka'
  /** The bootstrap addresses of the one that a scenario wants. */
  brokers(kind: ClusterKind): Promise<readonly string[]>
}

/** Plays every scenario with kafkajs and with ours, and compares what either noted. */
export function transcripts(scenarios: readonly Scenario[], cluster: ClusterOfScenarios): void {
  describe('kafkajs and ours', unless(noKafkajs), () => {
    for (const { name, cluster: kind, play } of scenarios) {
      // kafkajs takes its time: five seconds to set an offset, for one.
      test.concurrent(name, { timeout: 60_000 }, async ({ expect }) => {
        const { theirs, ours } = libraries()
        const brokers = await cluster.brokers(kind)
        const [kafkajs, isokafka] = await Promise.all([
          transcript(theirs, brokers, play),
          transcript(ours, brokers, play),
        ])
        const { unknown, missing } = judge(name, cluster.kind, differencesOf(kafkajs, isokafka))
        expect({ unknown, missing }).toEqual({ unknown: [], missing: [] })
      })
    }
  })
}

/** The differences that nothing is known of, and the known ones that are not there. */
function judge(name: string, kind: ClusterOfScenarios['kind'], found: readonly Found[]) {
  const known = Object.entries(differences[name] ?? {}).filter(([, { on }]) => on === undefined || on === kind)
  const isAt = (path: string, at: string): boolean =>
    at === path || (/^[.[]/.test(at.slice(path.length)) && at.startsWith(path))
  return {
    unknown: found.filter(({ at }) => !known.some(([path]) => isAt(path, at))),
    missing: known
      .filter(([, { byChance }]) => !byChance)
      .filter(([path]) => !found.some(({ at }) => isAt(path, at)))
      .map(([path]) => path),
  }
}
