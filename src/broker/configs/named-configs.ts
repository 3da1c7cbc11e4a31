import { ErrorCode } from '../../protocol/errors.ts'
import { type ConfigSource, Configs } from './configs.ts'
import type { ConfigDefinition } from './definitions.ts'
import type { ConfigProblem } from './problem.ts'

type Source = (typeof ConfigSource)[keyof typeof ConfigSource]

/** What is set for things that have nothing else here: groups, and subscriptions to clients' metrics. */
export class NamedConfigs {
  readonly #definitions: readonly ConfigDefinition[]
  readonly #source: Source
  readonly #most: number
  readonly #brokers: Configs | undefined
  readonly #values = new Map<string, Map<string, string>>()
  /** Counts what was set. */
  version = 0

  /** `brokers`: what they fall back to. */
  constructor(definitions: readonly ConfigDefinition[], source: Source, most: number, brokers?: Configs) {
    this.#brokers = brokers
    this.#definitions = definitions
    this.#source = source
    this.#most = most
  }

  /** Those for which anything is set. */
  get names(): string[] {
    return [...this.#values.keys()]
  }

  of(name: string): Configs {
    const own = { values: this.#values.get(name) ?? new Map(), source: this.#source }
    return new Configs(this.#definitions, [own], this.#brokers)
  }

  /** Why there can be no more of them; undefined when there can. */
  problem(name: string): ConfigProblem | undefined {
    if (this.#values.has(name) || this.#values.size < this.#most) return undefined
    return {
      errorCode: ErrorCode.PolicyViolation,
      errorMessage: `There are configs of ${this.#most} already, and no room for more`,
    }
  }

  replace(name: string, own: ReadonlyMap<string, string>): void {
    this.version++
    if (own.size === 0) this.#values.delete(name)
    else this.#values.set(name, new Map(own))
  }
}
