import { expect } from 'vitest'
import { random } from '../support/random.ts'

/** Equal bytes. (`toEqual` takes a second for 100 KB.) */
export function same(found: Uint8Array, wanted: Uint8Array): void {
  expect(found.length).toBe(wanted.length)
  expect(Buffer.compare(found, wanted)).toBe(0)
}

export function noise(length: number, seed: number): Uint8Array {
  const next = random(seed)
  return Uint8Array.from({ length }, () => next() * 256)
}

/** Text with repetitions near and far, and stretches of noise. */
export function mixed(length: number, seed: number): Uint8Array {
  const next = random(seed)
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; ) {
    const run = Math.min(length - at, 1 + Math.floor(next() * 300))
    const kind = next()
    if (kind < 0.4 && at > 0) {
      const from = Math.floor(next() * at)
      for (let i = 0; i < run; i++) bytes[at + i] = bytes[from + i]!
    } else
      for (let i = 0; i < run; i++) bytes[at + i] = kind < 0.7 ? 97 + Math.floor(next() * 8) : Math.floor(next() * 256)
    at += run
  }
  return bytes
}
