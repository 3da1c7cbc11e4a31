// In a page: runs the contract's cases through the bridge as it is told.
import { natives, websocket } from '../../../adapters/websocket/index.ts'
import { type Case, type ClusterUnderTest, collect } from '../../../test/contract/harness.ts'
import { suites } from '../../../test/contract/index.ts'
import { onPage } from './on-page.ts'

let cases: Case[] = []

onPage({
  async begin({ cluster, bridge }: { cluster: ClusterUnderTest; bridge: string }) {
    const adapter = websocket({ url: bridge, token: async () => (await fetch('/token')).text() })
    cases = collect(suites, { cluster, adapter, natives })
    return cases.length
  },
  /** What the page may not do. */
  async facts() {
    const { WebAssembly: wasm } = globalThis as unknown as { WebAssembly: { compile(bytes: Uint8Array): Promise<unknown> } }
    return {
      subtle: crypto.subtle !== undefined,
      randomUUID: crypto.randomUUID !== undefined,
      evaluated: await refusal(async () => new Function('return 1')()),
      assembled: await refusal(() => wasm.compile(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))),
    }
  },
  async run(name: string) {
    await cases.find(each => each.name === name)!.run()
  },
})

function refusal(attempt: () => Promise<unknown>): Promise<string> {
  return attempt().then(
    () => 'allowed',
    (error: Error) => error.name,
  )
}
