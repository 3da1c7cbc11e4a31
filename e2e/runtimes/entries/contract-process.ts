// In Node, Deno and Bun: runs the cases one after another, but for those the settings leave out, and prints each outcome as a line of
// JSON.
import { adapter, natives } from '../../../test/support/own-adapter.ts'
import { open, outcomeOf, type Target } from './target.ts'

const { target, without } = JSON.parse(process.argv[2]!) as { target: Target; without: readonly string[] }
const { cases, close } = open(target, adapter, natives)
for (const each of cases) if (!without.includes(each.name)) console.log(JSON.stringify(await outcomeOf(each)))
await close()
