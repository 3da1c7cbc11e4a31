import { kindOf } from '../../../src/base/errors.ts'
import type { Compression, CustomCompressor } from '../../../src/compression/codec.ts'
import { toBuffer } from '../bytes.ts'
import { codecOf, isBytes, isReplaced } from '../codecs.ts'
import { createRetrier, type RetrySettings } from '../retry.ts'
import type { Logger } from '../types/common.ts'

/** How the messages of a producer's sends are compressed. */
export class Compressors {
  readonly #retry: RetrySettings
  readonly #logger: Logger
  /** By their type: messages that are compressed by the same one share batches. */
  readonly #replaced = new Map<number, CustomCompressor>()

  constructor(retry: RetrySettings, logger: Logger) {
    this.#retry = retry
    this.#logger = logger
  }

  /** By this type: the user's codec, if there is one. */
  for(type: number): Compression | CustomCompressor {
    // What is no type the Writer refuses.
    if (!isReplaced(type)) return type as Compression
    let compressor = this.#replaced.get(type)
    if (compressor === undefined) {
      compressor = { code: type, compress: records => this.#compress(type, toBuffer(records)) }
      this.#replaced.set(type, compressor)
    }
    return compressor
  }

  /** Tries again what an error of kafkajs's says is worth it. */
  #compress(type: 1 | 2 | 3 | 4, buffer: Buffer): Promise<Uint8Array> {
    const { retries } = this.#retry
    return createRetrier(this.#retry)(async (bail, retryCount, retryTime) => {
      try {
        const packed: unknown = await codecOf(type).compress({ buffer })
        if (isBytes(packed)) return packed
        throw new Error(`a codec's compress answers a Buffer, not ${kindOf(packed)}`)
      } catch (thrown) {
        const error = thrown as (Error & { retriable?: unknown }) | undefined
        if (!error?.retriable) bail(error)
        else {
          // Of the last the send tells.
          if (retryCount < retries) this.#logger.error(error.message, { retryCount, retryTime })
          throw error
        }
        return buffer
      }
    })
  }
}
