// How much is done of what could be done for ever: test/run.mjs sets these.

/** Everything, however long it takes: `npm run test:full`. */
export const full = process.env['FULL'] !== undefined

const quick = process.env['QUICK'] !== undefined

/** How often something random is tried: by `npm run test:unit`, `npm test` and `npm run test:full`. */
export function repetitions(least: number, usual: number, most: number): number {
  return full ? most : quick ? least : usual
}
