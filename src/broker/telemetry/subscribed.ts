import type { NamedConfigs } from '../configs/named-configs.ts'
import { Pattern, PatternError, stepsPerUnit } from '../patterns/pattern.ts'
import { andThen, type Turns } from '../turns.ts'

/** What a client is known by to subscriptions, by the names that their `match` has for it (KIP-714). */
export type ClientAttributes = Readonly<Record<string, string>>

/** What all subscriptions that mean a client come to. */
export interface Subscribed {
  /** Prefixes of names; `*` alone is all. */
  readonly metrics: readonly string[]
  /** Milliseconds between two reports. */
  readonly interval: number
}

/** Where nobody subscribed to anything, as in Kafka. */
const defaultInterval = 300_000
const everything = '*'

/** Takes a turn's time where there are many subscriptions, and patterns in them. */
export function subscribed(
  subscriptions: NamedConfigs,
  attributes: ClientAttributes,
  turns: Turns,
): Subscribed | Promise<Subscribed> {
  const metrics = new Set<string>()
  let interval = defaultInterval
  const look = (name: string): void | Promise<void> => {
    const configs = subscriptions.of(name)
    let isMeant = true
    const looked = turns.map(listOf(configs.get('match')), rule => {
      isMeant &&= matches(rule, attributes, turns)
    })
    return andThen(looked, () => {
      if (!isMeant) return
      for (const each of listOf(configs.get('metrics'))) metrics.add(each)
      interval = Math.min(interval, configs.number('interval.ms'))
    })
  }
  const all = subscriptions.names.reduce<void | Promise<void>>(
    (before, name) => andThen(before, () => look(name)),
    undefined,
  )
  return andThen(all, () => ({ metrics: metrics.has(everything) ? [everything] : [...metrics], interval }))
}

/** Whether the client is as a rule `field=pattern` has it; a pattern that takes too long means nobody. */
function matches(rule: string, attributes: ClientAttributes, turns: Turns): boolean {
  const [field = '', text = ''] = rule.split('=').map(part => part.trim())
  const value = attributes[field]
  if (value === undefined) return false
  const pattern = new Pattern(text)
  try {
    return pattern.matches(value)
  } catch (error) {
    if (error instanceof PatternError) return false
    throw error
  } finally {
    turns.spend(pattern.steps / stepsPerUnit)
  }
}

function listOf(value: string): string[] {
  return value === '' ? [] : value.split(',').map(each => each.trim())
}
