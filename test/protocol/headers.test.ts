import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import { ByteReader } from '../../src/bytes/reader.ts'
import { concat } from '../../src/bytes/writer.ts'
import { ApiVersions } from '../../src/protocol/api-versions.ts'
import {
  readRequest,
  readRequestHeader,
  readResponse,
  requestFrame,
  responseFrame,
} from '../../src/protocol/headers.ts'
import { Heartbeat } from '../../src/protocol/heartbeat.ts'
import { ListGroups } from '../../src/protocol/list-groups.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { SaslHandshake } from '../../src/protocol/sasl-handshake.ts'

const hex = (pieces: readonly Uint8Array[]): string => Buffer.from(concat(pieces)).toString('hex')
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const bare = (text: string): string => text.replaceAll(' ', '')

describe('requests', () => {
  test('before flexible versions: header v1', () => {
    expect(hex(requestFrame(SaslHandshake, 1, 5, 'me', { mechanism: 'PLAIN' }))).toBe(
      bare('00000013 0011 0001 00000005 00026d65 0005504c41494e'),
    )
  })

  test('flexible: header v2, whose client id is a plain string all the same', () => {
    expect(hex(requestFrame(ListGroups, 3, 5, 'me', {}))).toBe(bare('0000000e 0010 0003 00000005 00026d65 00 00'))
  })

  test('without a client id', () => {
    const frame = concat(requestFrame(ListGroups, 3, 5, null, {}))
    expect(Buffer.from(frame).toString('hex')).toBe(bare('0000000c 0010 0003 00000005 ffff 00 00'))
    expect(readRequestHeader(new ByteReader(frame, 4)).clientId).toBeNull()
  })

  test('records are attached, not copied', () => {
    const records = new Uint8Array(100_000)
    const pieces = requestFrame(Produce, 9, 1, 'me', {
      acks: -1,
      timeoutMs: 1,
      topicData: [{ name: 't', partitionData: [{ index: 0, records }] }],
    })
    expect(pieces[1]).toBe(records)
    expect(new ByteReader(pieces[0]!).int32()).toBe(concat(pieces).length - 4)
  })

  test('tagged fields of a newer header are passed over', () => {
    const from = new ByteReader(unhex('0010 0003 00000005 00026d65 01 07 02 beef 00'))
    const header = readRequestHeader(from)
    expect(header).toEqual({ apiKey: 16, apiVersion: 3, correlationId: 5, clientId: 'me' })
    expect(readRequest(ListGroups, 3, from)).toEqual({ statesFilter: [], typesFilter: [] })
  })

  test('bytes left over are ignored; versions not spoken are refused', () => {
    expect(readRequest(ListGroups, 0, new ByteReader(unhex('00')))).toEqual({ statesFilter: [], typesFilter: [] })
    expect(() => readRequest(ListGroups, 99, new ByteReader(unhex('00')))).toThrow(
      'ListGroups has no version 99 here (0–5)',
    )
    expect(() => requestFrame(ListGroups, -1, 1, null, {})).toThrow(ProtocolError)
  })
})

describe('responses', () => {
  test('before flexible versions: header v0', () => {
    expect(hex(responseFrame(Heartbeat, 0, 5, { errorCode: 25 }))).toBe(bare('00000006 00000005 0019'))
  })

  test('flexible: header v1', () => {
    const frame = responseFrame(Heartbeat, 4, 5, { errorCode: 25 })
    expect(hex(frame)).toBe(bare('0000000c 00000005 00 00000000 0019 00'))
    expect(readResponse(Heartbeat, 4, concat(frame).subarray(4))).toEqual({
      correlationId: 5,
      response: { throttleTimeMs: 0, errorCode: 25 },
    })
  })

  test('of ApiVersions: header v0 in every version (KIP-511)', () => {
    const frame = responseFrame(ApiVersions, 3, 5, {
      errorCode: 0,
      apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }],
    })
    expect(hex(frame)).toBe(bare('00000013 00000005 0000 02 0012 0000 0004 00 00000000 00'))
  })

  test('of a broker that does not know the ApiVersions asked: in version 0', () => {
    const answer = concat(
      responseFrame(ApiVersions, 0, 5, { errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 2 }] }),
    )
    const { response } = readResponse(ApiVersions, 5, answer.subarray(4))
    expect(response).toMatchObject({ errorCode: 35, apiKeys: [{ apiKey: 18, maxVersion: 2 }] })
  })

  test('errors say which API and version', () => {
    expect(() => readResponse(Heartbeat, 4, unhex('00000005 00 00000000'))).toThrow(
      'Heartbeat v4 response: 2 bytes expected at 9, 0 remain',
    )
    expect(() => readResponse(Heartbeat, 4, unhex('00000005 00 00000000 0000 00 ffff'))).toThrow('2 bytes left over')
    expect(() => readResponse(Heartbeat, 4, new Uint8Array(0))).toThrow(ProtocolError)
  })
})
