import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { runtime } from './packages.ts'

export interface Worker extends AsyncDisposable {
  readonly pid: number
  /** Where it answers. */
  readonly url: string
  /** What it has logged so far. */
  log(): string
}

export interface WorkerOptions {
  /** PEM certificates its TLS connections trust, besides the public ones. */
  trusted?: readonly string[]
  /** Classes of the module that are Durable Objects, bound to the environment by their names. */
  durableObjects?: readonly string[]
  compatibilityDate?: string
}

/** Runs a module worker in workerd itself: that is all of miniflare and wrangler that matters here, without what they bring along. */
export async function startWorker(code: string, options: WorkerOptions = {}): Promise<Worker> {
  const directory = await mkdtemp(join(tmpdir(), 'isokafka-workerd-'))
  await writeFile(join(directory, 'worker.js'), code)
  await writeFile(join(directory, 'config.capnp'), configuration(options))
  const child = spawn(runtime('workerd').binary, ['serve', '--control-fd=3', 'config.capnp'], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  let log = ''
  for (const stream of [child.stdout, child.stderr])
    stream!.on('data', chunk => {
      log += chunk
    })
  const stop = async (): Promise<void> => {
    await ended(child)
    await rm(directory, { recursive: true, force: true })
  }
  try {
    const port = await portOf(child, child.stdio[3] as Readable)
    return { pid: child.pid!, url: `http://127.0.0.1:${port}/`, log: () => log, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw new Error(`workerd does not start: ${log}`, { cause: error })
  }
}

function configuration({ trusted = [], durableObjects = [], compatibilityDate = '2026-10-01' }: WorkerOptions): string {
  const certificates = trusted.map(pem => JSON.stringify(pem)).join(', ')
  const namespaces = durableObjects.map(name => `(className = "${name}", uniqueKey = "${name}")`).join(', ')
  const bindings = durableObjects.map(name => `(name = "${name}", durableObjectNamespace = "${name}")`).join(', ')
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (
      # Loopback is not "public".
      allow = ["local"],
      tlsOptions = (trustBrowserCas = true, trustedCertificates = [${certificates}]),
    )),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "${compatibilityDate}",
  durableObjectNamespaces = [${namespaces}],
  durableObjectStorage = (inMemory = void),
  bindings = [${bindings}],
);
`
}

async function portOf(child: ChildProcess, control: Readable): Promise<number> {
  let said = ''
  const exited = new Promise<never>((_, reject) => child.once('exit', code => reject(new Error(`exit code ${code}`))))
  exited.catch(() => {})
  const read = async (): Promise<number> => {
    for await (const chunk of control) {
      said += chunk
      const port = /"socket":"http","port":(\d+)/.exec(said)?.[1]
      if (port !== undefined) return Number(port)
    }
    throw new Error('no port')
  }
  return Promise.race([read(), exited])
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise(resolve => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}
