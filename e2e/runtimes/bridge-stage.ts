import { expect } from 'vitest'
import { type Client, type ConnectOptions, connect, origin } from '../../test/adapters/bridge-fixture.ts'
import { bundle } from './bundle.ts'
import type { BridgeOrder, BridgeState } from './entries/bridge-program.ts'
import { type RuntimeName, runtime } from './packages.ts'
import { startProgram } from './program.ts'
import { startWorker } from './workerd.ts'

// What tests of the bridge in its runtimes share: a program in each, in which they start one bridge after another.

export const secret = 'a secret of thirty-two bytes or so'

/** Everywhere a bridge runs. */
export const places = [
  { place: 'Node', name: 'node24' },
  { place: 'a Worker', name: 'workerd' },
  { place: 'a Durable Object', name: 'workerd' },
  { place: 'Deno', name: 'deno' },
  { place: 'Bun', name: 'bun' },
] as const satisfies readonly { place: string; name: RuntimeName }[]

export type Place = (typeof places)[number]['place']

export interface Fixture {
  state(): Promise<BridgeState>
  close(): Promise<unknown>
  connect(target?: string, how?: ConnectOptions): Promise<Client>
  /** What the upgrade is answered with. */
  status(target?: string, how?: ConnectOptions): Promise<number>
  empty(): Promise<void>
}

export interface Program {
  readonly url: string
  readonly pid: number
  post(what: string, body: object): Promise<unknown>
  state(): Promise<BridgeState>
  /** A bridge to 'broker:9092', which is at this port; over whatever else is asked for. */
  fixture(port: number, order?: Partial<BridgeOrder>): Promise<Fixture>
  stop(): Promise<void>
}

export async function startBridge(place: Place): Promise<Program> {
  const { pid, url, stop } = await (place === 'a Worker' || place === 'a Durable Object'
    ? inWorker(place)
    : inProcess(place))
  const answer = async (what: string, init?: RequestInit): Promise<unknown> => {
    const response = await fetch(`${url}fixture/${what}`, init)
    const text = await response.text()
    if (!response.ok) throw new Error(`${what}: ${response.status} ${text}`)
    return JSON.parse(text)
  }
  const program: Program = {
    url,
    pid,
    stop,
    post: (what, body) => answer(what, { method: 'POST', body: JSON.stringify(body) }),
    state: () => answer('state') as Promise<BridgeState>,
    async fixture(port, order = {}) {
      await program.post('start', {
        secret,
        port,
        targets: ['broker:9092'],
        allowAddresses: ['127.0.0.1'],
        origins: [origin],
        resolve: [['127.0.0.1']],
        ...order,
      } satisfies BridgeOrder)
      const fixture: Fixture = {
        state: () => program.state(),
        close: () => program.post('close', {}),
        connect: (target = 'broker:9092', how = {}) => connect(`${url.replace('http', 'ws')}${target}`, how),
        status: (target, how) =>
          fixture.connect(target, how).then(
            () => 101,
            error => error.status,
          ),
        empty: async () => eventually(program, ({ connections }) => connections === 0),
      }
      return fixture
    },
  }
  return program
}

type Running = Pick<Program, 'pid' | 'stop' | 'url'>

async function inWorker(place: 'a Worker' | 'a Durable Object'): Promise<Running> {
  const isObject = place === 'a Durable Object'
  const entry = isObject ? 'bridge-object' : 'bridge-worker'
  const code = await bundle(`e2e/runtimes/entries/${entry}.ts`, 'workerd')
  const worker = await startWorker(code, { durableObjects: isObject ? { BridgeObject: 'BridgeObject' } : {} })
  return {
    url: worker.url,
    pid: worker.pid,
    stop: async () => {
      if (worker.log() !== '') console.log(worker.log())
      await worker[Symbol.asyncDispose]()
      expect(worker.log(), 'a request settled a promise of another').not.toContain('different request context')
    },
  }
}

async function inProcess(place: 'Node' | 'Deno' | 'Bun'): Promise<Running> {
  const { name } = places.find(each => each.place === place)!
  const which = runtime(name)
  const entry = place === 'Node' ? 'bridge-node' : 'bridge-process'
  const program = await startProgram(which, await bundle(`e2e/runtimes/entries/${entry}.ts`, which.condition))
  const port = await program.line()
  if (port === null) throw new Error((await program.ended).errors)
  return { url: `http://127.0.0.1:${port}/`, pid: program.pid, stop: async () => program[Symbol.asyncDispose]() }
}

export async function eventually(program: Program, condition: (state: BridgeState) => boolean): Promise<void> {
  await expect.poll(async () => condition(await program.state()), { timeout: 10_000, interval: 20 }).toBe(true)
}
