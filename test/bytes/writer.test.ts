import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import { writeFloat64 } from '../../src/bytes/rare-types.ts'
import { ByteWriter, concat } from '../../src/bytes/writer.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

test('a value that makes the buffer grow lands in the new buffer', () => {
  const writer = new ByteWriter(1)
  writer.int32(1)
  writer.int64(2)
  writer.int16(3)
  writeFloat64(writer, 4)
  expect(hex(writer.done())).toBe('00000001000000000000000200034010000000000000')
})

test('writers side by side share no bytes', () => {
  const writers = Array.from({ length: 200 }, () => new ByteWriter())
  for (const [at, writer] of writers.entries()) for (let i = 0; i < 64; i++) writer.int32(at)
  for (const [at, writer] of writers.entries()) expect(new Set(writer.done())).toEqual(new Set([0, at]))
})

describe('attached bytes', () => {
  const large = new Uint8Array(4096).fill(7)

  test('are a piece of their own, not copied', () => {
    const writer = new ByteWriter()
    writer.int16(1)
    writer.attach(large)
    writer.int16(2)
    const pieces = writer.pieces()
    expect(pieces).toHaveLength(3)
    expect(pieces[1]).toBe(large)
    expect(writer.length).toBe(4100)
    expect(concat(pieces)).toEqual(writer.done())
  })

  test('in front, behind and next to one another', () => {
    const writer = new ByteWriter()
    writer.attach(large)
    writer.attach(large)
    writer.int8(1)
    writer.attach(large)
    expect(writer.pieces().map(({ length }) => length)).toEqual([4096, 4096, 1, 4096])
  })

  test('small ones are copied: a piece costs more', () => {
    const writer = new ByteWriter()
    const small = new Uint8Array([1, 2])
    writer.int8(0)
    writer.attach(small)
    small.fill(9)
    expect(writer.pieces()).toEqual([new Uint8Array([0, 1, 2])])
  })
})

test('patchInt32 puts in later what is known only then', () => {
  const writer = new ByteWriter()
  writer.int32(0)
  writer.raw(new Uint8Array([5]))
  writer.patchInt32(0, writer.length - 4)
  expect(hex(writer.done())).toBe('0000000105')
})

test('strings by their bytes, not their letters', () => {
  const writer = new ByteWriter(1)
  writer.string('é', 'int16')
  writer.string('é', 'compact')
  writer.string('😀'.repeat(50), 'compact')
  expect(hex(writer.done())).toBe(`0002c3a9 03c3a9 c901${'f09f9880'.repeat(50)}`.replaceAll(' ', ''))
})

test('a string of more than 32767 bytes has no int16 length', () => {
  expect(() => new ByteWriter().string('é'.repeat(16384), 'int16')).toThrow(ProtocolError)
})
