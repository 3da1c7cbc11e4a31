// Plays the worlds it is given in this runtime, and prints what each comes to.
import { play } from '../../../test/simulation/play.ts'

interface Runtimes {
  Deno?: { args: string[]; exit(code: number): void }
  process?: { argv: string[]; exit(code: number): void }
}
const { Deno, process } = globalThis as unknown as Runtimes
for (const wish of Deno?.args ?? process!.argv.slice(2)) console.log(JSON.stringify(await play(JSON.parse(wish))))
if (Deno === undefined) process!.exit(0)
else Deno.exit(0)
