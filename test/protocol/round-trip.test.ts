import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../../src/bytes/reader.ts'
import { concat } from '../../src/bytes/writer.ts'
import { type AnyApi, requestCodec, responseCodec } from '../../src/protocol/api.ts'
import {
  readRequest,
  readRequestHeader,
  readResponse,
  requestFrame,
  responseFrame,
} from '../../src/protocol/headers.ts'
import { apis } from '../../src/protocol/registry.ts'
import type { AnySchema, Codec } from '../../src/schema/schema.ts'
import { repetitions } from '../support/effort.ts'
import { generated } from './values.ts'

const numRuns = repetitions(1, 5, 1000)

describe.each(apis.map(api => ({ name: api.name, api })))('$name', ({ api }) => {
  test('what is written is read back, at every version', { timeout: 600_000 }, () => {
    for (let version = api.minVersion; version <= api.maxVersion; version++) {
      check(api.request, version, requestCodec(api, version), frameAndReadRequest)
      check(api.response, version, responseCodec(api, version), frameAndReadResponse)
    }
  })

  function check(
    schema: AnySchema,
    version: number,
    codec: Codec<unknown>,
    exchange: (api: AnyApi, version: number, value: unknown) => unknown,
  ): void {
    const values = generated(schema, version, version >= api.flexibleSince)
    const property = fc.property(values, value => {
      // An answer of this code to ApiVersions is in version 0, whatever was asked.
      fc.pre(!(api.name === 'ApiVersions' && (value as { errorCode?: number }).errorCode === 35))
      expect(exchange(api, version, value)).toEqual(value)
    })
    fc.assert(property, { numRuns, seed: api.key * 100 + version })
    expect(codec.minSize).toBeGreaterThanOrEqual(0)
  }
})

function frameAndReadRequest(api: AnyApi, version: number, value: unknown): unknown {
  const from = new ByteReader(unsized(requestFrame(api, version, 7, 'me', value as never)))
  expect(readRequestHeader(from)).toEqual({ apiKey: api.key, apiVersion: version, correlationId: 7, clientId: 'me' })
  return readRequest(api, version, from)
}

function frameAndReadResponse(api: AnyApi, version: number, value: unknown): unknown {
  const { correlationId, response } = readResponse(
    api,
    version,
    unsized(responseFrame(api, version, 7, value as never)),
  )
  expect(correlationId).toBe(7)
  return response
}

/** The frame without its size, which must be right. */
function unsized(pieces: readonly Uint8Array[]): Uint8Array {
  const frame = concat(pieces)
  expect(new ByteReader(frame).int32()).toBe(frame.length - 4)
  return frame.subarray(4)
}
