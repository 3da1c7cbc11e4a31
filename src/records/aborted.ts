import { readControl } from './control.ts'
import type { RecordBatch } from './record-batch.ts'

interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

/**
 * Tells which batches of one answer belong to aborted transactions. The broker lists every transaction that was aborted
 * and touches the answer, also one whose marker lies beyond its end; one producer may have several. Batches are to be
 * asked about in order.
 */
export class AbortedTransactions {
  /** Not begun yet, first one last. */
  private readonly ahead: AbortedTransaction[]
  private readonly open = new Set<bigint>()

  constructor(listed: readonly AbortedTransaction[]) {
    this.ahead = [...listed].sort((a, b) => b.firstOffset - a.firstOffset)
  }

  /** Whether the batch is to be left out. */
  covers(batch: RecordBatch): boolean {
    while (this.ahead.length > 0 && this.ahead[this.ahead.length - 1]!.firstOffset <= batch.lastOffset) {
      this.open.add(this.ahead.pop()!.producerId)
    }
    if (!batch.isTransactional || !this.open.has(batch.producerId)) return false
    if (batch.isControl) {
      batch.verify()
      if (readControl(batch).some(({ type }) => type === 'abort')) this.open.delete(batch.producerId)
    }
    return true
  }
}
