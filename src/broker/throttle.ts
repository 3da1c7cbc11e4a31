import type { AnyApi } from '../protocol/api.ts'

/** How long clients are told to wait after which API's answers. */
export class Throttle {
  #every = 0
  readonly #byKey = new Map<number, number>()

  set(milliseconds: number, api?: AnyApi): void {
    if (api === undefined) this.#every = milliseconds
    else this.#byKey.set(api.key, milliseconds)
  }

  of(api: AnyApi): number {
    return this.#byKey.get(api.key) ?? this.#every
  }
}
