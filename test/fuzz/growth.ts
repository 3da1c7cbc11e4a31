/**
 * How many times as long the work takes on input of eight times the size as on the small one eight times: 1 where time
 * grows with the input, 8 where it grows with its square. In turn, and the best of each counts: what else runs on the
 * machine hits both alike.
 */
export function growth<T>(small: T, large: T, work: (input: T) => void): number {
  const timeOf = (input: T, times: number): number => {
    const begin = performance.now()
    for (let i = 0; i < times; i++) work(input)
    return performance.now() - begin
  }
  let eight = Number.POSITIVE_INFINITY
  let one = Number.POSITIVE_INFINITY
  for (let round = 0; round < 7; round++) {
    eight = Math.min(eight, timeOf(small, 8))
    one = Math.min(one, timeOf(large, 1))
  }
  return one / eight
}

/** Between 1 and 8; caches that the large input does not fit into, and others that fill them, cost up to three. */
export const farFromSquare = 5
