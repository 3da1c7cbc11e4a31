// In Node, Deno and Bun: runs the cases one after another, those of a secured cluster at the same time, but for those that the settings
// leave out, and prints each outcome as a line of JSON.
import { adapter, natives } from '../../../test/support/own-adapter.ts'
import { open, outcomeOf, type Target } from './target.ts'

const { target, without } = JSON.parse(process.argv[2]!) as { target: Target; without: readonly string[] }
const { cases, close } = open(target, adapter, natives)
const wanted = cases.filter(({ name }) => !without.includes(name))
const begun = 'secured' in target ? wanted.map(outcomeOf) : []
for (const [at, each] of wanted.entries()) console.log(JSON.stringify(await (begun[at] ?? outcomeOf(each))))
await close()
