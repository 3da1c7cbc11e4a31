import { defineConfig } from 'vitest/config'

// `#adapter` means the TypeScript source here; installed from npm it means a file in dist (see "imports" in package.json).
const conditions = ['isokafka-source', 'module', 'node', 'import', 'default']
const resolve = { conditions }
const ssr = { resolve: { conditions, externalConditions: conditions } }

export default defineConfig({
  test: {
    teardownTimeout: 30_000,
    reporters: ['default', './test/rules/tally.ts'],
    projects: [
      {
        resolve,
        ssr,
        test: { name: 'unit', include: ['test/**/*.test.ts'], testTimeout: 20_000, sequence: { groupOrder: 0 } },
      },
      {
        resolve,
        ssr,
        // Each file starts its own brokers: one file at a time.
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          globalSetup: ['./e2e/kafka/setup.ts', './e2e/package/setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
