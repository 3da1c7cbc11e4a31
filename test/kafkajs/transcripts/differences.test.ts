import { expect, test } from 'vitest'
import { differences } from '../scenarios/differences.ts'
import { scenarios } from '../scenarios/index.ts'

test('the table of differences has scenarios that there are', () => {
  const names = scenarios.map(({ name }) => name)
  expect(Object.keys(differences).filter(name => !names.includes(name))).toEqual([])
})

test('no two scenarios have the same name', () => {
  const names = scenarios.map(({ name }) => name)
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
})
