import { describe, expect, test } from 'vitest'
import { CRC32Balancer } from '../../src/balancer/crc32-balancer.ts'
import { Hash } from '../../src/balancer/hash.ts'
import { murmur2 } from '../../src/balancer/murmur2.ts'
import { Murmur2Balancer } from '../../src/balancer/murmur2-balancer.ts'
import { ReferenceHash } from '../../src/balancer/reference-hash.ts'
import { utf8 } from '../../src/bytes/utf8.ts'

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/** Where 200 messages with this key go. */
function spread(
  balancer: { balance(message: { key: string | null }, partitions: readonly number[]): number },
  key: string | null,
): Set<number> {
  return new Set(upTo(200).map(() => balancer.balance({ key }, upTo(4))))
}

describe('Hash', () => {
  test.each([
    ['blah', 2, 0],
    ['blah', 3, 1],
    ['boop', 3, 2],
    ['20', 16, 1],
  ])('sends %s of %i partitions to %i, as Sarama does', (key, partitions, expected) => {
    expect(new Hash().balance({ key }, upTo(partitions))).toBe(expected)
    expect(new Hash().balance({ key: utf8(key) }, upTo(partitions))).toBe(expected)
  })

  test('deals messages without a key in turn, beginning with the first partition', () => {
    const balancer = new Hash()
    expect(upTo(5).map(() => balancer.balance({ value: 'x' }, upTo(3)))).toEqual([0, 1, 2, 0, 1])
    expect(balancer.balance({ key: null }, upTo(3))).toBe(2)
  })

  test('an empty key is a key', () => {
    expect(spread(new Hash(), '').size).toBe(1)
  })

  test('takes a hash with its highest bit set as Sarama does: the remainder of a negative number, made positive', () => {
    const balancer = new Hash({ hasher: () => 0x80000001 })
    expect(balancer.balance({ key: 'any' }, upTo(5))).toBe(2)
  })

  test('works with a hasher of one’s own', () => {
    const balancer = new Hash({ hasher: key => key.length })
    expect(balancer.balance({ key: 'four' }, upTo(3))).toBe(1)
  })
})

describe('ReferenceHash', () => {
  test.each([
    ['castle', 3, 2],
    ['20', 16, 15],
  ])('sends %s of %i partitions to %i', (key, partitions, expected) => {
    expect(new ReferenceHash().balance({ key }, upTo(partitions))).toBe(expected)
  })

  test('masks the sign', () => {
    expect(new ReferenceHash({ hasher: () => 0x80000001 }).balance({ key: 'any' }, upTo(5))).toBe(1)
  })

  test('sends messages without a key anywhere', () => {
    expect(spread(new ReferenceHash(), null)).toEqual(new Set(upTo(4)))
  })
})

describe('CRC32Balancer', () => {
  test.each([
    ['boop', 3, 1],
    ['23456', 17, 7],
    ['hejsan', 17, 14],
    ['this is another string with more length to it perhaps', 17, 15],
  ])('sends %s of %i partitions to %i, as librdkafka does', (key, partitions, expected) => {
    expect(new CRC32Balancer().balance({ key }, upTo(partitions))).toBe(expected)
    expect(new CRC32Balancer({ consistent: true }).balance({ key }, upTo(partitions))).toBe(expected)
  })

  test.each([[null], ['']])('sends the key %j anywhere, or to one partition when consistent', key => {
    expect(spread(new CRC32Balancer(), key)).toEqual(new Set(upTo(4)))
    expect(spread(new CRC32Balancer({ consistent: true }), key)).toEqual(new Set([0]))
  })
})

describe('Murmur2Balancer', () => {
  // Printed by org.apache.kafka.common.utils.Utils of kafka-clients 4.4.0.
  test.each([
    ['', 0x106e08d9, 0, 681],
    ['a', 0xa2d0b27c, 1, 524],
    ['ab', 0x12d8262a, 2, 434],
    ['abc', 0x1c94221b, 0, 107],
    ['abcd', 0xb11ab5f4, 2, 100],
    ['abcde', 0x1b897edd, 1, 741],
    ['111-0', 0x6c222221, 2, 289],
    ['111-42', 0x9bc13695, 0, 253],
    ['order-123456', 0x4bb6233c, 1, 772],
    ['ключ', 0x7e806270, 2, 24],
    ['日本語', 0x555873ca, 1, 170],
    ['😀 grin', 0x692f436f, 0, 135],
    ['\0 ', 0x42decd0e, 0, 742],
    ['the quick brown fox jumps over the lazy dog', 0xcaf2a908, 1, 968],
  ])('hashes %j as Java does', (key, hash, ofThree, ofThousand) => {
    expect(murmur2(utf8(key))).toBe(hash)
    expect(new Murmur2Balancer().balance({ key }, upTo(3))).toBe(ofThree)
    expect(new Murmur2Balancer().balance({ key: utf8(key) }, upTo(1000))).toBe(ofThousand)
  })

  test.each([
    ['kafka', 0xd067cf64],
    ['1234', 0x9fc97b14],
  ])('hashes %s as librdkafka does', (key, hash) => {
    expect(murmur2(utf8(key))).toBe(hash)
  })

  test('hashes 2,000 generated keys of 0 to 66 bytes as Java does', () => {
    let state = 1
    let all = 0
    for (let n = 0; n < 2000; n++) {
      const key = new Uint8Array(n % 67)
      for (let i = 0; i < key.length; i++) {
        state = (Math.imul(state, 1103515245) + 12345) | 0
        key[i] = state >>> 16
      }
      all = (Math.imul(all, 31) + murmur2(key)) | 0
    }
    expect(all >>> 0).toBe(0x2bf600fb)
    expect(murmur2(Uint8Array.from(upTo(256)))).toBe(0x8bde9476)
  })

  test('sends only the null key anywhere, and that too to one partition when consistent', () => {
    expect(spread(new Murmur2Balancer(), null)).toEqual(new Set(upTo(4)))
    expect(spread(new Murmur2Balancer(), '')).toEqual(new Set([0x106e08d9 % 4]))
    expect(spread(new Murmur2Balancer({ consistent: true }), null)).toEqual(new Set([0x106e08d9 % 4]))
  })
})

test('a key beyond the shared buffer hashes like its bytes', () => {
  const key = 'é'.repeat(5000)
  expect(new Murmur2Balancer().balance({ key }, upTo(1000))).toBe(
    new Murmur2Balancer().balance({ key: utf8(key) }, upTo(1000)),
  )
})

test('the answer is one of the partitions given, not an index', () => {
  const partitions = [7, 9, 11]
  for (const balancer of [new Hash(), new ReferenceHash(), new CRC32Balancer(), new Murmur2Balancer()]) {
    for (const key of ['a', 'b', 'c', null, '']) expect(partitions).toContain(balancer.balance({ key }, partitions))
  }
})
