import { isTemporary, ProtocolError } from '../base/errors.ts'
import { ErrorCode, hasCode, KafkaError } from '../protocol/errors.ts'
import type { Brokers } from './brokers.ts'
import { Coalesce } from './coalesce.ts'
import type { TopicLayout } from './layout.ts'
import type { Layouts, MetadataLoader } from './metadata-loader.ts'
import type { Patience, WaitOptions } from './patience.ts'
import type { Settings } from './settings.ts'

export interface TopicOptions extends WaitOptions {
  /** Asks the broker to create the topic if it allows that, and waits until it has leaders. */
  create?: boolean
}

/**
 * How long a topic that we never knew is asked for again while every answer denies it, in milliseconds: one just made,
 * or a broker just started. One that is being created may take longer.
 */
const deniedFor = 2000
const uncreatedFor = 4000
/** So many names of missing topics are remembered, and for so long: those are asked for once. */
const mostMissing = 1000
const missingFor = 60_000

/** Looks up topics that are not known yet. */
export class TopicFinder {
  readonly #settings: Settings
  readonly #directory: Brokers
  readonly #patience: Patience
  readonly #asking: Coalesce<Layouts>
  readonly #creating: Coalesce<Layouts>
  /** When topics were found not to exist. */
  readonly #missing = new Map<string, number>()

  constructor(
    settings: Settings,
    directory: Brokers,
    patience: Patience,
    asking: Coalesce<Layouts>,
    loader: MetadataLoader,
  ) {
    this.#settings = settings
    this.#directory = directory
    this.#patience = patience
    this.#asking = asking
    // Apart, lest a topic that is merely asked for be created.
    this.#creating = new Coalesce(names => loader.load(names, { create: true }))
  }

  /** Rejects with what is wrong with the topic. */
  async find(name: string, { create = false, ...options }: TopicOptions): Promise<TopicLayout> {
    const { clock, backoff } = this.#settings
    const missing = clock.monotonic() - (this.#missing.get(name) ?? Number.NEGATIVE_INFINITY) < missingFor
    const patience = create ? uncreatedFor : missing ? 0 : Math.min(deniedFor, 2 * backoff.max)
    let deniedAt: number | undefined
    const again = (error: unknown): boolean => {
      if (!isDenial(error)) return isTemporary(error)
      deniedAt ??= clock.monotonic()
      return clock.monotonic() - deniedAt < patience
    }
    try {
      const layout = await this.#patience.run(`topic ${name}`, options, () => this.#ask(name, create), again)
      this.#missing.delete(name)
      return layout
    } catch (error) {
      if (!hasCode(error, ErrorCode.UnknownTopicOrPartition)) throw error
      this.#note(name)
      throw new KafkaError(
        ErrorCode.UnknownTopicOrPartition,
        `topic ${name} does not exist; ${create ? uncreated : absent}`,
        {
          cause: error,
        },
      )
    }
  }

  async #ask(name: string, create: boolean): Promise<TopicLayout> {
    const layout = (await (create ? this.#creating : this.#asking).ask([name], { fresh: false })).get(name)
    if (layout === undefined)
      throw new ProtocolError(`${this.#directory.seedNames}: the metadata left out topic ${name}`)
    if (layout.error !== null) throw layout.error
    // A topic just created has no leaders for a moment.
    if (create && layout.partitions.every(({ leader }) => leader < 0))
      throw new KafkaError(ErrorCode.LeaderNotAvailable, `topic ${name}`)
    return layout
  }

  #note(name: string): void {
    this.#missing.delete(name)
    this.#missing.set(name, this.#settings.clock.monotonic())
    if (this.#missing.size > mostMissing) this.#missing.delete(this.#missing.keys().next().value!)
  }
}

const absent = 'create it or set allowAutoTopicCreation'
const uncreated = 'create it: the brokers do not by themselves (auto.create.topics.enable)'

/** Answers of which another broker, or the same one a moment later, may know better. */
function isDenial(error: unknown): boolean {
  return hasCode(error, ErrorCode.UnknownTopicOrPartition) || error instanceof ProtocolError
}
