import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '../../src/protocol/consumer-protocol.ts'
import { ControlRecordType, EndTxnMarker } from '../../src/protocol/control-records.ts'
import { decodeVersioned, encodeVersioned } from '../../src/protocol/versioned.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

describe('subscription', () => {
  const full = {
    topics: ['a'],
    userData: new Uint8Array([7]),
    ownedPartitions: [{ topic: 'a', partitions: [0, 1] }],
    generationId: 5,
    rackId: 'r',
  }

  test('its version in front, exact bytes', () => {
    expect(hex(encodeSubscription({ topics: ['a'] }, 0))).toBe('0000 00000001 000161 ffffffff'.replaceAll(' ', ''))
    expect(hex(encodeSubscription(full))).toBe(
      '0003 00000001 000161 00000001 07 00000001 000161 00000002 00000000 00000001 00000005 000172'.replaceAll(' ', ''),
    )
  })

  test('an older version leaves out what it has no place for', () => {
    expect(decodeSubscription(encodeSubscription(full, 1))).toEqual({
      ...full,
      generationId: -1,
      rackId: null,
      version: 1,
    })
  })

  test('of a newer version: what is known of it', () => {
    expect(decodeSubscription(unhex('0009 00000001 000161 ffffffff 00000000 00000005 ffff beef'))).toEqual({
      topics: ['a'],
      userData: null,
      ownedPartitions: [],
      generationId: 5,
      rackId: null,
      version: 9,
    })
  })

  test('malformed ones, and versions there are not', () => {
    expect(() => decodeSubscription(new Uint8Array(0))).toThrow(ProtocolError)
    expect(() => decodeSubscription(unhex('ffff 00000000 ffffffff'))).toThrow(
      'ConsumerProtocolSubscription of version -1',
    )
    expect(() => decodeSubscription(unhex('0000 7fffffff'))).toThrow(ProtocolError)
    expect(() => encodeSubscription({ topics: [] }, 4)).toThrow('no version 4')
  })
})

describe('assignment', () => {
  test('at version 0, which every member understands', () => {
    const bytes = encodeAssignment({ assignedPartitions: [{ topic: 'a', partitions: [2] }] })
    expect(hex(bytes)).toBe('0000 00000001 000161 00000001 00000002 ffffffff'.replaceAll(' ', ''))
    expect(decodeAssignment(bytes)).toEqual({
      assignedPartitions: [{ topic: 'a', partitions: [2] }],
      userData: null,
      version: 0,
    })
  })

  test('no bytes at all: nothing assigned', () => {
    expect(decodeAssignment(new Uint8Array(0))).toEqual({ assignedPartitions: [], userData: null, version: 0 })
  })
})

test('control records', () => {
  expect(hex(encodeVersioned(ControlRecordType, { type: 1 }))).toBe('00000001')
  expect(decodeVersioned(ControlRecordType, unhex('0000 0000'))).toEqual({ type: 0, version: 0 })
  expect(decodeVersioned(EndTxnMarker, unhex('0000 00000009'))).toEqual({ coordinatorEpoch: 9, version: 0 })
})
