import { describe, expect, test } from 'vitest'
import { LeastBytes } from '../../src/balancer/least-bytes.ts'
import { RoundRobin } from '../../src/balancer/round-robin.ts'
import { utf8, utf8Length } from '../../src/bytes/utf8.ts'

const deal = (balancer: RoundRobin, partitions: number[], count: number): number[] =>
  Array.from({ length: count }, () => balancer.balance({}, partitions))

describe('RoundRobin', () => {
  test.each([
    [undefined, [0, 1, 2, 0, 1, 2, 0]],
    [-1, [0, 1, 2, 0, 1, 2, 0]],
    [0, [0, 1, 2, 0, 1, 2, 0]],
    [2, [0, 0, 1, 1, 2, 2, 0]],
    [5, [0, 0, 0, 0, 0, 1, 1]],
    [12, [0, 0, 0, 0, 0, 0, 0]],
  ])('deals chunks of %s', (chunkSize, expected) => {
    expect(deal(new RoundRobin(chunkSize === undefined ? {} : { chunkSize }), [0, 1, 2], 7)).toEqual(expected)
  })

  test('goes on when the number of partitions changes', () => {
    const balancer = new RoundRobin()
    expect(deal(balancer, [0, 1], 3)).toEqual([0, 1, 0])
    expect(deal(balancer, [0, 1, 2, 3], 4)).toEqual([3, 0, 1, 2])
  })
})

describe('LeastBytes', () => {
  test('fills up the partition with the fewest bytes, the lowest of equals', () => {
    const balancer = new LeastBytes()
    const sizes = [10, 4, 4, 3, 3, 3, 5]
    expect(sizes.map(size => balancer.balance({ value: 'x'.repeat(size) }, [0, 1, 2]))).toEqual([0, 1, 2, 1, 2, 1, 2])
  })

  test('counts keys and values, as UTF-8', () => {
    const balancer = new LeastBytes()
    expect(balancer.balance({ key: utf8('kk'), value: 'é' }, [0, 1, 2])).toBe(0)
    expect(balancer.balance({ key: 'kkk', value: null }, [0, 1, 2])).toBe(1)
    expect(balancer.balance({ key: 'kkkkkk' }, [0, 1, 2])).toBe(2)
    expect(balancer.balance({ value: '' }, [0, 1, 2])).toBe(1)
  })

  test('starts afresh when partitions are gained or lost', () => {
    const balancer = new LeastBytes()
    expect(balancer.balance({ value: 'xx' }, [0, 1])).toBe(0)
    expect(balancer.balance({ value: 'x' }, [0, 1, 2])).toBe(0)
    expect(balancer.balance({ value: 'x' }, [0, 1, 2])).toBe(1)
    expect(balancer.balance({ value: 'x' }, [0, 1])).toBe(0)
  })
})

test.each([['', 'ascii', 'é', '日本', '😀', 'a😀b', '\ud800', 'x\udc00y', '\ud800é']])(
  'utf8Length counts what is encoded',
  (...texts) => {
    for (const text of texts) expect(utf8Length(text)).toBe(utf8(text).length)
  },
)
