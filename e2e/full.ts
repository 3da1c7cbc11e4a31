/** Everything, however long it takes: `npm run test:full`. */
export const full = process.env['FULL'] !== undefined
