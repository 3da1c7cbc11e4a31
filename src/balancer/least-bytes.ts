import { utf8Length } from '../bytes/utf8.ts'
import type { MessageInput } from '../records/message-input.ts'
import type { Balancer } from './balancer.ts'

/**
 * Sends each message to the partition that was given the fewest bytes of keys and values so far, the lowest of equals,
 * among those that have a leader. Writers know nothing of each other's bytes. Starts afresh when the number of partitions changes.
 */
export class LeastBytes implements Balancer {
  #given: number[] = []

  /** The partition with the fewest bytes. */
  balance(message: MessageInput, partitions: readonly number[], led = partitions): number {
    if (this.#given.length !== partitions.length) this.#given = new Array(partitions.length).fill(0)
    const given = this.#given
    let least = partitions.indexOf(led[0]!)
    // Both ascend.
    for (let i = least + 1, at = 1; at < led.length; i++) {
      if (partitions[i] !== led[at]) continue
      if (given[i]! < given[least]!) least = i
      at++
    }
    const before = given[least]!
    // A partition without a leader is not to be given all that it missed once it has one.
    if (led.length < partitions.length) for (let i = 0; i < given.length; i++) if (given[i]! < before) given[i] = before
    given[least]! += lengthOf(message.key) + lengthOf(message.value)
    return partitions[least]!
  }
}

function lengthOf(part: string | Uint8Array | null | undefined): number {
  if (part === null || part === undefined) return 0
  return typeof part === 'string' ? utf8Length(part) : part.length
}
