import { ProtocolError } from '../../src/base/errors.ts'
import { ByteReader } from '../../src/bytes/reader.ts'
import type { AnyApi } from '../../src/protocol/api.ts'
import { ApiVersions } from '../../src/protocol/api-versions.ts'
import { readRequestHeader } from '../../src/protocol/headers.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { apiByKey } from '../../src/protocol/registry.ts'
import { skipTagged } from '../../src/schema/tagged.ts'

// Size, API key, version and correlation id: what is known of a request before any of it is passed on.
const prefixLength = 12
const fetchKey = 1
// A Produce says here whether it wants an answer: behind the client's id and the transaction's, seldom long.
const produceHead = 512
// A refused request is read as a whole, for its answer says what it asked for. A larger one has none.
const mostRefused = 1024 * 1024

/** Who is told what becomes of a client's bytes. */
export interface RequestSink {
  /** These bytes, valid until the call returns to `push`'s caller, go on to the broker. */
  pass(bytes: Uint8Array): void
  /** This request, size excluded, does not. Null: it is too large to be answered. */
  refused(api: AnyApi, frame: Uint8Array | null): void
}

/**
 * Follows a client's requests without keeping them, so that it is known where one ends and which answers are due; and
 * so that nothing but Kafka goes through, and of Kafka what is allowed.
 */
export class Requests {
  readonly #most: number
  readonly #allowed: ReadonlySet<number>
  readonly #sink: RequestSink
  readonly #prefix = new Uint8Array(prefixLength)
  #prefixed = 0
  /** Bytes still to come of the request whose prefix is known, and its API. */
  #left = 0
  #api: AnyApi = ApiVersions
  #refusing = false
  /** Of the request at hand, where it is looked into: memory, how much is to be filled, and how much is. */
  #kept: Uint8Array | undefined
  #filled = 0
  /** Requests passed on that the broker answers. */
  answers = 0
  /** So many of them must be answered before an end does harm to nobody: those up to the last that is no Fetch. */
  owed = 0

  /** `most`: bytes of a request. `allowed`: the keys of the APIs that pass. */
  constructor(most: number, allowed: ReadonlySet<number>, sink: RequestSink) {
    this.#most = most
    this.#allowed = allowed
    this.#sink = sink
  }

  /** Whether nothing of a request that is not whole has been passed on. */
  get between(): boolean {
    return this.#left === 0
  }

  /**
   * Follows these bytes; with `stopping`, no further than the end of the request under way. A ProtocolError when they
   * can't be Kafka's.
   */
  push(bytes: Uint8Array, stopping = false): void {
    // Of these bytes those from `from` to `at` may pass, and have not yet.
    let from = 0
    let at = 0
    const pass = (to: number): void => {
      if (to > from) this.#sink.pass(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to))
    }
    while (at < bytes.length && !(stopping && this.#left === 0)) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, bytes.length - at)
        this.#keep(bytes, at, taken)
        this.#left -= taken
        at += taken
        if (this.#refusing) from = at
        if (this.#left === 0) this.#ended()
        continue
      }
      const begun = at - this.#prefixed
      while (at < bytes.length && this.#prefixed < prefixLength) this.#enter(bytes[at++]!)
      if (this.#prefixed < prefixLength) {
        // It can wait for the rest of it, here.
        pass(at - this.#prefixed)
        return
      }
      this.#begin()
      if (!this.#refusing && begun >= from) continue
      pass(begun)
      from = at
      if (!this.#refusing) this.#sink.pass(this.#prefix.slice())
    }
    pass(at)
  }

  #enter(byte: number): void {
    this.#prefix[this.#prefixed++] = byte
    // Checked as soon as it is known: whoever speaks something else may wait for an answer.
    if (this.#prefixed !== 4) return
    const size = int32(this.#prefix, 0)
    const least = prefixLength - 4
    if (size < least || size > this.#most)
      throw new ProtocolError(`a request of ${size} bytes (${least} to ${this.#most} are taken)`)
  }

  /** Its prefix is there. */
  #begin(): void {
    const key = int32(this.#prefix, 4) >> 16
    const version = (int32(this.#prefix, 4) << 16) >> 16
    const api = apiByKey(key)
    // What a broker speaks is asked for in whatever version: one that it has not is answered, too (KIP-511).
    if (api === undefined || (api !== ApiVersions && !(version >= api.minVersion && version <= api.maxVersion)))
      throw new ProtocolError(`a request with API key ${key} and version ${version}, which this bridge does not know`)
    const size = int32(this.#prefix, 0)
    this.#api = api
    this.#prefixed = 0
    this.#left = size - (prefixLength - 4)
    this.#refusing = !this.#allowed.has(key)
    this.#filled = 0
    const kept = this.#refusing ? (size <= mostRefused ? size : 0) : api === Produce ? Math.min(size, produceHead) : 0
    this.#kept = kept === 0 ? undefined : new Uint8Array(kept)
    this.#keep(this.#prefix, 4, prefixLength - 4)
    if (this.#left === 0) this.#ended()
  }

  #keep(bytes: Uint8Array, from: number, length: number): void {
    const kept = this.#kept
    if (kept === undefined || this.#filled === kept.length) return
    const taken = Math.min(length, kept.length - this.#filled)
    kept.set(bytes.subarray(from, from + taken), this.#filled)
    this.#filled += taken
  }

  #ended(): void {
    const api = this.#api
    const kept = this.#kept
    this.#kept = undefined
    if (this.#refusing) {
      this.#sink.refused(api, kept ?? null)
      return
    }
    if (api === Produce && !isAnswered(kept!)) return
    this.answers++
    if (api.key !== fetchKey) this.owed = this.answers
  }
}

/** Whether a Produce that begins so wants an answer; one that hides it is taken to. */
export function isAnswered(head: Uint8Array): boolean {
  try {
    const from = new ByteReader(head)
    const { apiVersion } = readRequestHeader(from)
    const flexible = apiVersion >= Produce.flexibleSince
    if (flexible) skipTagged(from)
    // In the compact form lengths are more by one.
    const transactionalId = flexible ? from.unsignedVarint() - 1 : apiVersion >= 3 ? from.int16() : 0
    from.offset += Math.max(0, transactionalId)
    return from.int16() !== 0
  } catch {
    return true
  }
}

function int32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}
