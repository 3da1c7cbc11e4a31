import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import { Codecs } from '../../src/compression/codecs.ts'
import { RecordCursor } from '../../src/records/record-cursor.ts'
import { gzip } from '../support/codecs.ts'
import { codecs, messagesOf, onlyBatch, rawBatch, walked } from './raw.ts'
import { bytesOf } from './vectors.ts'

describe('records that lie', () => {
  // Length 6: attributes, time, offset, no key, no value, no headers.
  const good = [12, 0, 0, 0, 1, 1, 0]
  const cases: [string, Uint8Array][] = [
    ['a length of one too many', rawBatch([14, ...good.slice(1)])],
    ['a length beyond the batch', rawBatch([0xfe, 0x7f, ...good.slice(1)])],
    ['a negative length', rawBatch([13, ...good.slice(1)])],
    ['a count that is too high', rawBatch(good, { count: 2 })],
    ['a count that fits, but not with records of this length', rawBatch([...good, ...good.slice(0, 6)], { count: 2 })],
    ['a count of 2^31 - 1', rawBatch(good, { count: 2 ** 31 - 1 })],
    ['a count that is too low', rawBatch([...good, ...good], { count: 1 })],
    ['bytes in a batch of no records', rawBatch(good, { count: 0 })],
    ['a key beyond the record', rawBatch([12, 0, 0, 0, 40, 1, 0])],
    ['a key of -2 bytes', rawBatch([12, 0, 0, 0, 3, 1, 0])],
    ['a value beyond the record', rawBatch([12, 0, 0, 0, 1, 40, 0])],
    ['a value of -3 bytes', rawBatch([12, 0, 0, 0, 1, 5, 0])],
    ['no number of headers', rawBatch([10, 0, 0, 0, 1, 1])],
    ['bytes behind no headers', rawBatch([14, 0, 0, 0, 1, 1, 0, 0])],
    ['a varint of six bytes', rawBatch([22, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 1, 1, 0])],
    ['a varint of more than 32 bits', rawBatch([20, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x10, 1, 1, 0])],
    ['a timestamp of eleven bytes', rawBatch([34, 0, ...new Array(10).fill(0x80), 0, 0, 1, 1, 0, 0])],
    ['a timestamp no number holds', rawBatch([30, 0, ...new Array(9).fill(0xff), 1, 0, 1, 1, 0])],
    ['an offset beyond the batch', rawBatch([12, 0, 0, 2, 1, 1, 0])],
    ['a negative offset', rawBatch([12, 0, 0, 1, 1, 1, 0])],
    ['a varint cut off by the end', rawBatch([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80])],
  ]
  test.each(cases)('%s: a ProtocolError, again when asked again', (_, bytes) => {
    const batch = onlyBatch(bytes)
    expect(() => messagesOf(batch)).toThrow(ProtocolError)
    const cursor = new RecordCursor()
    for (let time = 0; time < 2; time++) {
      expect(() => {
        if (time === 0) cursor.reset(batch, codecs)
        while (cursor.next());
        cursor.next()
      }).toThrow(ProtocolError)
    }
  })

  const withHeaders = (...bytes: number[]): Uint8Array => rawBatch([(5 + bytes.length) * 2, 0, 0, 0, 1, 1, ...bytes])
  const headerCases: [string, Uint8Array][] = [
    ['a negative number of headers', withHeaders(3)],
    ['more headers than bytes', withHeaders(0xfe, 0x7f, 0)],
    ['a null header key', withHeaders(2, 1, 1)],
    ['a header key beyond the record', withHeaders(2, 20, 1)],
    ['a header value beyond the record', withHeaders(2, 2, 97, 20)],
    ['a header value of -2 bytes', withHeaders(2, 2, 97, 3)],
    ['bytes behind the last header', withHeaders(2, 2, 97, 1, 0)],
    ['a header without a value', withHeaders(2, 2, 97)],
  ]
  test.each(headerCases)('%s: a ProtocolError', (_, bytes) => {
    expect(() => messagesOf(onlyBatch(bytes))).toThrow(ProtocolError)
    const cursor = new RecordCursor().reset(onlyBatch(bytes), codecs)
    expect(() => {
      cursor.next()
      cursor.headers
    }).toThrow(ProtocolError)
  })

  test('a key that isn’t UTF-8 is not taken for the one before it, whose code units are the same numbers', () => {
    const record = (...key: number[]): number[] => [(8 + key.length) * 2, 0, 0, 0, 1, 1, 2, key.length * 2, ...key, 1]
    const batch = onlyBatch(rawBatch([record(0xc3, 0xa9), record(0xe9), record(0xc3, 0xa9)].flat(), { count: 3 }))
    expect(messagesOf(batch).map(({ headers }) => headers[0]!.key)).toEqual(['é', '\ufffd', 'é'])
  })

  test('the record they were made from is good', () => {
    expect(messagesOf(onlyBatch(rawBatch(good)))).toHaveLength(1)
    expect(messagesOf(onlyBatch(withHeaders(2, 2, 97, 1)))[0]!.headers).toEqual([{ key: 'a', value: null }])
  })

  test('a cursor that met a lie reads the next batch well', () => {
    const cursor = new RecordCursor()
    expect(() => walked(onlyBatch(rawBatch(good, { count: 2, lastOffsetDelta: 9 })), cursor)).toThrow(ProtocolError)
    expect(walked(onlyBatch(bytesOf('plain')), cursor)).toHaveLength(4)
  })

  test('an unknown compression code and an absent codec are ProtocolErrors', () => {
    expect(() => messagesOf(onlyBatch(rawBatch(good, { attributes: 7 })))).toThrow(/compression code 7/)
    expect(() => new RecordCursor().reset(onlyBatch(bytesOf('gzip')), new Codecs())).toThrow(/gzip/)
  })

  test('a compressed batch stops at the limit', () => {
    const bomb = gzip.compress(new Uint8Array(1_000_000))
    const batch = onlyBatch(rawBatch(bomb, { attributes: 1 }))
    expect(() => new RecordCursor().reset(batch, codecs, 999_999)).toThrow(/larger than the limit/)
  })
})
