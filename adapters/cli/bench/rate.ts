/** How many there were, how many a second, and how many millions of bytes a second. */
export function rateOf(records: number, bytes: number, milliseconds: number): [string, string, string] {
  const seconds = Math.max(milliseconds, 1) / 1_000
  return [String(records), String(Math.round(records / seconds)), (bytes / 1e6 / seconds).toFixed(2)]
}
