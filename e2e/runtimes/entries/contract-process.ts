// In Node, Deno and Bun: runs the cases one after another, those of a secured cluster some at a time, but for those that the settings leave
// out, and prints each outcome as a line of JSON.

import { securedAtATime } from '../../../test/contract/secured.ts'
import { adapter, natives } from '../../../test/support/own-adapter.ts'
import { atMost } from '../../../test/support/waiting.ts'
import { open, outcomeOf, type Target } from './target.ts'

const { target, without } = JSON.parse(process.argv[2]!) as { target: Target; without: readonly string[] }
const { cases, close } = open(target, adapter, natives)
const wanted = cases.filter(({ name }) => !without.includes(name))
const atATime = 'secured' in target ? securedAtATime : 1
const begun = atMost(
  atATime,
  wanted.map(each => () => outcomeOf(each)),
)
for (const outcome of begun) console.log(JSON.stringify(await outcome))
await close()
