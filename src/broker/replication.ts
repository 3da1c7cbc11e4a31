import type { Clock } from '../base/clock.ts'
import { ConfigError } from '../base/errors.ts'
import type { Configs } from './configs/configs.ts'
import type { Partition } from './log/partition.ts'
import type { Node } from './node.ts'
import type { Topic } from './topics/topic.ts'

/** What replication needs of its cluster. */
interface Surroundings {
  readonly clock: Clock
  readonly configs: Configs
  readonly nodes: ReadonlyMap<number, Node>
  readonly topics: ReadonlyMap<string, Topic>
}

/** Replicas that are kept from copying: a broker's, of all topics or one, of all partitions or those of one number. */
interface Hold {
  readonly brokerId: number
  readonly topic: string | undefined
  readonly partition: number | undefined
  /** Ends the looking for replicas that are late. */
  cancel: () => void
}

/** Who leads each partition, and who copies. */
export class Replication {
  readonly #cluster: Surroundings
  readonly #holds = new Set<Hold>()
  readonly #moving = new Set<Partition>()

  constructor(cluster: Surroundings) {
    this.#cluster = cluster
  }

  /** Keeps replicas from copying; the answer lets them. */
  hold(brokerId: number, topic: string | undefined, partition: number | undefined): () => void {
    const hold: Hold = { brokerId, topic, partition, cancel: () => {} }
    this.#holds.add(hold)
    this.#settleHeld(hold)
    this.#watch(hold, this.#lagTime)
    return () => {
      if (!this.#holds.delete(hold)) return
      hold.cancel()
      this.#settleHeld(hold)
    }
  }

  /** To be called when brokers were started or stopped: leaders are chosen anew where they do not run, or were none. */
  elect(): void {
    for (const { partitions } of this.#cluster.topics.values()) for (const each of partitions) this.#settle(each)
  }

  /** Empties a stopped broker's replicas. */
  wipe(brokerId: number): void {
    const { topics, clock } = this.#cluster
    for (const { partitions } of topics.values())
      for (const { replicas } of partitions)
        if (replicas.ids.includes(brokerId)) replicas.wipe(brokerId, clock.monotonic())
  }

  /** As `elect`, of one topic: its settings may have others lead. */
  electIn({ partitions }: Topic): void {
    for (const each of partitions) this.#settle(each)
  }

  /** To be called for a new partition. */
  added(partition: Partition): void {
    if (this.#holds.size > 0) this.#settle(partition)
  }

  /** Makes a broker the leader, with the log it has. One that is no replica copies all first. */
  move(partition: Partition, brokerId: number): void {
    const { replicas, topic, index } = partition
    if (!replicas.ids.includes(brokerId)) replicas.add(brokerId)
    if (!replicas.isr.includes(brokerId))
      throw new ConfigError(`broker ${brokerId} is not in sync: it can't lead partition ${index} of ${topic.name}`)
    partition.lead(brokerId)
    this.#settle(partition)
  }

  /** Partitions on their way to other brokers. */
  get moving(): Partition[] {
    for (const partition of this.#moving)
      if (this.#cluster.topics.get(partition.topic.name)?.partitions[partition.index] !== partition)
        this.#moving.delete(partition)
    return [...this.#moving]
  }

  /**
   * Moves a partition to these brokers (KIP-455): at once, unless one that is new is stopped or held; then it is on both
   * until all that are new have all.
   */
  reassign(partition: Partition, to: readonly number[]): void {
    const { replicas } = partition
    const from = partition.move?.from ?? replicas.ids
    partition.move = { from, to }
    this.#moving.add(partition)
    replicas.place([...to, ...from.filter(id => !to.includes(id))], this.#cluster.clock.monotonic())
    this.#settle(partition)
  }

  /** Leaves a partition where it was; whether it was on its way. */
  cancelMove(partition: Partition): boolean {
    const { move } = partition
    if (move === undefined) return false
    this.#placed(partition, move.from)
    if (!move.from.includes(partition.leader)) partition.lead(this.#choose(partition) ?? -1)
    this.#settle(partition)
    return true
  }

  /** Has the first replica lead, if it is in sync and runs. */
  preferred(partition: Partition): boolean {
    const [first = -1] = partition.replicas.ids
    if (!this.#runs(first) || !partition.replicas.isr.includes(first)) return false
    this.move(partition, first)
    return true
  }

  /** Has any replica lead that runs, whatever it lacks. */
  unclean(partition: Partition): boolean {
    const heir = partition.replicas.ids.find(this.#runs)
    if (heir === undefined) return false
    partition.lead(heir)
    this.#settle(partition)
    return true
  }

  #placed(partition: Partition, ids: readonly number[]): void {
    partition.move = undefined
    this.#moving.delete(partition)
    partition.replicas.place(ids, this.#cluster.clock.monotonic())
  }

  /** Leaves the brokers it was on, once those it goes to are in sync. */
  #arrive(partition: Partition): void {
    const { move, replicas, leader } = partition
    if (move === undefined || leader < 0 || !move.to.every(id => replicas.isr.includes(id))) return
    const heir = move.to.includes(leader) ? leader : move.to.find(id => replicas.endOf(id) === replicas.endOf(leader))
    if (heir !== leader) partition.lead(heir ?? move.to[0]!)
    this.#placed(partition, move.to)
  }

  /** Stops all timers. */
  close(): void {
    for (const { cancel } of this.#holds) cancel()
  }

  get #lagTime(): number {
    return this.#cluster.configs.number('replica.lag.time.max.ms')
  }

  /** As Kafka, looks for replicas that are late each half of the time they may be. */
  #watch(hold: Hold, wait: number): void {
    const { clock } = this.#cluster
    hold.cancel = clock.after(wait, () => {
      for (const partition of this.#heldBy(hold))
        if (partition.leader >= 0 && partition.replicas.dropLate(clock.monotonic() - this.#lagTime)) partition.changed()
      this.#watch(hold, Math.max(1, this.#lagTime / 2))
    })
  }

  #heldBy({ brokerId, topic, partition }: Hold): Partition[] {
    return [...this.#cluster.topics.values()]
      .filter(({ name }) => topic === undefined || name === topic)
      .flatMap(({ partitions }) => partitions)
      .filter(({ index, replicas }) => (partition ?? index) === index && replicas.ids.includes(brokerId))
  }

  #settleHeld(hold: Hold): void {
    for (const partition of this.#heldBy(hold)) this.#settle(partition)
  }

  #isHeld(id: number, partition: Partition): boolean {
    for (const hold of this.#holds)
      if (
        hold.brokerId === id &&
        (hold.topic ?? partition.topic.name) === partition.topic.name &&
        (hold.partition ?? partition.index) === partition.index
      )
        return true
    return false
  }

  readonly #runs = (id: number): boolean => this.#cluster.nodes.get(id)?.running === true

  #settle(partition: Partition): void {
    const { replicas } = partition
    const { clock, nodes } = this.#cluster
    const copies = (id: number): boolean => this.#runs(id) && !this.#isHeld(id, partition)
    for (const id of replicas.ids) {
      if (copies(id) || (id === partition.leader && this.#runs(id))) continue
      replicas.stall(id, clock.monotonic(), !this.#runs(id) && nodes.get(id)?.crashed !== true)
    }
    if (!this.#runs(partition.leader)) {
      const leader = this.#choose(partition) ?? -1
      if (leader !== partition.leader) partition.lead(leader)
    }
    // Without a leader there is nobody to copy from. Those last in sync stay in the list: they alone may lead again.
    if (partition.leader >= 0) {
      for (const id of replicas.ids) if (copies(id)) replicas.follow(id)
      replicas.settle(this.#runs)
      this.#arrive(partition)
    }
    partition.changed()
  }

  /** The next leader, as Kafka has it: the first replica in sync that runs. */
  #choose({ leader, replicas, topic }: Partition): number | undefined {
    const running = replicas.ids.filter(this.#runs)
    const inSync = running.filter(id => replicas.isr.includes(id))
    if (inSync.length > 0) {
      // A broker that stops in good order hands over to one that has all.
      const ordered = this.#cluster.nodes.get(leader)?.crashed !== true
      return (ordered ? inSync.find(id => replicas.endOf(id) === replicas.endOf(leader)) : undefined) ?? inSync[0]
    }
    if (topic.settings.uncleanElection) return running[0]
    // Not as Kafka: what brokers stopped in good order had is in reach of all that were never held back or killed.
    if (!replicas.isr.every(id => replicas.isClean(id))) return undefined
    const heir = running.find(id => replicas.isClean(id))
    if (heir !== undefined) replicas.follow(heir)
    return heir
  }
}
