import { ClosedError, IsoKafkaError } from '../base/errors.ts'

/** The reason of the signals a generation gives out, once it is over. */
export class GenerationEndedError extends IsoKafkaError {
  static override readonly brand: string = 'isokafka.GenerationEndedError'
}

/** The group was closed. */
export class GroupClosedError extends ClosedError {
  static override readonly brand: string = 'isokafka.GroupClosedError'
}
