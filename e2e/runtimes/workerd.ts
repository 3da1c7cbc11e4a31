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
  /** In the environment: texts, and Durable Objects by the names of their classes, which the module exports. */
  variables?: Readonly<Record<string, string>>
  durableObjects?: Readonly<Record<string, string>>
  /** Folder for what Durable Objects store; gone with the worker by default. */
  storage?: string
  compatibilityDate?: string
  /** A second module, which gets the requests in place of the first and has that as WORKER in its environment. */
  front?: string
}

/**
 * Runs a module worker in workerd itself: that is all of miniflare and wrangler that matters here, without what they
 * bring along.
 */
export async function startWorker(code: string, options: WorkerOptions = {}): Promise<Worker> {
  const directory = await mkdtemp(join(tmpdir(), 'isokafka-workerd-'))
  await writeFile(join(directory, 'worker.js'), code)
  await writeFile(join(directory, 'config.capnp'), configuration({ storage: directory, ...options }))
  if (options.front !== undefined) await writeFile(join(directory, 'front.js'), options.front)
  // What hands events on from one worker to another is not for production yet.
  const experimental = options.front === undefined ? [] : ['--experimental']
  const child = spawn(runtime('workerd').binary, ['serve', ...experimental, '--control-fd=3', 'config.capnp'], {
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

function configuration(options: WorkerOptions & { storage: string }): string {
  const {
    trusted = [],
    variables = {},
    durableObjects = {},
    storage,
    compatibilityDate = '2026-10-01',
    front,
  } = options
  const text = JSON.stringify
  const bindings = [
    ...Object.entries(variables).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
    ...Object.entries(durableObjects).map(
      ([name, className]) => `(name = ${text(name)}, durableObjectNamespace = ${text(className)})`,
    ),
  ]
  const namespaces = Object.values(durableObjects).map(
    name => `(className = ${text(name)}, uniqueKey = ${text(name)}, enableSql = true)`,
  )
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    ${front === undefined ? '' : '(name = "front", worker = .front),'}
    # In memory there would be no alarms.
    (name = "storage", disk = (path = ${text(storage)}, writable = true)),
    (name = "internet", network = (
      # Loopback is not "public".
      allow = ["local"],
      tlsOptions = (trustBrowserCas = true, trustedCertificates = [${trusted.map(pem => text(pem)).join(', ')}]),
    )),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "${front === undefined ? 'main' : 'front'}")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "${compatibilityDate}",
  durableObjectNamespaces = [${namespaces.join(', ')}],
  durableObjectStorage = (localDisk = "storage"),
  bindings = [${bindings.join(', ')}],
);
${front === undefined ? '' : frontWorker(compatibilityDate)}`
}

function frontWorker(compatibilityDate: string): string {
  return `const front :Workerd.Worker = (
  modules = [(name = "front.js", esModule = embed "front.js")],
  compatibilityDate = "${compatibilityDate}",
  compatibilityFlags = ["service_binding_extra_handlers"],
  bindings = [(name = "WORKER", service = "main")],
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
