import { describe, expect, test } from 'vitest'
import { unless } from '../../test/support/left-out.ts'
import { browserNames, chosenRuntimes, runtime } from '../runtimes/packages.ts'
import { act } from './act.ts'
import { startStage } from './stage.ts'

// What the other tests in browsers stand on.
for (const name of browserNames.filter(name => chosenRuntimes.includes(name))) {
  const { label, missing } = runtime(name)
  describe(`a page in ${label}`, unless(missing), () => {
    test('has an insecure origin, and a policy that lets no text become code', async () => {
      const stage = await startStage(name, [])
      try {
        const page = await stage.open('e2e/browser/entries/facts.ts')
        expect(await act(page, 'facts')).toEqual({
          secure: false,
          subtle: false,
          randomUUID: false,
          evaluated: 'EvalError',
          // WebKitGTK lets WebAssembly be whatever the policy says.
          assembled: name === 'webkit' ? 'allowed' : 'CompileError',
        })
      } finally {
        await stage.close()
      }
    })
  })
}
