import { adapter } from '../../adapters/node/index.ts'
import { pause } from '../../test/support/waiting.ts'
import type { World } from '../../test/support/world.ts'
import type { KafkaCluster } from '../kafka/index.ts'

/** A scenario's world on real nodes, in real time. */
export function realWorld({ brokers }: KafkaCluster): World {
  return {
    brokers,
    adapter,
    transport: {},
    now: () => performance.now(),
    sleep: pause,
    async until(what, condition, milliseconds) {
      for (const end = performance.now() + milliseconds; !(await condition()); await pause(20))
        if (performance.now() > end) throw new Error(`not within ${milliseconds} ms: ${what}`)
    },
  }
}
