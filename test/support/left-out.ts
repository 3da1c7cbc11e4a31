import type { TestOptions } from 'vitest'
import { full } from './effort.ts'

/** Why a test is left out, and what would make it run. */
export interface Lack {
  readonly why: string
  /** The command that brings what lacks; null where there is no such thing, and the test runs elsewhere. */
  readonly command: string | null
}

declare module 'vitest' {
  interface TaskMeta {
    leftOut?: Lack
  }
}

/**
 * Options of a test or a group of tests: left out if one of these lacks, and told of at the end of the run
 * (test/rules/tally.ts).
 */
export function unless(...lacks: readonly (Lack | null)[]): TestOptions {
  const leftOut = lacks.find(lack => lack !== null)
  return leftOut === undefined ? {} : { skip: true, meta: { leftOut } }
}

/** For what takes long. */
export const unlessFull: Lack | null = full ? null : { why: 'takes long', command: 'npm run test:full' }

/** For what takes long in a runtime other than this Node. */
export const unlessRuntimes: Lack | null =
  full || process.env['RUNTIMES'] !== undefined ? null : { why: 'takes long', command: 'npm run test:runtimes' }

/** For a random case told by its seed, where the same is tried elsewhere with all seeds: one is enough. */
export function unlessFirstSeed(name: string, command = 'npm run test:full'): Lack | null {
  return full || !/seed (?!1\b)\d/.test(name) ? null : { why: 'another seed of the same', command }
}

// Between them and a runtime lies what other rooms' cases try.
const farFromRuntimes =
  /^(admin|client|consumer group|group hooks|group reader by the consumer protocol|group reader, cooperative|reader fetching|reader positions|reader transactions|transactions):/

/** For cases of the contract that have little to do with the runtime or the way to the broker. */
export function unlessFar(name: string, command: string): Lack | null {
  return full || !farFromRuntimes.test(name) ? null : { why: 'has little to do with the runtime', command }
}

/** For what needs something of a broker or runtime that it doesn't have. */
export function needing(missing: readonly string[]): Lack | null {
  return missing.length === 0 ? null : { why: `needs ${missing.join(', ')}`, command: null }
}
