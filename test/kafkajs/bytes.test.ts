import { afterEach, beforeEach, expect, test, vi } from 'vitest'

beforeEach(() => {
  vi.resetModules()
  vi.stubGlobal('Buffer', undefined)
})
afterEach(() => {
  vi.unstubAllGlobals()
  // Whoever comes next shares what is loaded, and has Buffers.
  vi.resetModules()
})

test('where there are no Buffers, bytes have what is called on those most', async () => {
  const { toBuffer, bufferOf } = await import('../../adapters/kafkajs/bytes.ts')
  const bytes = toBuffer(new Uint8Array([0, 104, 195, 182, 1]).subarray(1, 4))
  expect(bytes).toBeInstanceOf(Uint8Array)
  expect([bytes.toString(), bytes.toString('utf-8'), bytes.toString('hex'), bytes.toString('base64')]).toEqual([
    'hö',
    'hö',
    '68c3b6',
    'aMO2',
  ])
  expect(`${bytes}`).toBe('hö')
  expect(bytes.equals(bufferOf('hö'))).toBe(true)
  expect(bytes.equals(bufferOf('h'))).toBe(false)
  const numbers = toBuffer(new Uint8Array([255, 254, 0, 0, 0, 2, 0, 0, 0, 7]))
  expect([numbers.readUInt8(0), numbers.readInt8(1), numbers.readUInt16BE(0), numbers.readInt16BE(0)]).toEqual([
    255, -2, 65534, -2,
  ])
  expect([numbers.readInt32BE(2), numbers.readUInt32BE(6), numbers.readBigInt64BE(2)]).toEqual([2, 7, 8589934599n])
  expect(numbers.subarray(2, 6).readInt32BE(0)).toBe(2)
})
