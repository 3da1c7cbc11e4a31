import { expect, test } from 'vitest'
import { ByteWriter } from '../../src/bytes/writer.ts'

test('a value that makes the buffer grow lands in the new buffer', () => {
  const writer = new ByteWriter(1)
  writer.int32(1)
  writer.int64(2)
  writer.int16(3)
  writer.float64(4)
  expect(writer.done()).toEqual(new Uint8Array([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 3, 0x40, 0x10, 0, 0, 0, 0, 0, 0]))
})
