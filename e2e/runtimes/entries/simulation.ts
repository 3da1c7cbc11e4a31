// Prints what a world comes to in this runtime: its trace and its anomalies.
import { planOf, simulate } from '../../../test/simulation/run.ts'

interface Runtimes {
  Deno?: { args: string[]; exit(code: number): void }
  process?: { argv: string[]; exit(code: number): void }
}
const { Deno, process } = globalThis as unknown as Runtimes
const args = Deno?.args ?? process!.argv.slice(2)

for (const seed of args) {
  const { trace, anomalies } = await simulate(planOf(Number(seed)))
  console.log(JSON.stringify({ trace, anomalies }))
}
if (Deno === undefined) process!.exit(0)
else Deno.exit(0)
