import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { KafkaError } from '../../src/protocol/errors.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'
import { Batch } from '../../src/writer/batch.ts'
import { PartitionQueue, type QueueHost, sequenceAfter } from '../../src/writer/partition-queue.ts'
import { IdempotentIdentities } from '../../src/writer/producer-identity.ts'
import { settingsOf } from '../../src/writer/settings.ts'
import { SharedBackoff } from '../../src/writer/shared-backoff.ts'
import { Topic } from '../../src/writer/topic.ts'

/**
 * A queue whose batches of one record are made, taken and answered by hand. One is written already, number 0, unless it
 * is not `known`.
 */
function setup({ idempotent = true, known = true } = {}) {
  const outcomes: [value: string, error: string | null][] = []
  const ids = idempotent ? new IdempotentIdentities({} as never) : null
  if (ids !== null) ids.current = { id: 7n, epoch: 0 }
  const names = new Map<Batch, string>()
  const settings = settingsOf({
    addr: 'x',
    idempotent,
    writeBackoffMin: 1,
    writeBackoffMax: 1,
    deliveryTimeout: 1000,
    maxAttempts: 3,
  })
  const host: QueueHost = {
    settings,
    clock: systemClock,
    backoff: new SharedBackoff(settings.backoff, systemClock),
    ids,
    rested() {},
    settle(_queue, batch, error) {
      batch.settled = true
      outcomes.push([names.get(batch)!, error === null ? null : error.name])
    },
    split: () => null,
    sift: () => null,
    packed() {},
  }
  const queue = new PartitionQueue(new Topic('t', 1_000_000), 0, host)
  let now = 0
  const fixture = {
    queue,
    ids,
    outcomes,
    /** Closed batches with these names. */
    add(...added: string[]): void {
      for (const name of added) {
        queue.open = new Batch('t', 0, new BatchBuilder(), 0, now)
        queue.open.builder.append(null, name, null, 0)
        names.set(queue.open, name)
        queue.close(now)
      }
    },
    /** All that can be sent at this moment; a second passes first if need be. */
    take(): Batch[] {
      now += 10
      const taken: Batch[] = []
      for (let batch = queue.take(now, true); batch !== null; batch = queue.take(now, true)) taken.push(batch)
      return taken
    },
    name: (batch: Batch) => names.get(batch)!,
    land(batch: Batch, verdict: Parameters<PartitionQueue['completed']>[1]): void {
      queue.completed(batch, verdict, verdict === 'written' ? null : new KafkaError(19), now)
    },
    pass(milliseconds: number): void {
      now += milliseconds
      queue.expire(now)
    },
  }
  if (known) {
    fixture.add('known')
    fixture.land(fixture.take()[0]!, 'written')
    outcomes.length = 0
  }
  return fixture
}

