/** In characters, as in Kafka. */
export const longestTopicName = 249

/** Why a topic can't have this name; undefined when it can. The texts are Kafka's. */
export function invalidTopicName(name: string): string | undefined {
  if (name === '') return 'Topic name is invalid: the empty string is not allowed'
  if (name === '.' || name === '..') return `Topic name is invalid: '${name}' is not allowed`
  if (name.length > longestTopicName)
    return `Topic name is invalid: the length of '${name}' is longer than the max allowed length ${longestTopicName}`
  if (!/^[a-zA-Z0-9._-]+$/.test(name))
    return `Topic name is invalid: '${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
  return undefined
}

/** A name as metrics have it, which know no dot: names alike in this would be taken for one. */
function unified(name: string): string {
  return name.replaceAll('.', '_')
}

/** The names of all topics, to find those that differ in `.` and `_` alone. */
export class CollidingNames {
  readonly #byUnified = new Map<string, Set<string>>()

  add(name: string): void {
    const key = unified(name)
    const all = this.#byUnified.get(key)
    if (all === undefined) this.#byUnified.set(key, new Set([name]))
    else all.add(name)
  }

  delete(name: string): void {
    const key = unified(name)
    const all = this.#byUnified.get(key)
    all?.delete(name)
    if (all?.size === 0) this.#byUnified.delete(key)
  }

  collidingWith(name: string): string | undefined {
    for (const other of this.#byUnified.get(unified(name)) ?? []) if (other !== name) return other
    return undefined
  }
}
