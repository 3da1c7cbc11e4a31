import { ConfigError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { AnyApi } from '../protocol/api.ts'
import type { Socket } from '../socket/socket.ts'
import { ApiTable } from './api-table.ts'
import { Cluster } from './cluster.ts'
import type { BrokerConfig } from './config.ts'
import { Connection } from './connection.ts'
import { type Control, Controls } from './control.ts'
import type { CoordinatorKind } from './coordinators.ts'
import { Dispatcher } from './dispatch.ts'
import type { Listener } from './listener.ts'
import type { Node } from './node.ts'
import { Throttle } from './throttle.ts'

const memoryPort = 9092

/**
 * A Kafka cluster in this program's memory, for tests and demos. It speaks the protocol of Kafka 4.4 over any socket:
 * `memory(broker)` of `isokafka/memory` dials it without a network, `listen(broker)` of `isokafka/listen` puts it on TCP
 * ports. Its replicas never lag, and nothing is lost when a broker stops, until `holdReplica` and `crashBroker` have it
 * otherwise.
 */
export class Broker {
  readonly #cluster: Cluster
  readonly #controls = new Controls()
  readonly #throttle = new Throttle()
  readonly #dispatcher: Dispatcher
  readonly #watchers = new Set<() => void>()
  #connections = 0
  #closed = false

  constructor(config: BrokerConfig = {}) {
    this.#cluster = new Cluster(config)
    this.#dispatcher = new Dispatcher(
      this.#cluster,
      new ApiTable(config.versions ?? {}),
      this.#controls,
      this.#throttle,
    )
  }

  /** Ids of all brokers, running or not. */
  get brokerIds(): readonly number[] {
    return [...this.#cluster.nodes.keys()]
  }

  /** Addresses for the memory adapter, `broker-1:9092` and so on, of the running brokers. */
  get addresses(): readonly string[] {
    return this.#cluster.running.map(({ id }) => this.address(id))
  }

  /** A broker's address for the memory adapter. */
  address(brokerId: number): string {
    return `broker-${this.#node(brokerId).id}:${memoryPort}`
  }

  /** Where the broker writes what it notices. */
  get logger(): Logger {
    return this.#cluster.logger
  }

  /** Whether the broker runs: not stopped, nor crashed. A ConfigError when there is no such broker. */
  isRunning(brokerId: number): boolean {
    return !this.#closed && this.#node(brokerId).running
  }

  /** Calls `task` when brokers have been added, stopped or started, or the cluster closed; the answer ends it. */
  watch(task: () => void): () => void {
    this.#watchers.add(task)
    return () => this.#watchers.delete(task)
  }

  /**
   * Serves one connection to a broker until either side ends it. Rejects with a ConfigError when there is no such
   * broker. `clientHost` is what DescribeGroups tells of the client, `principal` who it is by its
   * certificate: `User:CN=client`.
   */
  async serve(
    brokerId: number,
    socket: Socket,
    listener: Listener,
    clientHost = '127.0.0.1',
    principal?: string,
  ): Promise<void> {
    if (!this.isRunning(brokerId)) return socket.abort(new Error(`broker ${brokerId} is stopped`))
    if (!this.#cluster.hasRoomForConnection()) {
      this.logger.warn(`broker ${brokerId}: a connection was refused: there are as many as there may be`)
      return socket.abort(new Error(`broker ${brokerId} has as many connections as it may`))
    }
    await new Connection(
      ++this.#connections,
      this.#node(brokerId),
      socket,
      listener,
      clientHost,
      principal,
      this.#cluster,
      this.#dispatcher,
    ).serve()
  }

  /** Puts a function before an API's handler; the answer takes it away. The latest added is asked first. */
  control<A extends AnyApi>(api: A, control: Control<A>): () => void {
    return this.#controls.add(api, control)
  }

  /**
   * Makes another broker the partition's leader and raises the leader epoch. The old one answers NOT_LEADER_OR_FOLLOWER
   * from now on. What a held replica has not copied is lost when it leads; one that is not in sync can't, which is a
   * ConfigError.
   */
  moveLeader(topic: string, partition: number, brokerId: number): void {
    const found = this.#cluster.partition(topic, partition)
    if (found === undefined) throw new ConfigError(`no partition ${partition} of topic ${topic}`)
    if (!this.#node(brokerId).running) throw new ConfigError(`broker ${brokerId} is stopped`)
    this.#cluster.replication.move(found, brokerId)
  }

  /**
   * Makes another broker the coordinator of a group or a transactional id. The old one answers NOT_COORDINATOR from now
   * on.
   */
  moveCoordinator(kind: CoordinatorKind, key: string, brokerId: number): void {
    this.#cluster.coordinators.move(kind, key, this.#node(brokerId).id)
  }

  /**
   * Keeps the broker's replicas from copying what their leaders get, until the answer is called: then they have all at
   * once. Limited to a topic, or to the partition of that number of each topic, where they are named; topics that come
   * later are held too. The replicas it leads are not concerned, as long as it leads them.
   *
   * Meanwhile they stay in sync: records they lack are below no high watermark, no consumer gets them, and writes with
   * acks all wait for them, as long as their request says (REQUEST_TIMED_OUT, and the records stay). A replica that
   * lacks records falls out of sync `replica.lag.time.max.ms` after it was held (30,000; looked at each half of that,
   * as in Kafka), and the others go on. Are they fewer than `min.insync.replicas`, writes with acks all are refused
   * with NOT_ENOUGH_REPLICAS, those that waited with NOT_ENOUGH_REPLICAS_AFTER_APPEND.
   *
   * A ConfigError when there is no such broker.
   */
  holdReplica(brokerId: number, { topic, partition }: { topic?: string; partition?: number } = {}): () => void {
    return this.#cluster.replication.hold(this.#node(brokerId).id, topic, partition)
  }

  /**
   * Ends the broker's connections and refuses new ones; what it led or coordinated goes to a live one, where there is
   * one: of the replicas in sync to one that has all, else to one that is held, and what that has not copied is lost.
   * Other data stays, and may be led by whichever broker is the first to be back.
   */
  stopBroker(brokerId: number): void {
    this.#end(brokerId, false)
  }

  /**
   * As `stopBroker`, but as by SIGKILL: the first replica in sync leads, and what it has not copied is lost (acks all
   * had not told anyone of it). When none in sync runs, there is no leader before the last of them is back, with all it
   * had; with `unclean.leader.election.enable` any other leads, and what that has not copied is lost, whoever was told
   * of it. `startBroker` has it copy from the leader. Of groups and transactions coordinators lose nothing.
   */
  crashBroker(brokerId: number): void {
    this.#end(brokerId, true)
  }

  #end(brokerId: number, crashed: boolean): void {
    const node = this.#node(brokerId)
    if (node.running) node.crashed = crashed
    node.running = false
    node.fetchSessions.clear()
    this.#cluster.elect()
    const how = crashed ? 'was killed' : 'was stopped'
    for (const connection of [...node.connections]) connection.end(new Error(`broker ${brokerId} ${how}`))
    this.#changed()
  }

  /**
   * Starts a stopped broker, with its logs or, `empty`, as one whose disk was replaced: it copies from the leaders, and
   * partitions that it alone was in sync with begin anew at offset 0, whatever was acknowledged. One that runs stays as
   * it is.
   */
  startBroker(brokerId: number, { empty = false }: { empty?: boolean } = {}): void {
    const node = this.#node(brokerId)
    if (node.running) return
    if (empty) this.#cluster.replication.wipe(brokerId)
    node.running = true
    node.registered = true
    node.crashed = false
    this.#cluster.elect()
    this.#changed()
  }

  /** Adds a broker to the cluster and answers its id. It leads nothing until topics are created or leaders moved. */
  addBroker({ rack = null }: { rack?: string | null } = {}): number {
    const { id } = this.#cluster.addNode(rack)
    this.#changed()
    return id
  }

  /**
   * Every answer, or one API's, says it was throttled for so long, and the connection stays mute meanwhile (KIP-219). 0
   * ends it.
   */
  throttle(milliseconds: number, api?: AnyApi): void {
    this.#throttle.set(milliseconds, api)
  }

  /**
   * The next `times` (1) requests of an API are applied, but their answers are lost and the connection closed. The
   * answer takes it back.
   */
  loseAnswer(api: AnyApi, { times = 1 }: { times?: number } = {}): () => void {
    let left = times
    const remove = this.control(api, async (_request, context) => {
      if (left === 0) return undefined
      if (--left === 0) remove()
      await context.apply()
      return 'drop'
    })
    return remove
  }

  /** Ends every connection and timer. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const node of this.#cluster.nodes.values())
      for (const connection of [...node.connections]) connection.end(new Error('the broker was closed'))
    this.#cluster.close()
    this.#changed()
  }

  /** The same as `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #node(brokerId: number): Node {
    const node = this.#cluster.nodes.get(brokerId)
    if (node === undefined) throw new ConfigError(`no broker ${brokerId}`)
    return node
  }

  #changed(): void {
    for (const task of [...this.#watchers]) task()
  }
}
