import { snappy } from '../../support/codecs.ts'
import type { Library } from './libraries.ts'
import type { Stage } from './stage.ts'

/** What a scenario's codec does instead of what Snappy does; undefined: that. Bytes are of what is not compressed. */
export interface Behaviour {
  compress?(plain: Buffer, snap: () => Buffer): unknown
  decompress?(plain: Buffer): unknown
}

/** By the text that is in all messages of a scenario: a library has one table of codecs, and scenarios are played at once. */
const behaviours = new Map<string, Behaviour>()

export const snappyType = 2

/** Has the library's Snappy be a codec that does this with messages that have the text answered in them. */
export function codec(stage: Stage, behaviour: Behaviour): string {
  const mark = stage.unique('mark')
  behaviours.set(mark, behaviour)
  stage.finally(() => behaviours.delete(mark))
  install(stage.library)
  return mark
}

function install({ CompressionCodecs }: Library): void {
  CompressionCodecs[snappyType] = () => ({
    async compress({ buffer }: { buffer: Buffer }): Promise<unknown> {
      const snap = (): Buffer => Buffer.from(snappy.compress(buffer))
      const behaviour = behaviourOf(buffer)
      return behaviour?.compress === undefined ? snap() : await behaviour.compress(buffer, snap)
    },
    async decompress(packed: Buffer): Promise<unknown> {
      const plain = Buffer.from(snappy.decompress(packed, 10_000_000))
      const behaviour = behaviourOf(plain)
      return behaviour?.decompress === undefined ? plain : await behaviour.decompress(plain)
    },
  })
}

function behaviourOf(plain: Buffer): Behaviour | undefined {
  for (const [mark, behaviour] of behaviours) if (plain.includes(mark)) return behaviour
  return undefined
}
