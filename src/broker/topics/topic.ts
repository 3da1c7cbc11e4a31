import type { Configs } from '../configs/configs.ts'
import { Partition } from '../log/partition.ts'
import { settingsOf, type TopicSettings } from './settings.ts'

export class Topic {
  readonly name: string
  readonly id: string
  readonly configs: Configs
  readonly partitions: Partition[] = []
  settings: TopicSettings

  readonly #largestSegment: number

  /** `largestSegment`: bytes, whatever the configs say. */
  constructor(name: string, id: string, configs: Configs, largestSegment: number) {
    this.name = name
    this.id = id
    this.configs = configs
    this.#largestSegment = largestSegment
    this.settings = settingsOf(configs, largestSegment)
  }

  /** Adds a partition on these brokers, the first of which leads. */
  add(replicas: readonly number[]): Partition {
    const partition = new Partition(this, this.partitions.length, replicas)
    this.partitions.push(partition)
    return partition
  }

  /** To be called when the configs have changed. */
  configured(): void {
    this.settings = settingsOf(this.configs, this.#largestSegment)
  }
}
