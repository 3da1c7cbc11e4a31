// Plays the worlds it is given in this runtime, and prints what each comes to.
import { play } from '../../../test/simulation/play.ts'

interface Runtimes {
  Deno?: { args: string[]; exit(code: number): void }
  process?: { argv: string[]; exit(code: number): void; stdout?: { write(text: string, done: () => void): void } }
}
const { Deno, process } = globalThis as unknown as Runtimes
for (const wish of Deno?.args ?? process!.argv.slice(2)) {
  const line = `${JSON.stringify(await play(JSON.parse(wish)))}\n`
  // Longer than what a pipe holds: Node would end before it is through.
  if (process?.stdout === undefined) console.log(line.trimEnd())
  else await new Promise<void>(resolve => process.stdout!.write(line, () => resolve()))
}
if (Deno === undefined) process!.exit(0)
else Deno.exit(0)
