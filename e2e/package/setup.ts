import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder for what one run of the tests makes once, and its end removes. */
    workshop: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const workshop = await mkdtemp(join(tmpdir(), 'isokafka-e2e-'))
  project.provide('workshop', workshop)
  return () => rm(workshop, { recursive: true, force: true })
}
