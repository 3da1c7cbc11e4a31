/** A 64 bit number, given as a number or a text of one. */
export function longOf(value: unknown): number | undefined {
  const text = typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' ? String(value) : ''
  return /^-?\d+$/.test(text) ? Number(text) : undefined
}
