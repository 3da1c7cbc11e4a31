import { BatchBuilder } from '../records/batch-builder.ts'

/** Kept for the next batches. Their buffers grow to a batch's size: 1 MiB by default. */
const mostKept = 32
/** Small at first: a writer to ten thousand partitions has as many open at once. */
const capacity = 2048

/** Batch builders in use again and again: fresh memory costs more than what is written into it. */
export class BuilderPool {
  readonly #kept: BatchBuilder[] = []
  readonly #writeUtf8: ((into: Uint8Array, at: number, text: string) => number) | undefined

  constructor(writeUtf8: ((into: Uint8Array, at: number, text: string) => number) | undefined) {
    this.#writeUtf8 = writeUtf8
  }

  readonly take = (): BatchBuilder => this.#kept.pop() ?? new BatchBuilder({ writeUtf8: this.#writeUtf8, capacity })

  /** Nobody may hold its bytes any more. */
  give(builder: BatchBuilder): void {
    if (this.#kept.length >= mostKept) return
    builder.reset()
    this.#kept.push(builder)
  }
}
