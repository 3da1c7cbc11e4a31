/** A fault put into the client, which the simulation has to find. */
export interface Mutant {
  readonly name: string
  readonly file: string
  readonly from: string
  readonly to: string
  /** A world that shows it. */
  readonly seed: number
  /** Of the anomaly. */
  readonly kind?: string
}

export const mutants: readonly Mutant[] = [
  {
    name: 'sequence numbers count batches, not records',
    file: 'src/writer/partition-queue.ts',
    from: 'this.#nextSequence = sequenceAfter(this.#nextSequence, batch.count)',
    to: 'this.#nextSequence = sequenceAfter(this.#nextSequence, 1)',
    seed: 0,
  },
  {
    name: 'the order of batches is turned round when they are sent again',
    file: 'src/writer/partition-queue.ts',
    from: 'this.#closed = [...this.#sent, ...this.#closed]',
    to: 'this.#closed = [...this.#closed, ...this.#sent].map(batch => Object.assign(batch, { sequence: -1 }))',
    seed: 0,
  },
  {
    name: 'a retry has new numbers',
    file: 'src/writer/partition-queue.ts',
    from: 'if (ids === null || batch.sequence >= 0) return true',
    to: 'if (ids === null || (batch.sequence >= 0 && !batch.maybeWritten)) return true',
    seed: 0,
  },
  {
    name: 'a retry is under a new epoch while what may be written is open',
    file: 'src/writer/partition-queue.ts',
    from: 'if (this.#gap && !this.#closed.some(batch => batch.maybeWritten)) {',
    to: 'if (this.#gap || this.#closed.some(batch => batch.maybeWritten)) {',
    seed: 0,
  },
  {
    name: 'numbers begin anew in the same epoch',
    file: 'src/writer/partition-queue.ts',
    from: 'this.#host.ids?.bump(this.#identity)',
    to: 'this.#nextSequence = 0',
    seed: 0,
  },
  {
    name: 'a lost answer to Produce is taken for a written batch',
    file: 'src/writer/produce-outcome.ts',
    from: "return unsent ? 'retryRefused' : 'retry'",
    to: "return unsent ? 'retryRefused' : 'written'",
    seed: 0,
  },
  {
    name: 'a batch that may have been written fails as one that was not',
    file: 'src/writer/partition-queue.ts',
    from: "if (outcome === 'retry' || outcome === 'lost') batch.maybeWritten = true",
    to: '',
    seed: 0,
  },
  {
    name: 'a moved leader is no reason to try again',
    file: 'src/writer/produce-outcome.ts',
    from: "if (!isRetriable(code)) return 'failed'",
    to: "if (!isRetriable(code) || code === 6) return 'failed'",
    seed: 0,
  },
  {
    name: 'deliveryTimeout is not kept',
    file: 'src/writer/sender.ts',
    from: 'if (now >= this.#expireAt) this.#expire(now)',
    to: '',
    seed: 0,
  },
  {
    name: 'room for what was written is not given back',
    file: 'src/writer/accumulator.ts',
    from: '    this.memory.release(batch.charged)\n  }\n\n  split(',
    to: '    this.memory.release(batch.charged - 200)\n  }\n\n  split(',
    seed: 0,
  },
  {
    name: 'what a fetch brings for where the reader was before is handed out',
    file: 'src/reader/position.ts',
    from: '    this.era++\n    this.asking = false\n',
    to: '    this.asking = false\n',
    seed: 0,
  },
  {
    name: 'the position is one beyond what was fetched',
    file: 'src/reader/fetch-response.ts',
    from: 'const next = batch.lastOffset + 1\n',
    to: 'const next = batch.lastOffset + (batch.count > 3 ? 2 : 1)\n',
    seed: 0,
  },
  {
    name: 'a batch begins at its first record, wherever the reader was',
    file: 'src/reader/fetch-response.ts',
    from: 'batches.push({ batch, from: offset, next })',
    to: 'batches.push({ batch, from: batch.baseOffset, next })',
    seed: 0,
  },
  {
    name: 'commits one more than what is done with',
    file: 'src/reader/committer.ts',
    from: 'progress.done(offset + 1)',
    to: 'progress.done(offset + 2)',
    seed: 0,
  },
  {
    name: 'automatic commits take what was handed out for done with',
    file: 'src/reader/message-source.ts',
    from: 'else if (done > 0) progress.done(messages[done - 1]!.offset + 1)',
    to: 'else if (messages.length > 0) progress.done(messages.at(-1)!.offset + 1)',
    seed: 0,
  },
  {
    name: 'heartbeats come too late',
    file: 'src/group/classic/heartbeats.ts',
    from: 'const delay = failures === 0 ? interval :',
    to: 'const delay = failures === 0 ? 9 * interval :',
    seed: 0,
  },
  {
    name: 'a member keeps reading what was taken away',
    file: 'src/reader/fetcher.ts',
    from: '      if (!this.#positions.delete(position.name)) continue\n      position.drop()',
    to: '      if (!this.#positions.delete(position.name)) continue',
    seed: 0,
  },
  {
    name: 'an older leader is believed',
    file: 'src/transport/topic-cache.ts',
    from: 'leader < 0 || leaderEpoch <= partition.leaderEpoch',
    to: 'leader < 0 || leaderEpoch === partition.leaderEpoch',
    seed: 0,
  },
  {
    name: 'a refused dial is tried again at once',
    file: 'src/transport/broker-backoff.ts',
    from: 'return Math.max(0, (this.#byBroker.get(broker)?.retryAt ?? 0) - this.#clock.monotonic())',
    to: 'return 0',
    seed: 0,
  },
  {
    name: 'a failed fetch is tried again at once',
    file: 'src/reader/outcomes.ts',
    from: 'const wait = after || backoffDelay(failing.failures, this.#parts.settings.backoff, clock)',
    to: 'const wait = after',
    seed: 0,
  },
  {
    name: 'a coordinator that denies being one is asked again on the same connection',
    file: 'src/group/coordinator.ts',
    from: 'if (broker === this.#denied) this.#hangUp()',
    to: '',
    seed: 10131,
    kind: 'storm',
  },
  {
    name: 'a connection to anyone is taken for one to the broker said to be there',
    file: 'src/transport/pool.ts',
    from: 'slot.connection.confirm(peer)',
    to: '',
    seed: 20509,
    kind: 'unseen',
  },
]
