import { BatchBuilder } from '../../src/records/batch-builder.ts'
import type { HeaderInput } from '../../src/records/message-input.ts'

export interface Shape {
  readonly name: string
  readonly key: Buffer | null
  readonly value: Buffer
  readonly headers: readonly (HeaderInput & { value: Buffer })[]
  /** Milliseconds from one record to the next. */
  readonly step: number
}

export const stamp = { producerId: -1n, producerEpoch: -1, baseSequence: -1 }
export const time = 1_700_000_000_000
export const value = Buffer.alloc(100, 'x')

export const shapes: readonly Shape[] = [
  { name: '100 B', key: null, value, headers: [], step: 0 },
  { name: '100 B and a key', key: Buffer.from('customer-17'), value, headers: [], step: 0 },
  { name: '100 B, key, 2 headers, 5 ms', key: Buffer.from('customer-17'), value, headers: twoHeaders(), step: 5 },
]

function twoHeaders(): Shape['headers'] {
  return [
    { key: 'trace', value: Buffer.from('0af7651916cd43dd8448eb211c80319c') },
    { key: 'type', value: Buffer.from('order') },
  ]
}

/** A builder that holds a Writer's batch of such records, just under a million bytes. */
export function filledBuilder({ key, value, headers, step }: Shape): BatchBuilder {
  const builder = new BatchBuilder()
  while (builder.size < 980_000) builder.append(key, value, headers, time + builder.count * step)
  return builder
}
