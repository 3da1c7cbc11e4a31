import { ConfigError } from '../base/errors.ts'
import type { VersionCap } from './config.ts'
import type { Handler } from './handler.ts'
import { handlers } from './handlers/index.ts'

/** The APIs and versions a broker tells and takes. */
export class ApiTable {
  readonly all: readonly Handler[]
  readonly #byKey: ReadonlyMap<number, Handler>

  constructor(caps: Readonly<Record<string, VersionCap>>) {
    const unknown = Object.keys(caps).find(name => !handlers.some(({ api }) => api.name === name))
    if (unknown !== undefined) throw new ConfigError(`versions: this broker has no API named ${unknown}`)
    this.all = handlers.flatMap(handler => {
      const versions = capped(handler, caps[handler.api.name])
      return versions === null ? [] : [{ ...handler, versions }]
    })
    this.#byKey = new Map(this.all.map(handler => [handler.api.key, handler]))
  }

  handler(apiKey: number): Handler | undefined {
    return this.#byKey.get(apiKey)
  }
}

function capped({ api, versions }: Handler, cap: VersionCap | undefined): Handler['versions'] | null {
  if (cap === undefined) return versions
  if (cap === null) return null
  const [first, last] = typeof cap === 'number' ? ([Math.min(versions[0], cap), cap] as const) : cap
  if (first > last || first < api.minVersion || last > versions[1])
    throw new ConfigError(`versions: ${api.name} can be ${api.minVersion}–${versions[1]} here, not ${first}–${last}`)
  return [first, last]
}
