import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { unless, unlessFull } from '../../test/support/left-out.ts'
import { runtime } from '../runtimes/packages.ts'

const deno = runtime('deno')

// Types that would have to be inferred, and globals that would be changed, are refused; nothing is sent.
test('JSR would take the package', unless(unlessFull, deno.missing), async () => {
  const { stderr } = await promisify(execFile)(deno.binary, ['publish', '--dry-run', '--allow-dirty'], {
    cwd: 'build/jsr',
    env: { ...process.env, NO_COLOR: '1' },
  }).catch(error => error)
  expect(stderr).toContain('Success Dry run complete')
})
