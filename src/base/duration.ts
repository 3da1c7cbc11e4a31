import { ConfigError } from './errors.ts'
import { shown } from './settings.ts'

/** A time span: milliseconds, or ISO 8601's text for one, with days at most: 'PT1H30M', 'P7D', 'PT0.5S'. */
export type Duration = number | string

const pattern = /^P(?!$)(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,9})?)S)?)?$/i

/** Whole milliseconds. Throws a ConfigError for what is none, or is below 0. */
export function durationOf(setting: string, value: unknown): number {
  const milliseconds = typeof value === 'string' ? parsed(value) : value
  if (typeof milliseconds !== 'number' || !(milliseconds >= 0 && milliseconds <= Number.MAX_SAFE_INTEGER))
    throw new ConfigError(
      `${setting} is no time span: ${shown(value)}; it is milliseconds, or a text such as 'PT1H' or 'P7D'`,
    )
  return milliseconds
}

function parsed(text: string): number | undefined {
  const parts = pattern.exec(text)
  if (parts === null) return undefined
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map(part => Number(part ?? 0))
  return ((days * 24 + hours) * 60 + minutes) * 60_000 + Math.round(seconds * 1_000)
}