describe('a partition’s queue', () => {
  test('sends five batches ahead, no more', () => {
    const { add, take, land, name } = setup()
    add('a', 'b', 'c', 'd', 'e', 'f', 'g')
    const first = take()
    expect(first.map(name)).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(take()).toEqual([])
    land(first[0]!, 'written')
    expect(take().map(name)).toEqual(['f'])
  })

  test('sends the first batch of an identity alone, for a broker that knows nothing of it would take the second for the first', () => {
    const { add, take, land, name } = setup({ known: false })
    add('a', 'b', 'c')
    const [a] = take()
    expect(take()).toEqual([])
    land(a!, 'retryRefused')
    const again = take()
    expect(again.map(name)).toEqual(['a'])
    land(again[0]!, 'written')
    expect(take().map(name)).toEqual(['b', 'c'])
  })

  test('sends nothing new behind a repeat: a broker remembers five batches, and the repeat must stay one of them', () => {
    const { add, take, land, name } = setup()
    add('a', 'b', 'c')
    const [a, b, c] = take()
    land(a!, 'retry')
    land(b!, 'written')
    land(c!, 'retry')
    add('d', 'e')
    const again = take()
    expect(again.map(name)).toEqual(['a', 'c'])
    land(again[0]!, 'written')
    expect(take()).toEqual([])
    land(again[1]!, 'written')
    expect(take().map(name)).toEqual(['d', 'e'])
  })

  test('sends one at a time without idempotence', () => {
    const { add, take, land, name } = setup({ idempotent: false })
    add('a', 'b')
    const [a] = take()
    expect(take()).toEqual([])
    land(a!, 'retry')
    expect(take().map(name)).toEqual(['a'])
  })

  test('after a failure sends nothing until all in flight are answered, then all again in order', () => {
    const { add, take, land, name, outcomes } = setup()
    add('a', 'b', 'c', 'd')
    const [a, b, c, d] = take()
    land(a!, 'written')
    land(b!, 'retry')
    add('e')
    expect(take()).toEqual([])
    land(c!, 'outOfSequence')
    expect(take()).toEqual([])
    land(d!, 'retry')
    const again = take()
    expect(again.map(name)).toEqual(['b', 'c', 'd'])
    for (const batch of again) land(batch, 'written')
    const [e] = take()
    land(e!, 'written')
    expect([...again, e!].map(batch => batch.sequence)).toEqual([2, 3, 4, 5])
    expect(outcomes).toEqual(['a', 'b', 'c', 'd', 'e'].map(value => [value, null]))
  })

  test('the order of answers does not change the order of sending again', () => {
    const { add, take, land, name } = setup()
    add('a', 'b', 'c')
    const [a, b, c] = take()
    land(c!, 'retry')
    land(b!, 'retry')
    land(a!, 'retry')
    expect(take().map(name)).toEqual(['a', 'b', 'c'])
  })

  test('behind a batch given up: what may be written keeps its number until that is known, then the epoch is bumped', () => {
    const { add, take, land, pass, name, ids } = setup()
    add('a')
    const [a] = take()
    pass(500)
    add('b', 'c')
    const [b, c] = take()
    for (const batch of [a, b, c]) land(batch!, 'retry')
    pass(500)
    expect(a!.settled).toBe(true)
    add('new')
    // Not the new one: its number would be on the far side of the gap.
    const again = take()
    expect(again.map(batch => [name(batch), batch.sequence])).toEqual([
      ['b', 2],
      ['c', 3],
    ])
    land(again[0]!, 'outOfSequence')
    land(again[1]!, 'outOfSequence')
    expect(ids!.current).toEqual({ id: 7n, epoch: 1 })
    const renumbered: unknown[] = []
    for (let taken = take(); taken.length > 0; taken = take()) {
      for (const batch of taken) {
        renumbered.push([name(batch), batch.identity!.epoch, batch.sequence])
        land(batch, 'written')
      }
    }
    expect(renumbered).toEqual([
      ['b', 1, 0],
      ['c', 1, 1],
      ['new', 1, 2],
    ])
  })

  test('another partition’s bump is taken over between batches only', () => {
    const { add, take, land, ids } = setup()
    add('a')
    const [a] = take()
    ids!.bump(a!.identity)
    add('b')
    expect(take().map(({ identity, sequence }) => [identity!.epoch, sequence])).toEqual([[0, 2]])
    land(a!, 'written')
    add('c')
    expect(take().map(({ identity, sequence }) => [identity!.epoch, sequence])).toEqual([[0, 3]])
  })

  test('numbers begin again at 0 after the highest', () => {
    expect(sequenceAfter(0x7fffffff - 2, 2)).toBe(0x7fffffff)
    expect(sequenceAfter(0x7fffffff - 2, 3)).toBe(0)
    expect(sequenceAfter(0x7fffffff, 5)).toBe(4)
  })
})

describe('producer ids', () => {
  const at = (epoch: number): IdempotentIdentities => {
    const ids = new IdempotentIdentities({} as never)
    ids.current = { id: 7n, epoch }
    return ids
  }

  test('several partitions that fail under one identity bump it once', () => {
    const ids = at(3)
    const { current } = ids
    ids.bump(current)
    ids.bump(current)
    expect(ids.current).toEqual({ id: 7n, epoch: 4 })
  })

  test('after the last epoch another id is needed', () => {
    const ids = at(0x7fff)
    ids.bump(ids.current)
    expect(ids.current).toBe(null)
  })

  test('a fenced identity is replaced whatever its epoch is by now, another id is not', () => {
    const ids = at(3)
    ids.replace({ id: 8n, epoch: 3 })
    expect(ids.current).not.toBe(null)
    ids.replace({ id: 7n, epoch: 2 })
    expect(ids.current).toBe(null)
  })
})
