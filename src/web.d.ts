// The web standards `src` uses, declared by hand: the core compiles without any runtime's types, so a name that isn't
// here can't slip in. Adding to this file means the name exists in Node 20, Deno, Bun, workerd and browsers (insecure
// origins too).

declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>
  encodeInto(text: string, into: Uint8Array): { read: number; written: number }
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean })
  decode(bytes?: Uint8Array, options?: { stream?: boolean }): string
}

declare function setTimeout(task: () => void, milliseconds?: number): unknown
declare function clearTimeout(handle: unknown): void
declare function queueMicrotask(task: () => void): void

declare class AbortController {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
}
interface AbortSignal {
  readonly aborted: boolean
  readonly reason: unknown
  throwIfAborted(): void
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}
declare const console: { warn(message: string): void; error(message: string): void }
declare const performance: { now(): number }
declare const crypto: { getRandomValues<T extends Uint8Array>(array: T): T }

/** Base64 to a string of bytes, and back. */
declare function atob(text: string): string
declare function btoa(bytes: string): string
declare class URL {
  constructor(address: string)
  readonly protocol: string
  readonly hostname: string
}
declare class URLSearchParams {
  constructor(init?: Readonly<Record<string, string>>)
  set(name: string, value: string): void
  toString(): string
}
declare class ReadableStream<R> {
  constructor(
    source: {
      pull(controller: { enqueue(chunk: R): void; close(): void }): void | Promise<void>
      cancel(reason: unknown): void | Promise<void>
    },
    strategy: { highWaterMark: number },
  )
}
declare class WritableStream<W> {
  constructor(sink: {
    write(chunk: W, controller: { error(reason: unknown): void }): void | Promise<void>
    close(): void | Promise<void>
  })
}
/** Missing in workerd with an old compatibility date: ask by typeof. */
declare class MessageChannel {
  readonly port1: MessagePort
  readonly port2: MessagePort
}
interface MessagePort {
  onmessage: (() => void) | null
  postMessage(message: unknown): void
  close(): void
}
