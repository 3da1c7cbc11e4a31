import { ConfigError } from '../../src/base/errors.ts'
import { ConsumerGroup } from '../../src/group/consumer-group.ts'
import { pipeline } from '../../src/pipeline/pipeline.ts'
import { ErrorCode, hasCode, KafkaError } from '../../src/protocol/errors.ts'
import { FirstOffset, IsolationLevel } from '../../src/protocol/offsets.ts'
import type { Reader } from '../../src/reader/reader.ts'
import type { Message } from '../../src/records/message.ts'
import { Transport } from '../../src/transport/transport.ts'
import type { WriterConfig } from '../../src/writer/config.ts'
import { ProducerFencedError, TransactionAbortedError } from '../../src/writer/transactions/errors.ts'
import { Writer } from '../../src/writer/writer.ts'
import { chaosAdapter } from '../support/chaos-adapter.ts'
import { fixtureTest, numbered, type ReadingFixture, take } from '../support/reading-fixture.ts'
import { nothing, until } from '../support/waiting.ts'
import type { Suite } from './harness.ts'

/** Exactly once: a Writer's transactions, and what was read committed with them. */
export const suite: Suite = contract => {
  const { assert, cluster, adapter, natives } = contract
  const test = fixtureTest(contract)

  const open = (fixture: ReadingFixture, config: Partial<WriterConfig> = {}): Writer =>
    fixture.keep(
      new Writer({
        addr: cluster.brokers,
        topic: fixture.topic,
        transport: fixture.transport,
        transactionalId: `${fixture.topic}-id`,
        ...config,
      }),
    )
  const committed = (fixture: ReadingFixture, config = {}): Reader =>
    fixture.reader({ isolationLevel: IsolationLevel.ReadCommitted, ...config })

  /** All that can be read of a topic, in the order of each partition. */
  async function all(
    fixture: ReadingFixture,
    topic = fixture.topic,
    isolationLevel: IsolationLevel = 1,
  ): Promise<string[]> {
    const { topics } = await fixture.client.metadata({ topics: [topic] })
    const texts: string[] = []
    for (const { id: partition } of topics[0]!.partitions) {
      for (let offset = 0; ; ) {
        const answer = await fixture.client.fetch({ topic, partition, offset, maxWait: 100, isolationLevel })
        if (answer.error !== null) throw answer.error
        for (const message of answer.records) texts.push(message.text())
        offset = answer.nextOffset
        // A commit is answered before all partitions have its marker.
        if (offset >= answer.highWatermark) break
      }
    }
    return texts
  }

  test('what a transaction wrote is there when it is committed, and not before', async (fixture, { signal }) => {
    const writer = open(fixture)
    const reader = committed(fixture)
    const transaction = await writer.begin()
    await transaction.writeMessages([{ value: 'a' }, { value: 'b' }])
    const { offset } = await transaction.writeMessage({ value: 'c' })
    assert.equal(offset, 2)
    const waiting = reader.fetchMessage()
    await nothing(waiting)
    assert.equal(transaction.state, 'open')
    await transaction.commit()
    assert.equal(transaction.state, 'committed')
    assert.equal((await waiting).text(), 'a')
    assert.deepEqual(await take(reader, 2, signal), ['b', 'c'])
  })

  test('what an aborted one wrote is never read by who reads what is committed', async fixture => {
    const writer = open(fixture)
    const transaction = await writer.begin()
    await transaction.writeMessages([{ value: 'gone' }])
    await transaction.abort()
    await transaction.abort()
    await writer.transaction(tx => tx.writeMessages({ value: 'kept' }))
    assert.deepEqual(await all(fixture), ['kept'])
    assert.deepEqual(await all(fixture, fixture.topic, 0), ['gone', 'kept'])
  })

  test(
    'many in a row, over partitions and topics: those committed are there whole and in order, of the others nothing',
    async (fixture, t) => {
      const other = t.unique('other')
      await fixture.createTopic(other, 2)
      const writer = fixture.keep(
        new Writer({ addr: cluster.brokers, transport: fixture.transport, transactionalId: `${other}-id` }),
      )
      const expected: string[] = []
      for (let round = 0; round < 20; round++) {
        const transaction = await writer.begin()
        for (const topic of [fixture.topic, other]) {
          const values = [0, 1, 2].map(i => ({ topic, key: `${i}`, value: `${i} ${round}` }))
          // Awaited or not, it is part of it.
          transaction.writeMessages(values).catch(() => {})
        }
        if (round % 3 === 1) await transaction.abort()
        else {
          await transaction.commit()
          expected.push(...[0, 1, 2].map(i => `${i} ${round}`))
        }
      }
      for (const topic of [fixture.topic, other]) {
        const texts = await all(fixture, topic)
        assert.deepEqual([...texts].sort(), [...expected].sort())
        for (const key of ['0', '1', '2']) {
          const rounds = texts.filter(text => text[0] === key).map(text => Number(text.split(' ')[1]))
          assert.deepEqual(
            rounds,
            [...rounds].sort((a, b) => a - b),
          )
        }
      }
    },
    { partitions: 3 },
  )

  test('transaction() commits what returns, answers it, and aborts what throws', async fixture => {
    const writer = open(fixture)
    const answer = await writer.transaction(async tx => {
      await tx.writeMessages({ value: 'a' })
      return 7
    })
    assert.equal(answer, 7)
    const error = new Error('changed my mind')
    const thrown = writer.transaction(async tx => {
      await tx.writeMessages({ value: 'b' })
      throw error
    })
    assert.equal(await assert.rejects(thrown), error)
    const cancel = new AbortController()
    const cancelled = writer.transaction(
      async tx => {
        await tx.writeMessages({ value: 'c' })
        cancel.abort(new Error('enough'))
      },
      { signal: cancel.signal },
    )
    assert.equal((await assert.rejects(cancelled)).message, 'enough')
    await writer.transaction(tx => tx.writeMessages({ value: 'd' }))
    assert.deepEqual(await all(fixture), ['a', 'd'])
  })

  test(
    'a transaction that is left without an end is aborted by await using',
    async fixture => {
      const writer = open(fixture)
      {
        await using tx = await writer.begin()
        await tx.writeMessages({ value: 'a' })
      }
      await writer.transaction(tx => tx.writeMessages({ value: 'b' }))
      assert.deepEqual(await all(fixture), ['b'])
    },
    { needs: ['await-using'] },
  )

  test('transaction() waits for an end that its work did not wait for', async fixture => {
    const writer = open(fixture)
    await writer.transaction(async tx => {
      await tx.writeMessages({ value: 'a' })
      void tx.commit()
    })
    await writer.transaction(async tx => {
      await tx.writeMessages({ value: 'b' })
      void tx.abort()
    })
    await writer.transaction(tx => tx.writeMessages({ value: 'c' }))
    assert.deepEqual(await all(fixture), ['a', 'c'])
  })

  test('one with nothing in it can be committed and aborted', async fixture => {
    const writer = open(fixture)
    for (let round = 0; round < 2; round++) {
      await writer.transaction(() => {})
      await (await writer.begin()).abort()
    }
    await writer.transaction(tx => tx.writeMessages({ value: 'a' }))
    assert.deepEqual(await all(fixture), ['a'])
  })

  test('what can’t be is refused: no transaction, a second one, one that is over', async fixture => {
    const plain = open(fixture, { transactionalId: undefined as never })
    await assert.rejects(plain.begin(), ConfigError)
    const writer = open(fixture)
    await assert.rejects(writer.writeMessages({ value: 'a' }), ConfigError)
    const transaction = await writer.begin()
    await assert.rejects(writer.begin(), ConfigError)
    await writer.writeMessages({ value: 'a' })
    await transaction.commit()
    await transaction.commit()
    await assert.rejects(transaction.writeMessages({ value: 'a' }), ConfigError)
    await assert.rejects(transaction.sendOffsets({ groupId: 'g' }, {}), ConfigError)
    await assert.rejects(transaction.abort(), ConfigError)
    const aborted = await writer.begin()
    await aborted.abort()
    await assert.rejects(aborted.commit(), ConfigError)
    assert.deepEqual(await all(fixture), ['a'])
  })

  test(
    'a message that can’t be written leaves nothing but to abort; the next one goes on',
    async fixture => {
      const writer = open(fixture, { batchBytes: 500_000 })
      const transaction = await writer.begin()
      transaction.writeMessages({ value: 'a' }).catch(() => {})
      const refused = transaction.writeMessages({ value: new Uint8Array(200_000) })
      await assert.rejects(refused)
      const error = await assert.rejects(transaction.commit(), TransactionAbortedError)
      assert.ok(error.message.includes('is aborted'), error.message)
      assert.equal(transaction.state, 'aborted')
      await writer.transaction(tx => tx.writeMessages({ value: 'b' }))
      await assert.rejects(
        writer.transaction(tx => void tx.writeMessages({ value: new Uint8Array(600_000) }).catch(() => {})),
      )
      await writer.transaction(tx => tx.writeMessages({ value: 'c' }))
      assert.deepEqual(await all(fixture), ['b', 'c'])
    },
    { configs: { 'max.message.bytes': '100000' } },
  )

  test('a new writer with the id aborts what the one before has open, and that one is over', async fixture => {
    const first = open(fixture)
    const transaction = await first.begin()
    await transaction.writeMessages({ value: 'of the first' })
    const second = open(fixture)
    await second.transaction(tx => tx.writeMessages({ value: 'of the second' }))
    await assert.rejects(transaction.commit(), ProducerFencedError)
    await assert.rejects(first.begin(), ProducerFencedError)
    await second.transaction(tx => tx.writeMessages({ value: 'more' }))
    assert.deepEqual(await all(fixture), ['of the second', 'more'])
  })

  test('the one before that has nothing open is over with its next', async fixture => {
    const first = open(fixture)
    await first.transaction(tx => tx.writeMessages({ value: 'a' }))
    const second = open(fixture)
    await second.transaction(tx => tx.writeMessages({ value: 'b' }))
    const late = first.transaction(tx => tx.writeMessages({ value: 'c' }))
    await assert.rejects(late)
    await assert.rejects(first.begin(), ProducerFencedError)
    assert.deepEqual(await all(fixture), ['a', 'b'])
  })

  test('what it wrote may be deleted meanwhile, and with it what brokers know of the writer: it goes on', async (fixture, {
    signal,
  }) => {
    const writers = [open(fixture), open(fixture, { transactionalId: undefined as never })]
    const forget = async (): Promise<void> => {
      const { topics } = await fixture.client.deleteRecords({
        topics: { [fixture.topic]: [{ partition: 0, beforeOffset: -1 }] },
      })
      assert.equal(topics[fixture.topic]![0]!.error, null)
    }
    const [transactional, plain] = writers as [Writer, Writer]
    for (let round = 0; round < 3; round++) {
      const transaction = await transactional.begin()
      await transaction.writeMessages({ value: `${round} lost` })
      await plain.writeMessages({ value: `${round} lost` })
      // Before its end the first time, in which case the rest of it is there alone.
      if (round === 0) await forget()
      await transaction.writeMessages({ value: `${round} a` })
      await transaction.commit()
      if (round > 0) await forget()
      await transactional.transaction(tx => tx.writeMessages({ value: `${round} b` }))
      await plain.writeMessages({ value: `${round} c` })
      const expected = [...(round === 0 ? ['0 a'] : []), `${round} b`, `${round} c`]
      assert.deepEqual(await take(committed(fixture), expected.length, signal), expected)
    }
  })

  test('closing the writer aborts what is open', async fixture => {
    const writer = open(fixture)
    const transaction = await writer.begin()
    await transaction.writeMessages({ value: 'a' })
    await writer.close()
    assert.equal(transaction.state, 'aborted')
    await open(fixture).transaction(tx => tx.writeMessages({ value: 'b' }))
    assert.deepEqual(await all(fixture), ['b'])
  })

  test(
    'read, changed and written: each once, though some are aborted; the reader goes back by itself',
    async (fixture, { signal, unique }) => {
      const out = unique('out')
      await fixture.createTopic(out, 3)
      await fixture.fill(120)
      const reader = fixture.member({ isolationLevel: IsolationLevel.ReadCommitted, startOffset: FirstOffset })
      const writer = open(fixture, { topic: out })
      let done = 0
      for (let round = 0; done < 120; round++) {
        const size = Math.min(15, 120 - done)
        const work = writer.transaction(async tx => {
          const messages: Message[] = []
          while (messages.length < size) messages.push(await reader.fetchMessage({ signal }))
          await tx.writeMessages(messages.map(message => ({ key: message.text(), value: `${message.text()}!` })))
          if (round % 4 === 2) throw new Error('before')
          await tx.sendOffsets(reader, messages)
          if (round % 4 === 1) throw new Error('after')
        })
        const outcome = await work.then(
          () => 'done',
          error => (error as Error).message,
        )
        if (outcome === 'done') done += size
        else if (outcome === 'before') await reader.rewind()
        else assert.equal(outcome, 'after')
      }
      const texts = (await all(fixture, out)).sort()
      assert.deepEqual(
        texts,
        numbered(0, 120)
          .map(({ value }) => `${value}!`)
          .sort(),
      )
      const ends = await Promise.all([0, 1, 2].map(async partition => (await fixture.ends(partition)).last))
      await until(signal, async () => `${Object.values(await fixture.committed())}` === `${ends}`)
      await reader.close()
      assert.deepEqual(Object.values(await fixture.committed()), ends)
    },
    { partitions: 3, timeoutMs: 60_000 },
  )

  test('a whole batch, or offsets, say what was read, too', async (fixture, { signal }) => {
    await fixture.fill(10, { batchSize: 5 })
    const writer = open(fixture, { topic: fixture.topic })
    const reader = fixture.member()
    for await (const batch of reader.batches({ signal })) {
      await writer.transaction(tx => tx.sendOffsets(reader, batch))
      if (batch.lastOffset === 9) break
    }
    await until(signal, async () => (await fixture.committed())[0] === 10)
    await writer.transaction(tx => tx.sendOffsets(reader, { [fixture.topic]: { 0: 7 } }))
    await until(signal, async () => (await fixture.committed())[0] === 7)
    await assert.rejects(
      writer.transaction(tx => tx.sendOffsets(reader, { elsewhere: { 0: 7 } })),
      error => hasCode(error, ErrorCode.IllegalGeneration),
    )
    await assert.rejects(
      writer.transaction(tx => tx.sendOffsets(fixture.reader(), [])),
      ConfigError,
    )
  })

  test('a group by its name, and a generation', async (fixture, { signal }) => {
    const writer = open(fixture)
    const { topic, groupId } = fixture
    // A commit is answered before the group's coordinator has its marker.
    const stored = (offset: number) => until(signal, async () => (await fixture.committed())[0] === offset)
    await writer.transaction(tx => tx.sendOffsets({ groupId }, { [topic]: { 0: 3 } }))
    await stored(3)
    const aborted = await writer.begin()
    await aborted.sendOffsets({ groupId }, { [topic]: { 0: 5 } })
    await aborted.abort()
    assert.deepEqual(await fixture.committed(), { 0: 3 })
    const group = fixture.keep(
      new ConsumerGroup({ id: groupId, brokers: cluster.brokers, topics: [topic], transport: fixture.transport }),
    )
    const generation = await group.next({ signal })
    await writer.transaction(tx => tx.sendOffsets(generation, { [topic]: { 0: 8 } }))
    await stored(8)
    await group.close()
    const late = writer.transaction(tx => tx.sendOffsets(generation, { [topic]: { 0: 9 } }))
    assert.ok((await assert.rejects(late)) instanceof KafkaError)
    assert.deepEqual(await fixture.committed(), { 0: 8 })
    await writer.transaction(tx => tx.writeMessages({ value: 'on' }))
  })

  test('a transaction that takes longer than its timeout is aborted, and the error says so', async fixture => {
    const writer = open(fixture, { transactionTimeout: 1_000 })
    const transaction = await writer.begin()
    await transaction.writeMessages({ value: 'late' })
    // Its open transaction holds them up until the coordinator ends it, which it looks for every ten seconds.
    await fixture.write([{ value: 'plain' }])
    const reader = committed(fixture)
    assert.equal((await reader.fetchMessage()).text(), 'plain')
    const error = await assert.rejects(transaction.commit())
    assert.ok(error.message.includes('transactionTimeout'), error.message)
    // Under the second protocol its coordinator still knows it.
    if (error instanceof ProducerFencedError) await assert.rejects(writer.begin(), ProducerFencedError)
    else await writer.transaction(tx => tx.writeMessages({ value: 'on' }))
    await open(fixture).transaction(tx => tx.writeMessages({ value: 'next' }))
    const on = error instanceof ProducerFencedError ? [] : ['on']
    assert.deepEqual(await all(fixture), ['plain', ...on, 'next'])
  })

  test(
    'a pipeline copies exactly once, in order, while members come and go, and stops at its signal',
    async (fixture, { signal, unique }) => {
      const out = unique('out')
      await fixture.createTopic(out, 1)
      const count = 600
      await fixture.fill(count)
      const stops = [new AbortController(), new AbortController(), new AbortController()]
      let failures = 0
      const members = stops.map(async (stop, i) => {
        const reader = fixture.member({ isolationLevel: 'read_committed', startOffset: FirstOffset })
        const writer = open(fixture, { topic: out, transactionalId: `${out}-${i}` })
        // They come one after the other.
        await until(signal, async () => i === 0 || Object.keys(await fixture.committed()).length > 0)
        const done = await pipeline(
          reader,
          writer,
          message => ({ partition: 0, value: `${message.partition} ${message.offset} ${message.text()}` }),
          { batchSize: 20, batchTimeout: 20, signal: stop.signal, onAborted: () => failures++ },
        )
        await reader.close()
        await writer.close()
        assert.equal(done.read, done.written)
        return done
      })
      const copied = async () => (await all(fixture, out)).length
      await until(signal, async () => (await copied()) >= count / 3)
      stops[0]!.abort()
      await until(signal, async () => (await copied()) >= count)
      for (const stop of stops) stop.abort()
      const done = await Promise.all(members)
      assert.equal(
        done.reduce((sum, { written }) => sum + written, 0),
        count,
      )
      assert.equal(
        done.reduce((sum, { aborted }) => sum + aborted, 0),
        failures,
      )
      const next = [0, 0, 0]
      for (const text of await all(fixture, out)) {
        const [partition = 0, offset = 0] = text.split(' ').map(Number)
        assert.equal(offset, next[partition], `partition ${partition}`)
        next[partition] = offset + 1
      }
      assert.deepEqual(next, await Promise.all([0, 1, 2].map(async id => (await fixture.ends(id)).last)))
    },
    { partitions: 3, timeoutMs: 90_000 },
  )

  test('a pipeline rejects with what its function throws, and nothing of that batch is there', async (fixture, {
    unique,
  }) => {
    const out = unique('out')
    await fixture.createTopic(out, 1)
    await fixture.fill(10)
    const reader = fixture.member({ startOffset: FirstOffset })
    const writer = open(fixture, { topic: out })
    const poison = new Error('poison')
    const failing = pipeline(reader, writer, message => {
      if (message.text() === '7') throw poison
      return [{ value: message.text() }, { value: `${message.text()} again` }]
    })
    assert.equal(await assert.rejects(failing), poison)
    assert.deepEqual(await all(fixture, out), [])
    const stop = new AbortController()
    const seen: string[] = []
    const done = await pipeline(
      reader,
      writer,
      message => {
        seen.push(message.text())
        if (message.text() === '9') stop.abort()
        return message.text() === '7' ? null : { value: message.text() }
      },
      { signal: stop.signal },
    )
    assert.deepEqual(
      seen,
      numbered(0, 10).map(({ value }) => value as string),
    )
    assert.deepEqual([done.read, done.written], [10, 9])
    assert.equal((await all(fixture, out)).length, 9)
    await assert.rejects(pipeline(reader, writer, undefined as never), ConfigError)
  })

  for (const seed of [1, 2, 3]) {
    test(
      `transactions through dying connections and lost answers, seed ${seed}: exactly once`,
      async (fixture, { signal, unique }) => {
        const out = unique('out')
        await fixture.createTopic(out, 3)
        const count = 1_000
        await fixture.fill(count)
        let begun = false
        const chaos = chaosAdapter(adapter, {
          seed,
          killAfterBytes: [500, 10_000],
          loseProduceAnswer: 0.1,
          // AddPartitionsToTxn, AddOffsetsToTxn, EndTxn, TxnOffsetCommit.
          loseAnswer: { of: [24, 25, 26, 28], chance: 0.2 },
          mostFaults: 60,
          isOn: () => begun,
        })
        const transport = fixture.keep(new Transport({ adapter: chaos, natives, backoff: { min: 5, max: 50 } }))
        const quick = { writeBackoffMin: 5, writeBackoffMax: 50 }
        const writer = open(fixture, { topic: out, transport, ...quick })
        // By the first protocol a first InitProducerId that comes late fences its own writer: it names no epoch.
        await writer.transaction(async () => {})
        begun = true
        const reader = fixture.member({ transport, isolationLevel: IsolationLevel.ReadCommitted })
        const ends = await Promise.all([0, 1, 2].map(async partition => (await fixture.ends(partition)).last))
        const isDone = async (): Promise<boolean> => {
          const at = await fixture.committed()
          return ends.every((end, partition) => at[partition] === end)
        }
        for (let round = 0; !(await isDone()); round++) {
          await writer
            .transaction(
              async tx => {
                const messages: Message[] = []
                // As many as come soon; towards the end there are fewer, or none while a commit is not seen yet.
                while (messages.length < 50) {
                  const soon = AbortSignal.timeout(messages.length === 0 ? 1_000 : 50)
                  const message = await reader.fetchMessage({ signal: soon }).catch(error => {
                    if (soon.aborted) return undefined
                    throw error
                  })
                  if (message === undefined) break
                  messages.push(message)
                }
                if (messages.length === 0) return
                const changed = messages.map(message => ({ key: message.text(), value: message.text() }))
                await Promise.all([tx.writeMessages(changed), tx.sendOffsets(reader, messages)])
                if (round % 5 === 3) throw new Error('changed my mind')
              },
              { signal },
            )
            .catch(error => {
              signal.throwIfAborted()
              // The group may have been divided anew, or a batch been lost: done again.
              if (error instanceof ProducerFencedError) throw error
            })
        }
        await writer.close()
        assert.ok(chaos.faults >= 10, `${chaos.faults} faults`)
        const texts = (await all(fixture, out)).map(Number).sort((a, b) => a - b)
        assert.deepEqual(
          texts,
          Array.from({ length: count }, (_, i) => i),
        )
      },
      { partitions: 3, timeoutMs: 90_000 },
    )
  }
}
