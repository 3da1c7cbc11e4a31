// How the client's costs grow with the cluster: `npm run bench:scale [-- --only ID] [--quick] [--write]`. Embedded brokers and a simulated
// clock in one process, no network. `--write` draws docs/scale.svg and sets the tables of docs/scale.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { chart } from './chart.ts'
import { measureCluster } from './clusters.ts'
import { measureGroup, ways } from './groups.ts'
import { exponent, type Series, type Step, table } from './series.ts'
import { measureSessions } from './sessions.ts'

const { values: options } = parseArgs({
  options: {
    from: { type: 'string' },
    json: { type: 'string' },
    only: { type: 'string' },
    quick: { type: 'boolean' },
    write: { type: 'boolean' },
  },
})

interface Plan {
  readonly id: string
  readonly title: string
  readonly unit: string
  readonly sizes: readonly number[]
  measure(x: number): Promise<Step>
}

const plans: Plan[] = [
  {
    id: 'brokers',
    title: '1,000 partitions on more brokers',
    unit: 'brokers',
    sizes: [3, 10, 30, 100],
    measure: x => measureCluster(x, { brokers: x, topics: 1, partitions: 1000 }),
  },
  {
    id: 'partitions',
    title: 'more partitions of a topic on 10 brokers',
    unit: 'partitions',
    sizes: [100, 1000, 5000, 20_000],
    measure: x => measureCluster(x, { brokers: 10, topics: 1, partitions: x }),
  },
  {
    id: 'topics',
    title: 'a writer to more topics of one partition on 10 brokers',
    unit: 'topics',
    sizes: [10, 100, 1000, 5000],
    measure: x => measureCluster(x, { brokers: 10, topics: x, partitions: 1 }),
  },
  ...ways.map(way => ({
    id: `members-${way}`,
    title: `a group of more members, two partitions each: ${way}`,
    unit: 'members',
    sizes: [10, 100, 300, 1000],
    measure: (x: number) => measureGroup(x, way),
  })),
  {
    id: 'sessions',
    title: 'one reader of more partitions on three brokers',
    unit: 'partitions',
    sizes: [100, 1000, 10_000, 20_000],
    measure: measureSessions,
  },
]

const page = 'docs/scale.md'
const all: Series[] = []
if (options.from !== undefined) all.push(...(JSON.parse(readFileSync(options.from, 'utf8')) as Series[]))
for (const { id, title, unit, sizes, measure } of options.from === undefined ? plans : []) {
  if (options.only !== undefined && !options.only.split(',').includes(id)) continue
  const steps: Step[] = []
  // The first of a kind pays for what the engine has to compile.
  await measure(sizes[0]!)
  for (const x of options.quick ? sizes.slice(0, 2) : sizes) {
    const since = performance.now()
    steps.push(await measure(x))
    console.error(`${id}: ${x} ${unit} in ${((performance.now() - since) / 1000).toFixed(1)} s`)
  }
  const series = { id, title, unit, steps }
  all.push(series)
  console.log(`\n## ${title}\n\n${table(series)}`)
  for (const name of Object.keys(steps[0]!.values)) {
    const power = exponent(steps, name)
    if (power > 1.1) console.log(`!! ${name} grows by ${power.toFixed(2)}`)
  }
}
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(all, null, 2)}\n`)
if (options.write) {
  writeFileSync('docs/scale.svg', chart(all))
  let text = readFileSync(page, 'utf8')
  for (const series of all) {
    const [begin, end] = [`<!-- ${series.id} -->\n`, `<!-- /${series.id} -->`]
    const from = text.indexOf(begin)
    const to = text.indexOf(end)
    if (from < 0 || to < 0) throw new Error(`${page} has no place for ${series.id}`)
    text = `${text.slice(0, from + begin.length)}\n${table(series)}\n\n${text.slice(to)}`
  }
  writeFileSync(page, text)
}
