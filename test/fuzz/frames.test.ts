import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { IsoKafkaError, ProtocolError } from '../../src/base/errors.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { concat } from '../../src/bytes/writer.ts'
import type { AnyApi } from '../../src/protocol/api.ts'
import { ApiVersions } from '../../src/protocol/api-versions.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { readResponse, responseFrame } from '../../src/protocol/headers.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { apis } from '../../src/protocol/registry.ts'
import { BrokerConnection } from '../../src/socket/connection.ts'
import { FrameAssembler } from '../../src/socket/frames.ts'
import { generated } from '../protocol/values.ts'
import { fakeSocket } from '../socket/fake-socket.ts'
import { versionsOf } from '../socket/peer.ts'
import { repetitions } from '../support/effort.ts'
import { random } from '../support/random.ts'
import { mutated } from './mutate.ts'

const mebibyte = 1024 * 1024
const maxBytes = 64 * mebibyte

/** Good answers of every API at every version, as the broker would send them: the seeds of the mutations. */
function seeds(): { api: AnyApi; version: number; wire: Uint8Array }[] {
  return apis.flatMap(api =>
    Array.from({ length: api.maxVersion - api.minVersion + 1 }, (_, index) => {
      const version = api.minVersion + index
      const [response] = fc.sample(generated(api.response, version, version >= api.flexibleSince), {
        numRuns: 1,
        seed: version + 1,
      })
      return { api, version, wire: concat(responseFrame(api, version, 7, response as never)) }
    }),
  )
}

function* chunksOf(bytes: Uint8Array, next: () => number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + Math.floor(next() * 64)
    yield bytes.subarray(at, at + size)
    at += size
  }
}

const streams = repetitions(2_000, 10_000, 10_000)

describe(`${streams} mutated streams`, () => {
  const all = seeds()
  const next = random(20_261_122)
  const pick = () => all[Math.floor(next() * all.length)]!

  test('through frames and responses: typed errors only, little memory, little time', () => {
    const outcomes = { read: 0, refused: 0, unfinished: 0 }
    const before = process.memoryUsage()
    const startedAt = performance.now()
    for (let round = 0; round < streams; round++) {
      const { api, version, wire } = pick()
      const frames: Uint8Array[] = []
      const assembler = new FrameAssembler('fuzz:1', maxBytes, {
        frameBegins: () => null,
        frameEnds: frame => frames.push(frame!),
      })
      try {
        for (const chunk of chunksOf(mutated(wire, next), next)) assembler.push(chunk)
        for (const frame of frames) readResponse(api, version, frame)
        if (assembler.between) outcomes.read++
        else outcomes.unfinished++
      } catch (error) {
        if (!(error instanceof ProtocolError))
          throw new Error(`${api.name} v${version}, round ${round}`, { cause: error })
        outcomes.refused++
      }
    }
    expect(performance.now() - startedAt).toBeLessThan(15_000)
    expect(process.memoryUsage().arrayBuffers - before.arrayBuffers).toBeLessThan(128 * mebibyte)
    // Each way out must have been taken often, or the mutations are no test.
    expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(streams / 20)
  })

  test('to a connection: every request settles, with an answer or one of our errors', async () => {
    const outcomes = { answered: 0, refused: 0 }
    for (let round = 0; round < streams / 10; round++) {
      const { socket, feed } = fakeSocket()
      const opening = BrokerConnection.open({
        adapter: { name: 'fake', dial: async () => socket },
        address: { host: 'fuzz', port: 1 },
        clientId: 'fuzz',
        lane: 'control',
        dialTimeout: 5_000,
        requestTimeout: 5_000,
        maxResponseBytes: maxBytes,
        clock: systemClock,
        logger: silentLogger,
      })
      feed(concat(responseFrame(ApiVersions, 5, 0, { errorCode: 0, apiKeys: versionsOf(apis) })))
      const connection = await opening
      const requests: Promise<unknown>[] = [
        connection.request(Metadata, { topics: [] }),
        connection.request(Fetch, { maxWaitMs: 1, minBytes: 1, topics: [] }),
        connection.request(JoinGroup, {
          groupId: 'g',
          sessionTimeoutMs: 1,
          protocolType: 'consumer',
          memberId: '',
          protocols: [],
        }),
      ]
      const answers = [Metadata, Fetch, JoinGroup].map((api, index) =>
        answer(api, api.key === Fetch.key ? 12 : api.maxVersion, index + 1),
      )
      for (const chunk of chunksOf(mutated(concat(answers), next), next)) feed(chunk)
      feed(null)
      for (const result of await Promise.allSettled(requests)) {
        if (result.status === 'fulfilled') outcomes.answered++
        else if (result.reason instanceof IsoKafkaError) outcomes.refused++
        else throw result.reason
      }
      expect(connection.inFlight).toBe(0)
    }
    expect(Math.min(...Object.values(outcomes))).toBeGreaterThan((3 * streams) / 100)
  })
})

function answer(api: AnyApi, version: number, correlationId: number): Uint8Array {
  const [response] = fc.sample(generated(api.response, version, version >= api.flexibleSince), { numRuns: 1, seed: 3 })
  return concat(responseFrame(api, version, correlationId, { ...(response as object), throttleTimeMs: 0 } as never))
}
