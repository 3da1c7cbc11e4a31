import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import { FramePool } from '../../src/socket/frame-pool.ts'
import { FrameAssembler } from '../../src/socket/frames.ts'

const mebibyte = 1024 * 1024

/** A frame as it comes over the wire: size, correlation id, then `length` bytes that depend on their place. */
function frame(correlationId: number, length: number): Uint8Array {
  const bytes = new Uint8Array(8 + length)
  const view = new DataView(bytes.buffer)
  view.setInt32(0, 4 + length)
  view.setInt32(4, correlationId)
  for (let i = 0; i < length; i++) bytes[8 + i] = (correlationId + i * 7) & 0xff
  return bytes
}

function assemble({ maxBytes = 64 * mebibyte, to = (_id: number): FramePool | null | false => null } = {}) {
  const begun: number[] = []
  const frames: (Uint8Array | null)[] = []
  const assembler = new FrameAssembler('b:1', maxBytes, {
    frameBegins(correlationId) {
      begun.push(correlationId)
      return to(correlationId)
    },
    frameEnds(bytes) {
      frames.push(bytes)
    },
  })
  return { assembler, begun, frames }
}

function bytesOf(...parts: (string | readonly number[])[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat(parts.map(part => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part)))),
  )
}

describe('frames', () => {
  const wire = new Uint8Array(Buffer.concat([frame(1, 0), frame(2, 1), frame(3, 300), frame(4, 5), frame(5, 20_000)]))
  const expected = [frame(1, 0), frame(2, 1), frame(3, 300), frame(4, 5), frame(5, 20_000)].map(bytes => bytes.slice(4))

  test.each([1, 2, 3, 5, 7, 8, 9, 1_000, wire.length])('come whole from reads of %i bytes', size => {
    const { assembler, begun, frames } = assemble()
    const chunk = new Uint8Array(size)
    for (let at = 0; at < wire.length; at += size) {
      // One buffer for every read, as a socket has it: nothing may be kept of it.
      const part = wire.subarray(at, at + size)
      chunk.set(part)
      assembler.push(chunk.subarray(0, part.length))
      chunk.fill(0xee)
    }
    expect(frames).toEqual(expected)
    expect(begun).toEqual([1, 2, 3, 4, 5])
    expect(assembler.between).toBe(true)
  })

  test('have memory of just their size', () => {
    const { assembler, frames } = assemble()
    assembler.push(wire)
    expect(frames.map(bytes => bytes!.buffer.byteLength)).toEqual(expected.map(bytes => bytes.length))
  })

  test('can be skipped, without memory of their own', () => {
    const before = process.memoryUsage().arrayBuffers
    const { assembler, frames } = assemble({ to: id => (id === 2 ? false : null) })
    assembler.push(frame(1, 3))
    const skipped = frame(2, 0)
    new DataView(skipped.buffer).setInt32(0, 50 * mebibyte)
    assembler.push(skipped)
    const chunk = new Uint8Array(64 * 1024)
    let left = 50 * mebibyte - 4
    for (; left > chunk.length; left -= chunk.length) assembler.push(chunk)
    expect(assembler.between).toBe(false)
    expect(assembler.progress).toBe(`${50 * mebibyte - left} of ${50 * mebibyte} bytes of an answer`)
    assembler.push(chunk.subarray(0, left))
    assembler.push(frame(3, 3))
    expect(frames.map(bytes => bytes?.length)).toEqual([7, undefined, 7])
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(mebibyte)
  })

  test('of many MiB come whole, their memory growing as they come, in linear time', () => {
    const { assembler, frames } = assemble()
    const large = frame(9, 48 * mebibyte)
    const startedAt = performance.now()
    for (let at = 0; at < large.length; at += 16_384) assembler.push(large.subarray(at, at + 16_384))
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    expect(Buffer.compare(frames[0]!, large.subarray(4))).toBe(0)
    expect(frames[0]!.buffer.byteLength).toBe(frames[0]!.length)
  })

  test('that only claim to be large reserve little', () => {
    const before = process.memoryUsage().arrayBuffers
    const all = Array.from({ length: 10 }, () => {
      const { assembler } = assemble({ maxBytes: 256 * mebibyte })
      assembler.push(bytesOf([0x0c, 0, 0, 0], [0, 0, 0, 1], 'ten bytes!'))
      return assembler
    })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * 5 * mebibyte)
    expect(all.every(assembler => !assembler.between)).toBe(true)
  })

  test('of a pool use its memory again, large ones too', () => {
    const pool = new FramePool(64 * mebibyte)
    const { assembler, frames } = assemble({ to: () => pool })
    const large = frame(1, 9 * mebibyte)
    assembler.push(large)
    const first = frames[0]!
    pool.give(first)
    assembler.push(large)
    expect(frames[1]!.buffer).toBe(first.buffer)
    expect(Buffer.compare(frames[1]!, large.subarray(4))).toBe(0)
    expect(pool.keptBytes).toBe(0)
  })
})

describe('what is no Kafka frame', () => {
  const cases: [what: string, first: Uint8Array, message: string][] = [
    ['HTTP', bytesOf('HTTP'), 'b:1: the peer answered with HTTP: this is a web server, not a Kafka broker'],
    [
      'a TLS alert',
      bytesOf([0x15, 3, 3, 0]),
      'b:1: the peer answered with a TLS alert: this port speaks TLS, and the connection was made without',
    ],
    [
      'a TLS handshake',
      bytesOf([0x16, 3, 1, 2]),
      'b:1: the peer speaks TLS (a handshake record came), and the connection was made without',
    ],
    ['another text protocol', bytesOf('SSH-'), 'b:1: the peer answered with text ("SSH-"…): not a Kafka broker'],
    ['a negative size', bytesOf([0xff, 0xff, 0xff, 0xff]), 'b:1: an answer of -1 bytes, which no Kafka broker sends'],
    [
      'a size without a correlation id',
      bytesOf([0, 0, 0, 3]),
      'b:1: an answer of 3 bytes, which no Kafka broker sends',
    ],
    [
      'more than is allowed',
      bytesOf([0, 0x10, 0, 1]),
      'b:1: an answer of 1048577 bytes, more than the 1048576 allowed',
    ],
  ]

  test.each(cases)('%s is told from its first four bytes', (_what, first, message) => {
    const { assembler } = assemble({ maxBytes: mebibyte })
    expect(() => {
      for (const byte of first) assembler.push(Uint8Array.of(byte))
    }).toThrow(new ProtocolError(message))
  })

  test('is told of the first frame even when such a size is allowed', () => {
    expect(() => assemble({ maxBytes: 2 ** 31 - 1 }).assembler.push(bytesOf('HTTP/1.1'))).toThrow(
      'the peer answered with HTTP',
    )
  })

  test('is told in the midst of the stream, too', () => {
    const { assembler } = assemble()
    assembler.push(frame(1, 1))
    expect(() => assembler.push(bytesOf('HTTP/1.1'))).toThrow('the peer answered with HTTP')
  })

  test('a large size that is within the limit is a frame, whatever it spells', () => {
    const { assembler, begun } = assemble({ maxBytes: 2 ** 31 - 1 })
    assembler.push(frame(1, 1))
    assembler.push(bytesOf('    ', [0, 0, 0, 2]))
    expect(begun).toEqual([1, 2])
    expect(assembler.progress).toBe(`4 of ${0x20202020} bytes of an answer`)
  })
})
