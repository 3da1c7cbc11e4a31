import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha256, sha512 } from '../../src/sasl/sha2.ts'

test.each([sha256, sha512])('$name and its HMAC are Node’s, whatever the lengths', ({ name, digest, hmac }) => {
  const theirs = name.replace('-', '').toLowerCase()
  const bytes = fc.uint8Array({ maxLength: 400 })
  fc.assert(
    fc.property(bytes, bytes, (key, data) => {
      expect(Buffer.from(digest(data))).toEqual(createHash(theirs).update(data).digest())
      expect(Buffer.from(hmac(key)(data))).toEqual(createHmac(theirs, key).update(data).digest())
    }),
    { numRuns: 300 },
  )
})
