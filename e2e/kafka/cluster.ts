import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Authority, makeAuthority } from './authority.ts'
import { type Guard, startGuard } from './guard.ts'
import { defaultVersion, kafkaJars } from './install.ts'
import { freePorts } from './ports.ts'
import { brokersSeenBy } from './probe.ts'
import { JavaProcess, shortLived } from './process.ts'
import { type Listener, type NodePlan, type SecureListener, serverProperties } from './properties.ts'

export interface KafkaOptions {
  nodes?: number
  /** As on Maven Central; before 3 it runs with ZooKeeper. */
  version?: string
  /** Broker settings, over the harness's own. */
  config?: Readonly<Record<string, string | number | boolean>>
  /** Besides PLAINTEXT, which is always there. */
  listeners?: readonly SecureListener[]
  /** Of each node's JVM, as in -Xmx; '384m', so that three fit on any machine. */
  heap?: string
  /** For measuring: its code is compiled to run fast, not to start fast. */
  measured?: boolean
  /** More of each node's JVM. */
  flags?: readonly string[]
}

export interface KafkaNode {
  readonly id: number
  /** Of the process; undefined while it doesn't run. */
  readonly pid: number | undefined
  /** `host:port` of the PLAINTEXT listener. */
  readonly address: string
  /** `host:port` of another listener. */
  addressOf(listener: Listener): string
  /**
   * Sends the signal; waits for the end of the process unless the signal only stops or continues it. SIGKILL by
   * default.
   */
  kill(signal?: NodeJS.Signals): Promise<void>
  /**
   * Starts the node again on the same ports and data, ending it with SIGTERM first if it runs. Does not wait until it
   * is ready.
   */
  restart(): Promise<void>
  /** Until it answers and knows as many brokers as should be running. */
  waitUntilReady(): Promise<void>
}

export interface KafkaCluster {
  readonly version: string
  /** `host:port` of each node's PLAINTEXT listener. */
  readonly brokers: readonly string[]
  readonly nodes: readonly KafkaNode[]
  /** Who signed the brokers' certificates; there when a listener speaks TLS. */
  readonly authority: Authority | undefined
  stop(): Promise<void>
}

const startTimeoutMs = 100_000

/**
 * Starts Kafka on free ports of the loopback address. It ends with `stop()`, or with this process in whatever way that
 * ends.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaCluster> {
  const {
    nodes = 1,
    version = defaultVersion,
    config = {},
    listeners = [],
    heap = '384m',
    measured = false,
    flags = [],
  } = options
  const libs = await kafkaJars(version)
  const jvm = [`-Xmx${heap}`, '-XX:+UseSerialGC', ...(measured ? [] : shortLived(libs)), ...flags]
  const guard = startGuard()
  const directory = await mkdtemp(join(tmpdir(), 'isokafka-e2e-'))
  guard.keep(directory)
  try {
    const names: Listener[] = ['PLAINTEXT', ...listeners]
    const ports = await freePorts(nodes * (names.length + 1))
    const authority = listeners.some(name => name.endsWith('TLS')) ? makeAuthority() : undefined
    const stores = authority === undefined ? {} : await writeStores(directory, authority)
    const zookeeper = Number.parseInt(version, 10) < 3
    const quorum: NodePlan['quorum'] = zookeeper ? { zookeeper: ports.pop()! } : { controllers: ports.splice(0, nodes) }
    if ('zookeeper' in quorum) await startZooKeeper(directory, libs, guard, quorum.zookeeper)
    const clusterId = randomUUID()
    const all = await Promise.all(
      Array.from({ length: nodes }, async (_, index) => {
        const id = index + 1
        const home = join(directory, `node-${id}`)
        await mkdir(home)
        const own: NodePlan['ports'] = Object.fromEntries(
          names.map((name, at) => [name, ports[index * names.length + at]]),
        )
        const properties = join(home, 'server.properties')
        await writeFile(
          properties,
          serverProperties({ id, directory: join(home, 'data'), ports: own, quorum, nodes, ...stores, config }),
        )
        if (!zookeeper) await format(home, libs, guard, clusterId, properties)
        return new Node(id, own, new JavaProcess({ home, libs, guard, args: [...jvm, 'kafka.Kafka', properties] }))
      }),
    )
    const running = (): number => all.filter(node => node.isUp).length
    for (const node of all) node.expected = running
    for (const node of all) node.start()
    await Promise.all(all.map(node => node.waitUntilReady()))
    return { version, brokers: all.map(node => node.address), nodes: all, authority, stop: () => guard.close() }
  } catch (error) {
    await guard.close()
    throw error
  }
}

class Node implements KafkaNode {
  readonly id: number
  readonly #ports: NodePlan['ports']
  readonly #process: JavaProcess
  /** How many brokers should be up, this one included. */
  expected: () => number = () => 1

  constructor(id: number, ports: NodePlan['ports'], process: JavaProcess) {
    this.id = id
    this.#ports = ports
    this.#process = process
  }

  get address(): string {
    return this.addressOf('PLAINTEXT')
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  get isUp(): boolean {
    return this.pid !== undefined
  }

  addressOf(listener: Listener): string {
    const port = this.#ports[listener]
    if (port === undefined) throw new Error(`the cluster was started without ${listener}`)
    return `127.0.0.1:${port}`
  }

  start(): void {
    this.#process.start()
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#process.kill(signal)
  }

  async restart(): Promise<void> {
    if (this.isUp) await this.kill('SIGTERM')
    this.start()
  }

  async waitUntilReady(): Promise<void> {
    const deadline = Date.now() + startTimeoutMs
    while ((await brokersSeenBy(this.address)) < this.expected()) {
      if (!this.isUp) throw new Error(`Kafka node ${this.id} ended:\n${await this.#process.logTail()}`)
      if (Date.now() > deadline)
        throw new Error(`Kafka node ${this.id} is not up after ${startTimeoutMs} ms:\n${await this.#process.logTail()}`)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
}

async function format(home: string, libs: string, guard: Guard, clusterId: string, properties: string): Promise<void> {
  // Base 64 may begin with a dash, which the tool takes for an option.
  const uuid = Buffer.from(clusterId.replaceAll('-', ''), 'hex').toString('base64url').replace(/^-/, '_')
  await new JavaProcess({
    home,
    libs,
    guard,
    args: [...shortLived(libs), 'kafka.tools.StorageTool', 'format', '-t', uuid, '-c', properties],
  }).runToEnd()
}

async function startZooKeeper(directory: string, libs: string, guard: Guard, port: number): Promise<void> {
  const home = join(directory, 'zookeeper')
  await mkdir(home)
  const properties = join(home, 'zk.properties')
  const settings = {
    dataDir: join(home, 'data'),
    clientPort: port,
    clientPortAddress: '127.0.0.1',
    'admin.enableServer': false,
  }
  await writeFile(
    properties,
    Object.entries(settings).map(([name, value]) => `${name}=${value}\n`),
  )
  new JavaProcess({
    home,
    libs,
    guard,
    args: [...shortLived(libs), '-Xmx128m', 'org.apache.zookeeper.server.quorum.QuorumPeerMain', properties],
  }).start()
}

async function writeStores(directory: string, authority: Authority): Promise<{ keyStore: string; trustStore: string }> {
  const keyStore = join(directory, 'broker.pem')
  const trustStore = join(directory, 'authority.pem')
  const own = authority.issue('broker')
  await writeFile(keyStore, own.key + own.cert + authority.cert)
  await writeFile(trustStore, authority.cert)
  return { keyStore, trustStore }
}
