import { bundle } from './bundle.ts'
import type { Outcome, Target } from './entries/target.ts'
import type { Runtime } from './packages.ts'
import { startProgram } from './program.ts'
import { startWorker } from './workerd.ts'

/** The contract's cases in one runtime, asked for in their order. */
export interface ContractRun extends AsyncDisposable {
  /** How the case went; throws what it threw, or why the runtime ended. */
  outcome(name: string): Promise<void>
}

/** `trusted`: what a Worker's TLS connections trust is for its configuration to say. */
export function startContract(runtime: Runtime, target: Target, trusted: readonly string[] = []): Promise<ContractRun> {
  return runtime.name === 'workerd' ? inWorker(target, trusted) : inProcess(runtime, target)
}

async function inProcess(runtime: Runtime, target: Target): Promise<ContractRun> {
  const code = await bundle('e2e/runtimes/entries/contract-process.ts', runtime.condition)
  const program = await startProgram(runtime, code, [JSON.stringify({ target })])
  return {
    async outcome(name) {
      const line = await program.line()
      if (line === null) {
        const { code, errors } = await program.ended
        throw new Error(`${runtime.label} ended with code ${code}: ${errors}`)
      }
      const outcome = JSON.parse(line) as Outcome
      if (outcome.name !== name) throw new Error(`the runtime is at "${outcome.name}"`)
      judge(outcome)
    },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  }
}

async function inWorker(target: Target, trusted: readonly string[]): Promise<ContractRun> {
  const worker = await startWorker(await bundle('e2e/runtimes/entries/contract-worker.ts', 'workerd'), { trusted })
  return {
    async outcome(name) {
      const response = await fetch(worker.url, { method: 'POST', body: JSON.stringify({ target, name }) })
      const text = await response.text()
      if (response.status !== 200) throw new Error(`workerd answers ${response.status} ${text}: ${worker.log()}`)
      judge(JSON.parse(text))
    },
    [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose](),
  }
}

function judge({ error }: Outcome): void {
  if (error !== undefined) throw new Error(error)
}
