import { type Plan, takeTurn, type Ways } from './plan.ts'

/** In Node, Deno and Bun: the ways in turn, a line of JSON for each turn. */
export async function run(ways: Ways): Promise<void> {
  const plan = JSON.parse(process.argv[2]!) as Plan
  for (let round = 0; round < plan.rounds; round++) {
    for (const way of plan.ways) console.log(JSON.stringify(await takeTurn(ways, way, plan)))
  }
}
