import { type ConfigEntry, type Configs, invalidValue, tooLong } from './configs.ts'
import type { ConfigDefinition } from './definitions.ts'
import { type ConfigProblem, invalidConfig, invalidRequest } from './problem.ts'

/** What has configs, once it is known to be there and its client may do what he wants with them. */
export interface ConfigResource {
  readonly configs: Configs
  describe(names: readonly string[] | null): ConfigEntry[]
  isReadOnly(name: string): boolean
  /** Why something can't be added to a config's list, or taken from it. */
  noList(definition: ConfigDefinition | undefined, name: string, verb: string): ConfigProblem | undefined
  unknownOperation(operation: number): ConfigProblem
  /** Why these can't take the place of those that are set. */
  problem(own: ReadonlyMap<string, string | null>): ConfigProblem | undefined
  /** Puts them there. */
  replace(own: ReadonlyMap<string, string>): void
}

/** The first value that its config can't have; undefined when all can be kept. `strange` is asked of names nobody knows. */
export function wrongValue(
  { configs }: Pick<ConfigResource, 'configs'>,
  own: ReadonlyMap<string, string | null>,
  strange: (name: string) => ConfigProblem | undefined,
): ConfigProblem | undefined {
  for (const [name, value] of own) {
    if (value === null) return invalidRequest(`Null value not supported for : ${name}`)
    const definition = configs.definition(name)
    if (definition === undefined) {
      const problem = strange(name)
      if (problem !== undefined) return problem
      continue
    }
    const invalid = invalidValue(definition, value)
    if (invalid !== undefined) return invalidConfig(invalid)
  }
  const long = tooLong([...own.keys(), ...own.values()])
  return long === undefined ? undefined : invalidConfig(long)
}

/** As the controller says it, of all but brokers' configs. */
export function notAList(isList: boolean, name: string, verb: string): ConfigProblem | undefined {
  return isList ? undefined : invalidConfig(`Can't ${verb} to key ${name} because its type is not LIST.`)
}
