import { expect, test } from 'vitest'
import { Table } from './table.ts'

const today = new Date().toISOString().slice(0, 10)

test('the table counts by suite and runtime, says why cases were skipped, and keeps the columns that did not run', () => {
  const first = new Table(['Node 20', 'Bun 1'])
  for (const runtime of ['Node 20', 'Bun 1']) first.cell('Kafka', runtime, 'reader').pass('one')
  first.cell('Kafka', 'Bun 1', 'reader').fail('two')
  const before = first.toString().replaceAll(today, '2026-01-01')

  const second = new Table(['Node 20', 'Bun 2'])
  const cell = second.cell('Kafka', 'Node 20', 'reader')
  for (const name of ['one', 'two', 'three']) cell.fail(name)
  for (const name of ['one', 'two']) cell.pass(name)
  cell.skip('three', 'needs more')
  expect(second.toString(before)).toBe(`### On Kafka

|  | Node 20 | Bun 1 |
|---|---|---|
| reader | 2, 1 skipped: needs more | 1, **1 failed** |
| run on | ${today} | 2026-01-01 |`)
})
