/** So many groups, topics or users go into one request, and no more requests than that takes are under way at a time. */
const most = 500

/** Asks for a part of the items at a time, one part after another, so that thousands of them make no flood. */
export async function inBatches<T, R>(items: readonly T[], ask: (batch: readonly T[]) => Promise<R>): Promise<R[]> {
  // Nothing asked for is a question too, which the broker answers.
  const answers = [await ask(items.slice(0, most))]
  for (let at = most; at < items.length; at += most) answers.push(await ask(items.slice(at, at + most)))
  return answers
}

/** The longest time that any of these answers was held back for, in milliseconds. */
export function longestThrottle(answers: readonly { readonly throttleTimeMs: number }[]): number {
  return Math.max(0, ...answers.map(({ throttleTimeMs }) => throttleTimeMs))
}
