import { readFileSync } from 'node:fs'
import type { Runtime } from '../packages.ts'
import type { Program } from '../program.ts'
import type { Plan, Turn } from './plan.ts'
import { lineOf, startNode, turnsIn } from './programs.ts'
import type { FetchServer } from './servers.ts'

/** How one way went beside the others of its program. */
export interface Measured {
  readonly way: string
  /** The median of all turns. */
  readonly mebibytesPerSecond: number
  /** The median over the rounds of its speed as a share of the raw socket's in the same round. */
  readonly share: number
  /** The largest of those shares. */
  readonly bestShare: number
  /** Processor time in milliseconds per GiB: the client's, the server's, the bridge's. */
  readonly cpu: readonly number[]
}

export type Effort = Pick<Plan, 'depth' | 'milliseconds' | 'rounds'>

/** A server and a bridge before it, each in a process of its own, as every client is. */
export class Fixture {
  readonly #server: FetchServer
  readonly #bridge: Program
  readonly #url: string

  private constructor(server: FetchServer, bridge: Program, url: string) {
    this.#server = server
    this.#bridge = bridge
    this.#url = url
  }

  static async start(server: FetchServer): Promise<Fixture> {
    let bridge: Program | undefined
    try {
      bridge = await startNode('bridge.ts', [String(server.plan.port)])
      return new Fixture(server, bridge, await lineOf(bridge, 'the bridge'))
    } catch (error) {
      await bridge?.[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
      throw error
    }
  }

  /** What answers. */
  get server(): string {
    return this.#server.label
  }

  /** Measures these ways in a program of this runtime; the first of them is the raw socket. */
  async measure(which: Runtime, ways: readonly string[], effort: Effort): Promise<Measured[]> {
    const bridge = { url: this.#url, token: 'throughput' }
    const plan: Plan = { ...this.#server.plan, bridge, ...effort, rounds: effort.rounds + 1, ways }
    const taken: (Turn & { readonly cpu: readonly number[] })[] = []
    let before: readonly number[] = []
    for await (const { pid, ...turn } of turnsIn(which, plan)) {
      const after = [pid, this.#server.pid, this.#bridge.pid].map(cpuOf)
      taken.push({ ...turn, cpu: after.map((total, i) => total - (before[i] ?? 0)) })
      before = after
    }
    // In the first round the compilers are at work.
    const rounds = Array.from({ length: effort.rounds }, (_, i) =>
      taken.slice((i + 1) * ways.length, (i + 2) * ways.length),
    )
    return ways.map((way, at) => summary(way, rounds, at))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bridge[Symbol.asyncDispose]()
    await this.#server[Symbol.asyncDispose]()
  }
}

function summary(
  way: string,
  rounds: readonly (readonly (Turn & { readonly cpu: readonly number[] })[])[],
  at: number,
): Measured {
  const turns = rounds.map(round => round[at]!)
  const fetches = turns.reduce((sum, turn) => sum + turn.allFetches, 0)
  const shares = rounds.map(round => round[at]!.speed / round[0]!.speed)
  return {
    way,
    mebibytesPerSecond: median(turns.map(({ speed }) => speed)),
    share: median(shares),
    bestShare: Math.max(...shares),
    cpu: [0, 1, 2].map(i => (turns.reduce((sum, { cpu }) => sum + cpu[i]!, 0) * 1024) / fetches),
  }
}

/** Milliseconds of processor time a process has used, all its threads together, in steps of ten. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
