import { ErrorCode } from '../../protocol/errors.ts'
import type { Cluster } from '../cluster.ts'
import { wrongPattern } from '../patterns/pattern.ts'
import type { Turns } from '../turns.ts'
import { ConfigSource, tooLong } from './configs.ts'
import type { NamedConfigs } from './named-configs.ts'
import { outOfRange } from './other-definitions.ts'
import { type ConfigProblem, invalidConfig, invalidRequest } from './problem.ts'
import { type ConfigResource, notAList, wrongValue } from './resource.ts'

export function groupResource(all: NamedConfigs, name: string): ConfigResource {
  const strange = (key: string): ConfigProblem => invalidConfig(`Unknown group config name: ${key}`)
  return namedResource(all, name, strange, (key, value) => {
    const wrong = outOfRange(key, value)
    return wrong === undefined ? undefined : invalidConfig(wrong)
  })
}

export function metricsResource(name: string, { metricsConfigs, turns }: Cluster): ConfigResource {
  const strange = (key: string): ConfigProblem => invalidRequest(`Unknown client metrics configuration: ${key}`)
  const resource = namedResource(metricsConfigs, name, strange, (key, value) => {
    if (key === 'match') return wrongMatch(value, turns)
    const interval = Number(value)
    return key === 'interval.ms' && (interval < 100 || interval > 3_600_000)
      ? invalidRequest(`Invalid value ${value} for interval.ms, interval must be between 100 and 3600000 (1 hour)`)
      : undefined
  })
  return {
    ...resource,
    // What they have by default no other config has.
    describe: names =>
      resource.describe(names).map(entry => ({
        ...entry,
        synonyms: entry.synonyms.filter(({ source }) => source === ConfigSource.clientMetrics),
      })),
  }
}

function namedResource(
  all: NamedConfigs,
  name: string,
  strange: (key: string) => ConfigProblem,
  wrong: (key: string, value: string) => ConfigProblem | undefined,
): ConfigResource {
  const configs = all.of(name)
  return {
    configs,
    describe: names => configs.describe(names),
    isReadOnly: () => false,
    // The controller knows the types of topics' configs alone.
    noList: (_definition, key, verb) => notAList(false, key, verb),
    unknownOperation: operation => ({ errorCode: ErrorCode.Unknown, errorMessage: `Unknown operation ${operation}` }),
    problem(own) {
      const problem = wrongValue({ configs }, own, strange) ?? (own.size > 0 ? all.problem(name) : undefined)
      if (problem !== undefined) return problem
      // It takes the room of a value, for nothing else keeps it.
      const long = tooLong([name, ...own.values()])
      if (long !== undefined) return invalidConfig(long)
      for (const [key, value] of own) {
        const problem = wrong(key, value!)
        if (problem !== undefined) return problem
      }
      return undefined
    },
    replace: own => all.replace(name, own),
  }
}

const clientFields =
  /^(client_instance_id|client_id|client_software_name|client_software_version|client_source_address|client_source_port)$/

// Each takes some milliseconds to be understood at the most.
const mostPatterns = 20

/** Of a list of `field=pattern`. */
function wrongMatch(value: string, turns: Turns): ConfigProblem | undefined {
  const all = value === '' ? [] : value.split(',')
  if (all.length > mostPatterns) return invalidConfig(`More than ${mostPatterns} client matching patterns`)
  for (const each of all) {
    const [field = '', pattern = '', ...more] = each.split('=').map(part => part.trim())
    if (!clientFields.test(field) || pattern === '' || more.length > 0 || wrongPattern(pattern, turns) !== undefined)
      return invalidConfig(`Illegal client matching pattern: ${each}`)
  }
  return undefined
}
