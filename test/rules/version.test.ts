import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { packageVersion } from '../../src/base/version.ts'

test('brokers are told the version in package.json', () => {
  expect(packageVersion).toBe(JSON.parse(readFileSync('package.json', 'utf8')).version)
})
