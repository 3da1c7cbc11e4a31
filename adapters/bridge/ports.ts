import { ConfigError } from '../../src/base/errors.ts'

/** Says of a port whether it is one of these: numbers, and ranges as '9092-9094'. */
export function portsOf(setting: string, list: readonly (number | string)[]): (port: number) => boolean {
  const ranges = list.map(each => {
    const [, from, to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(each)) ?? []
    const range = [Number(from), Number(to)] as const
    if (!(range[0] >= 1 && range[0] <= range[1] && range[1] <= 65_535))
      throw new ConfigError(`bridge: ${setting}: ${JSON.stringify(each)} is no port and no range such as '9092-9094'`)
    return range
  })
  return port => ranges.some(([from, to]) => port >= from && port <= to)
}
