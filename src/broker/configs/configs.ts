import { type ConfigDefinition, ConfigType } from './definitions.ts'

/** Where a config's value comes from, in Kafka's numbers. */
export const ConfigSource = {
  topic: 1,
  broker: 2,
  brokerDefault: 3,
  brokerStatic: 4,
  default: 5,
  clientMetrics: 7,
  group: 8,
} as const
type ConfigSource = (typeof ConfigSource)[keyof typeof ConfigSource]

/** Values that were set at one place. */
export interface ConfigLayer {
  readonly values: Map<string, string>
  readonly source: ConfigSource
}

export interface ConfigEntry {
  readonly name: string
  /** null for what nobody knows: it may be a secret. */
  readonly value: string | null
  readonly source: ConfigSource
  readonly type: number
  readonly isSensitive: boolean
  /** Where the value could have come from, the strongest first. */
  readonly synonyms: { name: string; value: string | null; source: ConfigSource }[]
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

// All that was set for one topic, group or broker, in characters.
const longestValues = 16_384

/** Why these can't be kept; undefined when they can. */
export function tooLong(texts: Iterable<string | null>): string | undefined {
  let length = 0
  for (const text of texts) length += text?.length ?? 0
  return length > longestValues ? `The values are longer than ${longestValues} characters together` : undefined
}

/** The configs of a broker, a topic or the like: what was set, in layers, over what it inherits, over the defaults. */
export class Configs {
  readonly definitions: readonly ConfigDefinition[]
  /** The strongest first. */
  readonly layers: readonly ConfigLayer[]
  readonly #parent: Configs | undefined

  /** `parent` has what the definitions' synonyms name. */
  constructor(definitions: readonly ConfigDefinition[], layers: readonly ConfigLayer[], parent?: Configs) {
    this.definitions = definitions
    this.layers = layers
    this.#parent = parent
  }

  /** What was set here. */
  get own(): Map<string, string> {
    return this.layers[0]!.values
  }

  get(name: string): string {
    for (const { values } of this.layers) {
      const value = values.get(name)
      if (value !== undefined) return value
    }
    return this.#inherited(this.definition(name)!)
  }

  #inherited({ synonym, defaultValue }: ConfigDefinition): string {
    return this.#hasParentOf(synonym) ? this.#parent!.get(synonym!) : defaultValue
  }

  #hasParentOf(synonym: string | undefined): boolean {
    return synonym !== undefined && this.#parent?.definition(synonym) !== undefined
  }

  number(name: string): number {
    return Number(this.get(name))
  }

  definition(name: string): ConfigDefinition | undefined {
    return byName(this.definitions).get(name)
  }

  /** All, or those named, by name; of names it does not know those that were set all the same. */
  describe(names: readonly string[] | null): ConfigEntry[] {
    const wanted = names === null ? null : new Set(names)
    const isWanted = (name: string): boolean => wanted === null || wanted.has(name)
    const known = this.definitions
      .filter(({ name }) => isWanted(name))
      .map(definition => this.#entry(definition, this.#candidates(definition)))
    const unknown = new Set(this.layers.flatMap(({ values }) => [...values.keys()]))
    return [...known, ...this.#strangers([...unknown].filter(isWanted))]
  }

  /** Of what was set here alone. */
  describeOwn(names: readonly string[] | null): ConfigEntry[] {
    const [{ source }] = this.layers as [ConfigLayer]
    const wanted = names === null ? null : new Set(names)
    const own = [...this.own.keys()].filter(name => wanted === null || wanted.has(name))
    const known = own.flatMap(name => {
      const definition = this.definition(name)
      return definition ? [this.#entry(definition, [{ name, value: this.own.get(name)!, source }])] : []
    })
    return [...known, ...this.#strangers(own)]
  }

  #strangers(names: readonly string[]): ConfigEntry[] {
    return names.flatMap(name => {
      if (this.definition(name) !== undefined) return []
      const synonyms = this.layers
        .filter(({ values }) => values.has(name))
        .map(({ source }) => ({ name, value: null, source }))
      return synonyms.length === 0
        ? []
        : [{ name, value: null, source: synonyms[0]!.source, type: ConfigType.unknown, isSensitive: true, synonyms }]
    })
  }

  #entry({ name, type, defaultValue }: ConfigDefinition, synonyms: ConfigEntry['synonyms']): ConfigEntry {
    const { value, source } = synonyms[0] ?? { value: defaultValue, source: ConfigSource.default }
    return { name, value, source, type: ConfigType[type], isSensitive: false, synonyms }
  }

  #candidates({ name, defaultValue, synonym }: ConfigDefinition): ConfigEntry['synonyms'] {
    const mine = this.layers.flatMap(({ values, source }) => {
      const value = values.get(name)
      return value === undefined ? [] : [{ name, value, source }]
    })
    if (this.#hasParentOf(synonym)) return [...mine, ...this.#parent!.#candidates(this.#parent!.definition(synonym!)!)]
    // Of what topics alone have Kafka tells no default.
    if (this.layers[0]!.source === ConfigSource.topic) return mine
    return [...mine, { name: synonym ?? name, value: defaultValue, source: ConfigSource.default }]
  }
}
