// In a page: what a page may not do.
import { onPage } from './on-page.ts'

onPage({
  async facts() {
    const { WebAssembly: wasm } = globalThis as unknown as {
      WebAssembly: { compile(bytes: Uint8Array): Promise<unknown> }
    }
    return {
      secure: (globalThis as unknown as { isSecureContext: boolean }).isSecureContext,
      subtle: crypto.subtle !== undefined,
      randomUUID: crypto.randomUUID !== undefined,
      evaluated: await refusal(async () => new Function('return 1')()),
      assembled: await refusal(() => wasm.compile(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))),
    }
  },
})

function refusal(attempt: () => Promise<unknown>): Promise<string> {
  return attempt().then(
    () => 'allowed',
    (error: Error) => error.name,
  )
}
