import { expect, test } from 'vitest'
import { FramePool } from '../../src/socket/frame-pool.ts'

const kibibyte = 1024

test('hands out again what was given back, for frames of nearly the same size', () => {
  const pool = new FramePool(1024 * kibibyte)
  const first = pool.take(100_000)
  expect(first.length).toBe(100_000)
  pool.give(first)
  const second = pool.take(90_000)
  expect(second.buffer).toBe(first.buffer)
  expect(second.length).toBe(90_000)
  expect(pool.take(90_000).buffer).not.toBe(first.buffer)
})

test('does not spend a large buffer on a small frame', () => {
  const pool = new FramePool(10_240 * kibibyte)
  pool.give(pool.take(5_000 * kibibyte))
  expect(pool.take(50 * kibibyte).buffer.byteLength).toBeLessThan(60 * kibibyte)
})

test('takes the buffer that fits best', () => {
  const pool = new FramePool(10_240 * kibibyte)
  const sizes = [300, 200, 250].map(size => pool.take(size * kibibyte))
  for (const frame of sizes) pool.give(frame)
  expect(pool.take(190 * kibibyte).buffer).toBe(sizes[1]!.buffer)
})

test('keeps no more than its bound, the latest rather than the oldest', () => {
  const pool = new FramePool(1_000 * kibibyte)
  const frames = Array.from({ length: 20 }, () => pool.take(256 * kibibyte))
  for (const frame of frames) pool.give(frame)
  expect(pool.keptBytes).toBe(768 * kibibyte)
  expect(pool.take(256 * kibibyte).buffer).toBe(frames[17]!.buffer)
  pool.give(pool.take(2_000 * kibibyte))
  expect(pool.keptBytes).toBe(512 * kibibyte)
})

test('a frame given twice is handed out once', () => {
  const pool = new FramePool(1024 * kibibyte)
  const frame = pool.take(64 * kibibyte)
  pool.give(frame)
  pool.give(frame)
  expect(pool.take(64 * kibibyte).buffer).not.toBe(pool.take(64 * kibibyte).buffer)
})

test('small frames and views into the midst of something are not kept', () => {
  const pool = new FramePool(1024 * kibibyte)
  pool.give(pool.take(100))
  pool.give(new Uint8Array(100 * kibibyte).subarray(1))
  expect(pool.keptBytes).toBe(0)
})
