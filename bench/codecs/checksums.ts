import { createCRC32 } from 'hash-wasm'
import { crc32c } from '../../src/bytes/crc32c.ts'
import { jsonLines } from './inputs.ts'
import { type Row, versus } from './measure.ts'

/** Castagnoli's, which makes a CRC-32 a CRC-32C. */
const polynomial = 0x82f63b78

export async function checksums(): Promise<Row[]> {
  const hash = await createCRC32(polynomial)
  const bytes = jsonLines(64 * 1024)
  const theirs = (): string => hash.init().update(bytes).digest()
  if (Number.parseInt(theirs(), 16) !== crc32c(bytes)) throw new Error('the checksums differ')
  return [versus('CRC-32C: 64 KiB', bytes.length, () => crc32c(bytes), 'hash-wasm', theirs, '>= 4')]
}
