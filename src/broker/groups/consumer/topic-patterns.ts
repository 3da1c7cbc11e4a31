import { deniedTopic } from '../../access/access.ts'
import { Operation } from '../../access/operations.ts'
import type { RequestContext } from '../../handler.ts'
import { Pattern, PatternError, stepsPerUnit } from '../../patterns/pattern.ts'
import { andThen } from '../../turns.ts'

/**
 * The topics each pattern matches, of those the client may see. A pattern that takes too long matches nothing, as
 * one that can't be read does in Kafka.
 */
export function matchTopics(
  patterns: readonly string[],
  { cluster, access }: Pick<RequestContext, 'cluster' | 'access'>,
): Map<string, Set<string>> | Promise<Map<string, Set<string>>> {
  const names = [...cluster.topics.keys()]
  const matched = new Map<string, Set<string>>()
  const one = (text: string) => {
    const topics = new Set<string>()
    matched.set(text, topics)
    let pattern: Pattern | undefined = new Pattern(text)
    return cluster.turns.map(
      names,
      name => {
        if (pattern === undefined) return
        const before = pattern.steps
        try {
          if (pattern.matches(name) && deniedTopic({ access }, Operation.describe, name) === 0) topics.add(name)
          cluster.turns.spend((pattern.steps - before) / stepsPerUnit)
        } catch (error) {
          if (!(error instanceof PatternError)) throw error
          cluster.turns.spend((pattern.steps - before) / stepsPerUnit)
          topics.clear()
          pattern = undefined
        }
      },
      0.1,
    )
  }
  const all = patterns.reduce<unknown[] | Promise<unknown[]>>((before, text) => andThen(before, () => one(text)), [])
  return andThen(all, () => matched)
}
