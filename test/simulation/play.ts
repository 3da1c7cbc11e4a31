import type { Anomaly } from './judges/judge.ts'
import { planOf } from './plan.ts'
import { RealClock } from './real-clock.ts'
import { simulate } from './run.ts'

/** A world for whoever asks from outside of a runtime. */
export interface Wish {
  readonly seed: number
  /** Milliseconds of trouble, as time passes; in no time where none are given. */
  readonly realTrouble?: number
}

export interface Played {
  readonly anomalies: readonly Anomaly[]
  readonly trace: readonly string[]
}

export async function play({ seed, realTrouble }: Wish): Promise<Played> {
  const { anomalies, trace } =
    realTrouble === undefined
      ? await simulate(planOf(seed))
      : await simulate(planOf(seed, { trouble: realTrouble }), chance => new RealClock(chance))
  return { anomalies, trace }
}
