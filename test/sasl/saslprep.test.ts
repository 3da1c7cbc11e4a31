import { expect, test } from 'vitest'
import { ConfigError } from '../../src/base/errors.ts'
import { saslprep } from '../../src/sasl/saslprep.ts'

// The examples of RFC 4013, 3, and others.
test.each([
  ['I\u00adX', 'IX'],
  ['user', 'user'],
  ['USER', 'USER'],
  ['\u00aa', 'a'],
  ['\u2168', 'IX'],
  ['a\u00a0b\u3000c', 'a b c'],
  ['\u0627\u0628', '\u0627\u0628'],
  ['pass word ✓', 'pass word ✓'],
])('%j becomes %j', (given, prepared) => expect(saslprep(given, 'it')).toBe(prepared))

test.each(['\u0007', '\u0627\u0031', 'a\u0627', '\ud800', '\ue000', '\u200e', '\u{e0001}', '\u{1fffe}'])(
  '%j is prohibited',
  given => expect(() => saslprep(given, 'it')).toThrow(ConfigError),
)
