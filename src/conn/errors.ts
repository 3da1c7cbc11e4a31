import { IsoKafkaError } from '../base/errors.ts'

/** A message does not fit into the buffer it was to be read into. It is still to be read, with a larger one. */
export class ShortBufferError extends IsoKafkaError {
  static override readonly brand: string = 'isokafka.ShortBufferError'
  /** Bytes that it takes. */
  readonly needed: number

  constructor(needed: number, given: number) {
    super(`a message of ${needed} bytes does not fit into a buffer of ${given}`)
    this.needed = needed
  }
}
