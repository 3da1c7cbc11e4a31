import type { Seen } from './notation.ts'

export interface Found {
  /** The step, and where in it: `offsets.answers[0].high`. */
  readonly at: string
  readonly kafkajs: Seen | undefined
  readonly ours: Seen | undefined
}

/** Field by field, where two transcripts differ. */
export function differencesOf(theirs: ReadonlyMap<string, Seen>, ours: ReadonlyMap<string, Seen>): Found[] {
  const found: Found[] = []
  for (const step of new Set([...theirs.keys(), ...ours.keys()])) walk(step, theirs.get(step), ours.get(step), found)
  return found
}

function walk(at: string, kafkajs: Seen | undefined, ours: Seen | undefined, found: Found[]): void {
  if (Array.isArray(kafkajs) && Array.isArray(ours)) {
    if (kafkajs.length !== ours.length) found.push({ at: `${at}.length`, kafkajs, ours })
    else for (const [index, each] of kafkajs.entries()) walk(`${at}[${index}]`, each, ours[index], found)
  } else if (isObject(kafkajs) && isObject(ours)) {
    for (const key of new Set([...Object.keys(kafkajs), ...Object.keys(ours)]))
      walk(`${at}.${key}`, kafkajs[key], ours[key], found)
  } else if (kafkajs !== ours) {
    found.push({ at, kafkajs, ours })
  }
}

function isObject(seen: Seen | undefined): seen is { [key: string]: Seen } {
  return typeof seen === 'object' && seen !== null && !Array.isArray(seen)
}
