/** Whether both are the same. How long it takes tells nothing of how much is. */
export function isSame(given: Uint8Array, expected: Uint8Array): boolean {
  let difference = given.length ^ expected.length
  for (let at = 0; at < given.length; at++) difference |= given[at]! ^ (expected[at % expected.length] ?? 1)
  return difference === 0
}
