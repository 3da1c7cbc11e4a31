// Plays worlds: `npm run simulate -- [--seed N] [--worlds N] [--hours H] [--fault a,b] [--workload a,b] [--release 2.8]
// [--protocol consumer] [--balancing cooperative] [--trace FILE]`.
// Prints each world that went wrong, shrunk, and a table of faults and workloads; ends with 1 when one did.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { faults } from './faults/index.ts'
import { planOf } from './plan.ts'
import { type Release, releases } from './releases.ts'
import { type Outcome, simulate } from './run.ts'
import { shrink, written } from './shrink.ts'
import { Tally } from './tally.ts'
import { workloads } from './workloads/index.ts'

const { values: given } = parseArgs({
  options: {
    /** The first world; those after it count up. */
    seed: { type: 'string' },
    worlds: { type: 'string' },
    /** Of the worlds' time. */
    hours: { type: 'string' },
    /** Of ours. */
    seconds: { type: 'string' },
    fault: { type: 'string' },
    workload: { type: 'string' },
    /** Of the brokers. */
    release: { type: 'string' },
    /** Of groups. */
    protocol: { type: 'string' },
    /** Of classic ones. */
    balancing: { type: 'string' },
    trace: { type: 'string' },
    /** Ends at the first world that goes wrong, which is not shrunk. */
    first: { type: 'boolean', default: false },
    /** One line of JSON in place of the table. */
    json: { type: 'boolean', default: false },
  },
})

const protocolNames = new Map((['classic', 'consumer'] as const).map(name => [name as string, name]))
const balancingNames = new Map((['eager', 'cooperative'] as const).map(name => [name as string, name]))
const releaseNames = new Map((Object.keys(releases) as Release[]).map(name => [name as string, name]))

const first = given.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given.seed)
const bounds = { worlds: given.worlds, hours: given.hours, seconds: given.seconds }
const one = given.seed !== undefined && Object.values(bounds).every(bound => bound === undefined)
const most = {
  worlds: Number(bounds.worlds ?? (one ? 1 : Number.POSITIVE_INFINITY)),
  hours: Number(bounds.hours ?? Number.POSITIVE_INFINITY),
  seconds: Number(bounds.seconds ?? ((bounds.hours ?? bounds.worlds ?? one) ? Number.POSITIVE_INFINITY : 60)),
}
const chosen = {
  ...(given.fault !== undefined && { faults: named(faults, given.fault) }),
  ...(given.workload !== undefined && { workloads: named(workloads, given.workload) }),
  ...(given.release !== undefined && { release: named(releaseNames, given.release)[0]! }),
  ...(given.protocol !== undefined && { protocol: named(protocolNames, given.protocol)[0]! }),
  ...(given.balancing !== undefined && { balancing: named(balancingNames, given.balancing)[0]! }),
}

function named<T>(all: ReadonlyMap<string, T>, names: string): T[] {
  return names.split(',').map(name => {
    const found = all.get(name.trim())
    if (found === undefined) throw new Error(`no ${name}; there are: ${[...all.keys()].join(', ')}`)
    return found
  })
}

const tally = new Tally()
let seed = first
for (let count = 0; count < most.worlds; count++, seed++) {
  if (tally.simulatedMs >= most.hours * 3_600_000 || tally.realMs >= most.seconds * 1_000) break
  const outcome = await simulate(planOf(seed, chosen))
  tally.add(outcome)
  if (given.trace !== undefined) writeFileSync(given.trace, `${outcome.trace.join('\n')}\n`)
  if (outcome.anomalies.length === 0) continue
  report(given.first || given.json ? outcome : await shrink(outcome))
  if (given.first) break
}
console.log(given.json ? JSON.stringify(tally.summary(first)) : tally.table(first))
process.exit(tally.failed.length > 0 ? 1 : 0)

function report({ plan, anomalies, trace }: Outcome): void {
  console.log(`\nworld ${plan.seed} goes wrong: ${written(plan)}`)
  const counts = new Map<string, number>()
  for (const { kind, what } of anomalies) {
    const count = (counts.get(kind) ?? 0) + 1
    counts.set(kind, count)
    if (count <= 3) console.log(`  ${kind}: ${what}`)
  }
  for (const [kind, count] of counts) if (count > 3) console.log(`  ${kind}: ${count} in all`)
  if (!given.first && !given.json)
    console.log(
      trace
        .slice(-40)
        .map(line => `    ${line}`)
        .join('\n'),
    )
}
