import { littleEndian } from './crc-tables.ts'
import { crc32cTables } from './crc32c-slice.ts'

/** Fewer bytes than this are done sooner by the tables in JavaScript. */
export const fewestWasmBytes = 1024

// The module's memory: tables, a gap for what is carried over from one chunk to the next (836 bytes), then a chunk of
// the message and the same again.
const data = 24 * 1024
const reach = 836
const chunk = 64 * 1024

/** What is used of a name that some runtimes lack. */
interface WebAssemblyHost {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object
    readonly Instance: new (module: object) => { readonly exports: Record<string, unknown> }
  }
}

interface Engine {
  readonly memory: Uint8Array
  /** Adds to each word of [from, to), a multiple of 32 bytes, the earlier words whose place in the message it takes. */
  fold(from: number, to: number): void
  /** The CRC register over [from, to), at least `reach` bytes. */
  finish(from: number, to: number): number
}

// Made at the first use and shared by all: every call runs to its end at once and leaves nothing behind. Null where
// WebAssembly is missing or refused.
let engine: Engine | null | undefined

/**
 * As `crc32c` for `fewestWasmBytes` and more, by a SIMD WebAssembly module of our own; undefined where there is no
 * WebAssembly to be had.
 */
export function crc32cWasm(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (engine === undefined) engine = instantiate()
  if (engine === null) return undefined
  const { memory } = engine
  memory.fill(0, data - reach, data)
  let at = Math.min(start + chunk, end)
  memory.set(bytes.subarray(start, at), data)
  // The register begins as all ones, which is the same as inverting the first four bytes.
  for (let i = data; i < data + 4; i++) memory[i] = ~memory[i]!
  let filled = data + at - start
  while (at < end) {
    // Fold all but the last `reach` bytes, move those and the ones they still need to the front, and put more behind
    // them.
    const folded = data + ((filled - data - reach) & -32)
    engine.fold(data, folded)
    memory.copyWithin(data - reach, folded - reach, filled)
    filled -= folded - data
    const next = Math.min(at + chunk, end)
    memory.set(bytes.subarray(at, next), filled)
    filled += next - at
    at = next
  }
  return ~engine.finish(data, filled) >>> 0
}

function instantiate(): Engine | null {
  try {
    if (!littleEndian()) return null
    const binary = atob(moduleBase64)
    const module = new Uint8Array(binary.length)
    for (let i = 0; i < binary.length; i++) module[i] = binary.charCodeAt(i)
    const { WebAssembly } = globalThis as unknown as WebAssemblyHost
    const { memory, fold, finish } = new WebAssembly.Instance(new WebAssembly.Module(module)).exports
    const bytes = new Uint8Array((memory as { buffer: ArrayBuffer }).buffer)
    bytes.set(new Uint8Array(crc32cTables().buffer))
    return { memory: bytes, fold: fold as Engine['fold'], finish: finish as Engine['finish'] }
  } catch {
    // No WebAssembly, no SIMD, or a policy against code made from bytes (workerd, a strict CSP): the tables serve.
    return null
  }
}

// begin: made by test/bytes/make-crc32c-wasm.mjs
const moduleBase64 =
  'AGFzbQEAAAABDAJgAn9/AGACf38BfwMFBAAAAQEFAwEABAcaAwZtZW1vcnkCAARmb2xkAAAGZmluaXNoAAMKsQUEmAEAIABBxAZrIQAgAUHEBmshAQNAIAAg' +
  'AUkEQCAAIAD9AADEBiAA/QAAwAT9USAA/QAA2AH9USAA/QAAnAH9USAA/QAAOP1RIAD9AAAA/VH9CwDEBiAAIAD9AADUBiAA/QAA0AT9USAA/QAA6AH9USAA' +
  '/QAArAH9USAA/QAASP1RIAD9AAAQ/VH9CwDUBiAAQSBqIQAMAQsLC2ABAX8gACABaiECA0AgAEEQaiACTQRAIAAgAP0AAAAgACABa/0AAAD9Uf0LAAAgAEEQ' +
  'aiEADAELCwNAIAAgAkkEQCAAIAAoAgAgACABaygCAHM2AgAgAEEEaiEADAELCwvuAgEFfwNAIABBEGogAU0EQCACIAAoAgBzIQMgACgCBCEEIAAoAgghBSAA' +
  'KAIMIQYgA0H/AXFBAnQoAoB4IANBCHZB/wFxQQJ0KAKAcHMgA0EQdkH/AXFBAnQoAoBocyADQRh2Qf8BcUECdCgCgGBzIARB/wFxQQJ0KAKAWHMgBEEIdkH/' +
  'AXFBAnQoAoBQcyAEQRB2Qf8BcUECdCgCgEhzIARBGHZB/wFxQQJ0KAKAQHMgBUH/AXFBAnQoAoA4cyAFQQh2Qf8BcUECdCgCgDBzIAVBEHZB/wFxQQJ0KAKA' +
  'KHMgBUEYdkH/AXFBAnQoAoAgcyAGQf8BcUECdCgCgBhzIAZBCHZB/wFxQQJ0KAKAEHMgBkEQdkH/AXFBAnQoAoAIcyAGQRh2Qf8BcUECdCgCAHMhAiAAQRBq' +
  'IQAMAQsLA0AgACABSQRAIAIgAC0AAHNB/wFxQQJ0KAIAIAJBCHZzIQIgAEEBaiEADAELCyACC0QBAX8gACABIABrQcQGa0FgcWohAiAAIAIQACACQYQCEAEg' +
  'AkHsBBABIAJBqAUQASACQYwGEAEgAkHEBhABIAIgARACCw=='
// end
