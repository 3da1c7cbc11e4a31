import { expect, test } from 'vitest'
import { Ledger, type Order } from '../../adapters/cli/demo/ledger.ts'

const problems = (...orders: [customer: number, number: number][]) => {
  const ledger = new Ledger(2, 2)
  for (const [customer, number] of orders) ledger.deliver({ customer, number } satisfies Order)
  return ledger.problems()
}

test('every order once, in order for each customer, is right however customers mix', () => {
  expect(problems([0, 0], [1, 0], [1, 1], [0, 1])).toEqual([])
})

test('a lost order is found', () => {
  expect(problems([0, 0], [1, 0], [0, 1])).toEqual(['1 orders never came'])
  expect(problems()).toEqual(['4 orders never came'])
})

test('a repeated order is found', () => {
  expect(problems([0, 0], [0, 1], [0, 0], [1, 0], [1, 1])).toEqual(['1 orders came more than once'])
})

test('a wrong order is found', () => {
  expect(problems([0, 1], [0, 0], [1, 0], [1, 1])).toEqual(["2 orders came out of their customer's order"])
})

test('a message of somebody else is found', () => {
  expect(problems([0, 0], [0, 1], [1, 0], [1, 1], [7, 0], [0, 9], [0, Number.NaN])).toEqual(['3 orders were not ours'])
})
