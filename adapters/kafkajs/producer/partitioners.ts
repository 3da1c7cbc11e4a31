import { javaPartition } from '../../../src/balancer/murmur2-balancer.ts'
import { randomOf, systemClock } from '../../../src/base/clock.ts'
import { utf8 } from '../../../src/bytes/utf8.ts'
import type { PartitionMetadata } from '../types/common.ts'
import type { ICustomPartitioner } from '../types/producer.ts'

type KeyPartition = (key: string | Uint8Array, count: number) => number

/** Those of a topic's partitions that have a leader, and whose turn it is. */
interface Turns {
  of: readonly PartitionMetadata[]
  led: readonly PartitionMetadata[]
  next: number
}

/**
 * A message goes to the partition it names, else where its key's hash says, among all partitions; one without a key to
 * those with a leader by turns, from any of them on.
 */
function partitionerBy(partitionOf: KeyPartition): ICustomPartitioner {
  return () => {
    const topics = new Map<string, Turns>()
    return ({ topic, partitionMetadata, message: { partition, key } }) => {
      if (partition !== undefined && partition !== null) return partition
      if (key !== undefined && key !== null)
        return partitionOf(typeof key === 'object' ? key : String(key), partitionMetadata.length)
      let turns = topics.get(topic)
      if (turns === undefined) {
        turns = { of: [], led: [], next: Math.floor(randomOf(systemClock) * 0x7fffffff) }
        topics.set(topic, turns)
      }
      if (turns.of !== partitionMetadata) {
        turns.of = partitionMetadata
        turns.led = partitionMetadata.filter(({ leader }) => leader >= 0)
      }
      turns.next = (turns.next + 1) & 0x7fffffff
      const { led, next } = turns
      return led.length > 0 ? led[next % led.length]!.partitionId : next % partitionMetadata.length
    }
  }
}

const seed = 0x9747b28c
const m = 0x5bd1e995

/**
 * The hash of kafkajs 1, which is not Java's: it multiplies as JavaScript does, with the loss of the low bits, and takes
 * the last bytes twice. Topics that were written with it keep their keys where they are.
 */
function legacyMurmur2(data: Uint8Array): number {
  const { length } = data
  const byte = (at: number): number => data[at] ?? 0
  let h = seed ^ length
  for (let at = 0; at < length; at += 4) {
    let k = byte(at) + (byte(at + 1) << 8) + (byte(at + 2) << 16) + (byte(at + 3) << 24)
    k *= m
    k ^= k >>> 24
    k *= m
    h *= m
    h ^= k
  }
  const rest = length & 3
  const from = length & ~3
  if (rest === 3) h ^= byte(from + 2) << 16
  if (rest >= 2) h ^= byte(from + 1) << 8
  if (rest >= 1) {
    h ^= byte(from)
    h *= m
  }
  h ^= h >>> 13
  h *= m
  return h ^ (h >>> 15)
}

const legacyPartition: KeyPartition = (key, count) =>
  (legacyMurmur2(typeof key === 'string' ? utf8(key) : key) & 0x7fffffff) % count

const DefaultPartitioner = partitionerBy(javaPartition)

/** The ways to choose a partition. */
export const Partitioners = {
  /** Where Java's producer puts keys. */
  DefaultPartitioner,
  /** Where kafkajs 1 put them. */
  LegacyPartitioner: partitionerBy(legacyPartition),
  /** @deprecated The same as DefaultPartitioner. */
  JavaCompatiblePartitioner: DefaultPartitioner,
}
