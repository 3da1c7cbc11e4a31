// In Node, Deno and Bun: runs the cases named in the settings one after another, and prints each outcome as a line of
// JSON.
import { adapter, natives } from '../../../test/support/own-adapter.ts'
import { open, outcomeOf, type Target } from './target.ts'

const { target } = JSON.parse(process.argv[2]!) as { target: Target }
const { cases, close } = open(target, adapter, natives)
for (const each of cases) console.log(JSON.stringify(await outcomeOf(each)))
await close()
