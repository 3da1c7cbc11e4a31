import { bundle } from '../bundle.ts'
import { type Runtime, runtime } from '../packages.ts'
import { type Program, startProgram } from '../program.ts'
import { startWorker } from '../workerd.ts'
import type { Plan, Turn } from './plan.ts'

// The package ws asks for Node's modules by `require`, which an ES module has not.
const requires =
  "import { createRequire as requireFrom } from 'node:module'\nconst require = requireFrom(import.meta.url)\n"

/** A program for the newest Node that is a client here, too. */
export async function startNode(entry: string, args: readonly string[] = []): Promise<Program> {
  const node = runtime('node24')
  return startProgram(node, await code(entry, node), args)
}

/** The turns of a program in this runtime, one after another, and the process that took them. */
export async function* turnsIn(which: Runtime, plan: Plan): AsyncGenerator<Turn & { readonly pid: number }> {
  if (which.name === 'workerd') {
    await using worker = await startWorker(await bundle('e2e/runtimes/throughput/worker.ts', 'workerd'))
    for (let round = 0; round < plan.rounds; round++) {
      for (const way of plan.ways) {
        const response = await fetch(worker.url, { method: 'POST', body: JSON.stringify({ plan, way }) })
        if (response.status !== 200)
          throw new Error(`workerd answers ${response.status} ${await response.text()}: ${worker.log()}`)
        yield { ...((await response.json()) as Turn), pid: worker.pid }
      }
    }
    return
  }
  await using program = await startProgram(which, await code(`${which.condition}.ts`, which), [JSON.stringify(plan)])
  for (let turn = 0; turn < plan.rounds * plan.ways.length; turn++)
    yield { ...(JSON.parse(await lineOf(program, which.label)) as Turn), pid: program.pid }
}

async function code(entry: string, { condition }: Runtime): Promise<string> {
  return (condition === 'node' ? requires : '') + (await bundle(`e2e/runtimes/throughput/${entry}`, condition))
}

/** The next line of a program that has more to say. */
export async function lineOf(program: Program, what: string): Promise<string> {
  const line = await program.line()
  if (line !== null) return line
  const { code, errors } = await program.ended
  throw new Error(`${what} ended with code ${code}: ${errors}`)
}
