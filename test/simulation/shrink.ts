import type { Anomaly } from './judges/judge.ts'
import type { Plan } from './plan.ts'
import { type Outcome, simulate } from './run.ts'

/** Whether an outcome shows the same kind of anomaly. */
function shows(outcome: Outcome, kind: string): boolean {
  return outcome.anomalies.some((anomaly: Anomaly) => anomaly.kind === kind)
}

/** Smaller plans than this one, those that leave out most first. */
function* smaller(plan: Plan): Generator<Plan> {
  for (const fault of plan.faults) yield { ...plan, faults: plan.faults.filter(other => other !== fault) }
  if (plan.workloads.length > 1)
    for (let at = plan.workloads.length - 1; at >= 0; at--)
      // Its place stays empty: the others keep their names, and with these their chance.
      yield { ...plan, workloads: plan.workloads.map((workload, i) => (i === at ? null : workload)) }
  if (plan.trouble > 5_000) yield { ...plan, trouble: Math.ceil(plan.trouble / 2) }
  if (plan.trouble > 5_000) yield { ...plan, trouble: Math.ceil(plan.trouble * 0.8) }
  if (plan.partitions > 1) yield { ...plan, partitions: 1 }
  if (plan.partitions > 2) yield { ...plan, partitions: plan.partitions - 1 }
  if (plan.protocol !== 'classic') yield { ...plan, protocol: 'classic' }
  if (plan.balancing !== 'eager') yield { ...plan, balancing: 'eager' }
  if (plan.release !== '4.4') yield { ...plan, release: '4.4' }
  if (plan.brokers > 1) yield { ...plan, brokers: plan.brokers - 1 }
}

/**
 * The smallest plan found that fails as this one does: fewer faults, workloads, brokers and partitions, and a shorter
 * time, as long as an anomaly of the same kind remains. Plays `budget` plans at most.
 */
export async function shrink(failed: Outcome, budget = 60): Promise<Outcome> {
  const { kind } = failed.anomalies[0]!
  let best = failed
  for (let again = true; again; ) {
    again = false
    for (const plan of smaller(best.plan)) {
      if (budget-- <= 0) return best
      if (plan.workloads.every(workload => workload === null)) continue
      const outcome = await simulate(plan)
      if (!shows(outcome, kind)) continue
      best = outcome
      again = true
      break
    }
  }
  return best
}

/** A plan as one line of code that plays it again. */
export function written(plan: Plan): string {
  const { seed, brokers, partitions, release, protocol, balancing, trouble, faults, workloads } = plan
  const names = JSON.stringify(faults.map(({ name }) => name))
  const programs = JSON.stringify(workloads.map(workload => workload?.name ?? null))
  return `{ seed: ${seed}, brokers: ${brokers}, partitions: ${partitions}, release: '${release}', protocol: '${protocol}', balancing: '${balancing}', trouble: ${trouble}, faults: ${names}, workloads: ${programs} }`
}
