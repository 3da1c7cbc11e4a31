import { ConfigError, ProtocolError } from '../../src/base/errors.ts'
import { concat } from '../../src/bytes/writer.ts'
import { type CodecName, type CompressionCodec, DecompressionLimitError } from '../../src/compression/codec.ts'
import { Codecs } from '../../src/compression/codecs.ts'
import { mutated } from '../fuzz/mutate.ts'
import { builtinCodecs } from '../support/codecs.ts'
import { random } from '../support/random.ts'
import type { Suite } from './harness.ts'

const limit = 100_000
const rounds = 1_000
const text = new TextEncoder().encode('the quick brown fox jumps over the lazy dog, '.repeat(40))
const contents = [new Uint8Array(0), text.subarray(0, 3), text, concat([text, new Uint8Array(30_000), text])]
const skippable = Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3)

/**
 * The codecs a runtime lends behave as ours do: the same bytes are read to the same end, or refused with a typed error.
 * But libzstd doesn't look whether bits are left over, and so reads damaged blocks that ours refuses; a batch's CRC is
 * there for that.
 */
export const suite: Suite = contract => {
  const { assert, natives } = contract
  const runtimes = new Codecs(natives.codecs)

  const outcome = (codec: CompressionCodec, bytes: Uint8Array, most: number): Uint8Array | typeof ProtocolError => {
    try {
      return codec.decompress(bytes, most)
    } catch (error) {
      if (error instanceof ProtocolError) return ProtocolError
      throw error
    }
  }

  for (const name of ['gzip', 'zstd'] as const) {
    const own = builtinCodecs.find(codec => codec.name === name)!
    // Where the runtime lends none, the cases are named and not run.
    // What is lent does both.
    const native = natives.codecs?.[name] === undefined ? own : (runtimes.get(own.code) as CompressionCodec)
    const test: typeof contract.test = (title, body) => contract.test(title, body, { needs: [`native-${name}`] })
    const same = (bytes: Uint8Array, what: string, damaged = false): void => {
      const [found, wanted] = [outcome(native, bytes, limit), outcome(own, bytes, limit)]
      if (damaged && own.name === 'zstd' && wanted === ProtocolError) return
      if (found instanceof Uint8Array && wanted instanceof Uint8Array && equal(found, wanted)) return
      assert.equal(
        found,
        wanted,
        `${own.name}, ${what}: ${Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')}`,
      )
    }

    test(`${own.name}: the runtime's and ours read what the other writes, at every level`, async () => {
      for (const content of contents) {
        for (const level of [undefined, ...levels[own.name]!]) {
          assert.ok(equal(own.decompress(native.compress(content, level), limit), content), `ours, level ${level}`)
          assert.ok(
            equal(native.decompress(own.compress(content, level), limit), content),
            `the runtime's, level ${level}`,
          )
        }
      }
      for (const codec of [own, native]) {
        for (const level of [23, 1.5, Number.NaN]) {
          const error = await assert.rejects(
            tried(() => codec.compress(text, level)),
            ConfigError,
          )
          assert.ok(error.message.includes('levels'), error.message)
        }
      }
    })

    test(`${own.name}: several parts, cut parts, bytes behind the end: the runtime's and ours agree`, async () => {
      const parts = [
        ...contents.map(content => own.compress(content)),
        ...contents.map(content => native.compress(content)),
      ]
      assert.ok(equal(native.decompress(concat(parts), limit), concat([...contents, ...contents])), 'all parts')
      for (const part of parts) {
        for (const behind of [
          [0],
          [0, 0, 0, 0],
          [0, 1],
          [1, 2, 3],
          part.subarray(0, 4),
          part.subarray(0, -1),
          skippable,
          part,
        ])
          same(concat([part, Uint8Array.from(behind)]), 'bytes behind')
        same(concat([skippable, part]), 'a skippable frame before')
        for (let length = 0; length < part.length; length++) same(part.subarray(0, length), `cut to ${length}`)
      }
      same(skippable, 'a skippable frame alone')
    })

    test(`${own.name}: the runtime's stops at the limit as ours does`, async () => {
      for (const content of contents) {
        for (const packed of [own.compress(content), native.compress(content)]) {
          for (const most of [0, 1, content.length - 1, content.length, content.length + 1, 2 ** 40]) {
            if (most >= content.length) assert.ok(equal(native.decompress(packed, most), content), `${most}`)
            else if (most >= 0)
              await assert.rejects(
                tried(() => native.decompress(packed, most)),
                DecompressionLimitError,
              )
          }
        }
      }
    })

    test(`${own.name}: ${rounds} damaged inputs: the runtime's and ours agree`, async () => {
      const next = random(own.code)
      const seeds = contents.flatMap(content => [own.compress(content), native.compress(content)])
      seeds.push(concat(seeds.slice(2, 4)))
      for (let round = 0; round < rounds; round++)
        same(mutated(seeds[round % seeds.length]!, next), `round ${round}`, true)
    })
  }
}

const levels: Partial<Record<CodecName, readonly number[]>> = { gzip: [0, 1, 6, 9], zstd: [-5, 1, 3, 19] }

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

async function tried(task: () => Uint8Array): Promise<Uint8Array> {
  return task()
}
