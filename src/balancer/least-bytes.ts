import { utf8Length } from '../bytes/utf8.ts'
import type { MessageInput } from '../records/message-input.ts'
import type { Balancer } from './balancer.ts'

/**
 * Sends each message to the partition that was given the fewest bytes of keys and values so far, the lowest of equals.
 * Writers know nothing of each other's bytes. Starts afresh when the number of partitions changes.
 */
export class LeastBytes implements Balancer {
  #given: number[] = []

  balance(message: MessageInput, partitions: readonly number[]): number {
    if (this.#given.length !== partitions.length) this.#given = new Array(partitions.length).fill(0)
    const given = this.#given
    let least = 0
    for (let i = 1; i < given.length; i++) if (given[i]! < given[least]!) least = i
    given[least]! += lengthOf(message.key) + lengthOf(message.value)
    return partitions[least]!
  }
}

function lengthOf(part: string | Uint8Array | null | undefined): number {
  if (part === null || part === undefined) return 0
  return typeof part === 'string' ? utf8Length(part) : part.length
}
