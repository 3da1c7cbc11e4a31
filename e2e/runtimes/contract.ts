import { vi } from 'vitest'
import { act } from '../browser/act.ts'
import { startStage } from '../browser/stage.ts'
import { bundle } from './bundle.ts'
import type { Outcome, Target } from './entries/target.ts'
import type { BrowserName, Runtime } from './packages.ts'
import { startProgram } from './program.ts'
import { startWorker } from './workerd.ts'

/** The contract's cases in one runtime, asked for in their order. */
export interface ContractRun extends AsyncDisposable {
  /** Null once the case has passed, or why it can't run there; throws what it threw, or why the runtime ended. */
  outcome(name: string): Promise<string | null>
  /** After the last case: throws if anything is left behind. */
  finish(): Promise<void>
}

export interface ContractOptions {
  /** What a Worker's TLS connections trust is for its configuration to say. */
  readonly trusted?: readonly string[]
  /** Names of cases that nobody will ask for. */
  readonly without?: readonly string[]
}

export function startContract(
  runtime: Runtime,
  target: Target,
  { trusted = [], without = [] }: ContractOptions = {},
): Promise<ContractRun> {
  if (runtime.condition === 'browser') return inBrowser(runtime.name as BrowserName, target)
  return runtime.name === 'workerd' ? inWorker(target, trusted) : inProcess(runtime, target, without)
}

async function inProcess(runtime: Runtime, target: Target, without: readonly string[]): Promise<ContractRun> {
  const code = await bundle('e2e/runtimes/entries/contract-process.ts', runtime.condition)
  const program = await startProgram(runtime, code, [JSON.stringify({ target, without })])
  return {
    async outcome(name) {
      const line = await program.line()
      if (line === null) {
        const { code, errors } = await program.ended
        throw new Error(`${runtime.label} ended with code ${code}: ${errors}`)
      }
      const outcome = JSON.parse(line) as Outcome
      if (outcome.name !== name) throw new Error(`the runtime is at "${outcome.name}"`)
      return judge(outcome)
    },
    async finish() {
      // It ends by itself once no timer and no connection holds it.
      const line = await program.line()
      const { code, errors } = await program.ended
      if (line !== null || code !== 0)
        throw new Error(`${runtime.label} ended with code ${code}: ${line ?? ''} ${errors}`)
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
      return judge(JSON.parse(text))
    },
    // What a request leaves behind ends with it.
    async finish() {},
    [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose](),
  }
}

async function inBrowser(name: BrowserName, target: Target): Promise<ContractRun> {
  const stage = await startStage(name, 'cluster' in target ? target.cluster.brokers : [])
  try {
    const page = await stage.open('e2e/browser/entries/contract.ts')
    await act(page, 'begin', { target, bridge: stage.bridge.url })
    return {
      outcome: async name => judge(await act<Outcome>(page, 'run', name)),
      async finish() {
        await act(page, 'end')
        await vi.waitFor(() => {
          if (stage.bridge.connections > 0) throw new Error(`${stage.bridge.connections} connections are open`)
        }, 15_000)
        const complaints = await page.evaluate<string>('complaints.join()')
        if (complaints !== '') throw new Error(complaints)
      },
      [Symbol.asyncDispose]: () => stage.close(),
    }
  } catch (error) {
    await stage.close()
    throw error
  }
}

function judge({ error, skipped }: Outcome): string | null {
  if (error !== undefined) throw new Error(error)
  return skipped ?? null
}
