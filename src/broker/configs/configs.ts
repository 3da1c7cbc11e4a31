import { type ConfigDefinition, ConfigType } from './definitions.ts'

/** Where a config's value comes from, in Kafka's numbers. */
export const ConfigSource = { topic: 1, broker: 2, brokerDefault: 3, brokerStatic: 4, default: 5 } as const
type ConfigSource = (typeof ConfigSource)[keyof typeof ConfigSource]

export interface ConfigEntry {
  readonly name: string
  readonly value: string
  readonly source: ConfigSource
  readonly type: number
  /** Where the value could have come from, the strongest first. */
  readonly synonyms: { name: string; value: string; source: ConfigSource }[]
}

/** Why a value is not one this config can have; undefined when it is. The texts are Kafka's. */
export function invalidValue(
  { name, type, allowed, least }: ConfigDefinition,
  value: string | null,
): string | undefined {
  const wrong = (why: string): string => `Invalid value ${value} for configuration ${name}: ${why}`
  if (value === null) return `Null value not supported for : ${name}`
  if (type === 'boolean' && !/^(true|false)$/i.test(value)) return wrong('Expected value to be either true or false')
  if (type === 'int' || type === 'long' || type === 'short') {
    if (!/^-?\d+$/.test(value)) return wrong(`Not a number of type ${type.toUpperCase()}`)
    if (least !== undefined && Number(value) < least) return wrong(`Value must be at least ${least}`)
  }
  if (type === 'double' && (value === '' || Number.isNaN(Number(value)))) return wrong('Not a number of type DOUBLE')
  if (allowed !== undefined) {
    const given = type === 'list' ? value.split(',').map(each => each.trim()) : [value]
    if (!given.every(each => allowed.includes(each))) return wrong(`String must be one of: ${allowed.join(', ')}`)
  }
  return undefined
}

const indexes = new WeakMap<readonly ConfigDefinition[], ReadonlyMap<string, ConfigDefinition>>()

function byName(definitions: readonly ConfigDefinition[]): ReadonlyMap<string, ConfigDefinition> {
  let index = indexes.get(definitions)
  if (index === undefined) {
    index = new Map(definitions.map(each => [each.name, each]))
    indexes.set(definitions, index)
  }
  return index
}

// All values that were set for one topic together, in characters.
const longestValues = 16_384

/** Why these values can't be kept; undefined when they can. */
export function tooLong(values: Iterable<string | null>): string | undefined {
  let length = 0
  for (const value of values) length += value?.length ?? 0
  return length > longestValues ? `The values are longer than ${longestValues} characters together` : undefined
}

/** The configs of a broker or a topic: what was set, over what the broker has, over the defaults. */
export class Configs {
  readonly definitions: readonly ConfigDefinition[]
  /** What was set here. */
  readonly own: Map<string, string>
  readonly #source: ConfigSource
  readonly #parent: Configs | undefined

  constructor(
    definitions: readonly ConfigDefinition[],
    own: Iterable<readonly [string, string]>,
    source: ConfigSource,
    parent?: Configs,
  ) {
    this.definitions = definitions
    this.own = new Map(own)
    this.#source = source
    this.#parent = parent
  }

  get(name: string): string {
    return this.own.get(name) ?? this.#inherited(this.definition(name)!)
  }

  #inherited({ synonym, defaultValue }: ConfigDefinition): string {
    return this.#parent === undefined || synonym === undefined ? defaultValue : this.#parent.get(synonym)
  }

  number(name: string): number {
    return Number(this.get(name))
  }

  definition(name: string): ConfigDefinition | undefined {
    return byName(this.definitions).get(name)
  }

  /** All, or those named, by name; names it does not know are left out. */
  describe(names: readonly string[] | null): ConfigEntry[] {
    const wanted = names === null ? null : new Set(names)
    return this.definitions
      .filter(({ name }) => wanted === null || wanted.has(name))
      .map(definition => {
        const { value, source } = this.#value(definition)
        return {
          name: definition.name,
          value,
          source,
          type: ConfigType[definition.type],
          synonyms: this.#candidates(definition),
        }
      })
  }

  #value(definition: ConfigDefinition): { value: string; source: ConfigSource } {
    return this.#candidates(definition)[0] ?? { value: definition.defaultValue, source: ConfigSource.default }
  }

  #candidates({ name, defaultValue, synonym }: ConfigDefinition): ConfigEntry['synonyms'] {
    const own = this.own.get(name)
    const mine = own === undefined ? [] : [{ name, value: own, source: this.#source }]
    if (this.#parent === undefined) return [...mine, { name, value: defaultValue, source: ConfigSource.default }]
    return synonym === undefined ? mine : [...mine, ...this.#parent.#candidates(this.#parent.definition(synonym)!)]
  }
}
