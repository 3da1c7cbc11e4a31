import { zeroUuid } from '../bytes/reader.ts'
import type { Cluster } from './cluster.ts'
import type { Level, Row } from './shape.ts'

/** One partition of a request, or one group or transaction: what of it has an owner among the brokers. */
export interface Part {
  /** The structs it lies within, outermost first; the last is its topic. None around a group or transaction. */
  readonly within: readonly Row[]
  readonly partition: Row | number | string
  /** '' when the request names it by an id that we don't know. */
  readonly topic: string
  readonly topicId: string
  /** The id of a group or transaction. */
  readonly index: number | string
  /** The same in a response. */
  readonly key: string
}

/** The partitions a request or response is about. `nameOf` tells the topic of an id. */
export function partsOf(
  message: Row,
  levels: readonly Level[],
  nameOf: (topicId: string) => string | undefined,
): Part[] {
  const parts: Part[] = []
  const walk = (row: Row, depth: number, within: readonly Row[]): void => {
    const { list, id } = levels[depth]!
    for (const each of row[list] ?? []) {
      if (depth + 1 < levels.length) walk(each, depth + 1, [...within, each])
      else parts.push(partOf(within, each, each[id!] ?? each, levels, nameOf))
    }
  }
  walk(message, 0, [])
  return parts
}

function partOf(
  within: readonly Row[],
  partition: Part['partition'],
  index: number | string,
  levels: readonly Level[],
  nameOf: (topicId: string) => string | undefined,
): Part {
  const row = within.at(-1) ?? {}
  const id = levels[within.length - 1]?.id
  const topicId: string = row['topicId'] ?? zeroUuid
  const topic: string = (id !== 'topicId' && row[id!]) || nameOf(topicId) || ''
  const outer = within.slice(0, -1).map((each, depth) => each[levels[depth]!.id!])
  return { within, partition, topic, topicId, index, key: [...outer, topic || topicId, index].join(' ') }
}

/** The request with these partitions alone, its topics named by id too where that is known (KIP-516). */
export function requestFor(request: Row, levels: readonly Level[], parts: readonly Part[], cluster: Cluster): Row {
  return regrouped(request, levels, parts, {
    row: (row, depth, { topic, topicId }) => {
      if (depth < levels.length - 2 || topicId !== zeroUuid) return row
      return { ...row, topicId: cluster.peek(topic)?.id ?? zeroUuid }
    },
    leaf: ({ partition }) => partition,
  })
}

/** `root` with its lists made anew out of these parts, in their order: a copy of each struct once. */
export function regrouped(
  root: Row,
  levels: readonly Level[],
  parts: Iterable<Part>,
  make: { row(row: Row, depth: number, part: Part): Row; leaf(part: Part): unknown },
): Row {
  const top: Row = { ...root, [levels[0]!.list]: [] }
  const copies = new Map<Row, Row>()
  for (const part of parts) {
    let into = top
    part.within.forEach((row, depth) => {
      let copy = copies.get(row)
      if (copy === undefined) {
        copy = { ...make.row(row, depth, part), [levels[depth + 1]!.list]: [] }
        copies.set(row, copy)
        into[levels[depth]!.list].push(copy)
      }
      into = copy
    })
    into[levels.at(-1)!.list].push(make.leaf(part))
  }
  return top
}
