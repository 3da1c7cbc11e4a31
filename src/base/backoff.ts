import { type Clock, randomOf } from './clock.ts'
import type { SettingKinds } from './settings.ts'

/**
 * How long to wait between tries: from `min` doubling up to `max` milliseconds, each ±20 % so that clients don't march
 * in step (KIP-580).
 */
export interface Backoff {
  /** Milliseconds before the second try. */
  min: number
  /** Milliseconds that it never takes longer than. */
  max: number
}

export const backoffSettings: SettingKinds<Backoff> = { min: 'number!', max: 'number!' }

const jitter = 0.2

/** The wait before try `attempt` (1 is the first repeat), in milliseconds. */
export function backoffDelay(attempt: number, { min, max }: Backoff, clock: Clock): number {
  const base = Math.min(max, min * 2 ** Math.min(attempt - 1, 30))
  return base * (1 + jitter * (2 * randomOf(clock) - 1))
}
