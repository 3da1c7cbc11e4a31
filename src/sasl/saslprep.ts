import { ConfigError } from '../base/errors.ts'

/** RFC 3454, B.1: these are there for the eye alone. */
const nothing = /\u034f|[\u00ad\u1806\u2060\ufeff]|[\u180b-\u180d]|[\u200b-\u200d]|[\ufe00-\ufe0f]/g
/** C.1.2: every space but the plain one. */
const spaces = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g
/** C.2 to C.9: controls, private use, what is no character, surrogates, what changes the display, tags. */
const prohibited =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\p{Zl}\p{Zp}]|\u0340|\u0341|[\u2ff0-\u2ffb]|[\ufff9-\ufffd]/u
/** D.1 and D.2, as far as scripts tell them. */
const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]/u
const leftToRight =
  /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/u

/**
 * A name or password as SASLprep (RFC 4013) has it: two ways to type the same become the same. A ConfigError for what
 * may be in none.
 */
export function saslprep(text: string, what: string): string {
  const prepared = text.replace(nothing, '').replace(spaces, ' ').normalize('NFKC')
  if (prohibited.test(prepared)) throw new ConfigError(`${what} has a character that SASLprep prohibits`)
  if (rightToLeft.test(prepared)) {
    const ends = [...prepared]
    if (leftToRight.test(prepared) || !rightToLeft.test(ends[0]!) || !rightToLeft.test(ends.at(-1)!))
      throw new ConfigError(`${what} mixes directions of writing, which SASLprep prohibits`)
  }
  return prepared
}
