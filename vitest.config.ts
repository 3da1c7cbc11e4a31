import { defineConfig } from 'vitest/config'
import LongestFirst from './test/rules/longest-first.ts'

// `#adapter` means the TypeScript source here; installed from npm it means a file in dist (see "imports" in package.json).
const conditions = ['isokafka-source', 'module', 'node', 'import', 'default']
const resolve = { conditions }
const ssr = { resolve: { conditions, externalConditions: conditions } }

const whole = process.env['FULL'] !== undefined

// They measure memory or speed: nothing else may run meanwhile.
const measuring = [
  'e2e/import.test.ts',
  'e2e/memory.test.ts',
  'e2e/broker-load.test.ts',
  'e2e/browser/load.test.ts',
  'e2e/runtimes/bridge-floods.test.ts',
  'e2e/runtimes/throughput/*.test.ts',
]
const endToEnd = {
  globalSetup: ['./e2e/kafka/setup.ts', './e2e/package/setup.ts'],
  testTimeout: 60_000,
  hookTimeout: 120_000,
}

export default defineConfig({
  test: {
    teardownTimeout: 30_000,
    // The default logger's: tests that want to see it look for themselves.
    onConsoleLog: log => !log.startsWith('isokafka: '),
    reporters: ['default', './test/rules/tally.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          testTimeout: 20_000,
          // They wait more than they work, too.
          maxWorkers: whole ? '100%' : 6,
          // What files share then is what all import, and what has been compiled: half of the time goes into that.
          isolate: whole,
          sequence: { groupOrder: 0 },
        },
      },
      {
        resolve,
        ssr,
        // They wait for brokers more than they work: four at a time, on however few cores.
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'e2e/package/tools/**', ...measuring],
          ...endToEnd,
          maxWorkers: 4,
          isolate: whole,
          sequence: { groupOrder: 1 },
        },
      },
      {
        resolve,
        ssr,
        test: { name: 'e2e-measuring', include: measuring, ...endToEnd, maxWorkers: 1, sequence: { groupOrder: 2 } },
      },
    ],
  },
})
