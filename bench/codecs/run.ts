// Records, checksums and codecs beside the packages people use for them: `npm run bench:codecs [-- --only PART] [--json
// FILE]`. No broker, in bench's own Node. Each pair is measured turn and turn about, so that a slow minute hits both.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { checksums } from './checksums.ts'
import { codecs } from './codecs.ts'
import { decoding } from './decode.ts'
import type { Row } from './measure.ts'
import { encoding, flatness } from './records.ts'

const parts = { encoding, decoding, checksums, codecs, flatness }
const { values: options } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' } } })
const rows: Row[] = []
for (const [name, part] of Object.entries(parts)) {
  if (options.only !== undefined && options.only !== name) continue
  for (const row of await part()) {
    rows.push(row)
    print(row)
  }
}
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`)

function print({ what, ours, peer, theirs, ratio, goal }: Row): void {
  const beside = theirs === undefined ? '' : `${peer} ${theirs.toFixed(2)} `
  console.log(
    `${what.padEnd(46)}${`${ours.toFixed(2)} ns`.padStart(11)}   ${beside.padEnd(28)}${ratio.toFixed(2).padStart(6)} x  ${goal}`,
  )
}
